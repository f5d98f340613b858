"""Two commands want the room at once."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from contracts.commands import Change, Command, Person
from sync_worker.domain.booking import Row
from sync_worker.handlers.outbound import work_off

from ..examples import HOUR, NOW, asked, book, event, row
from .document import Case
from .outlook import an_hour
from .room import ADDRESS, MAILBOX, Room

_WISHES: Final = ("a booking", "a booking, direct", "Outlook's meeting moved", "our booking moved")
ALPHABET: Final = {
    "the first wants": _WISHES,
    "the second wants": _WISHES,
    "their times": ("are apart", "touch", "overlap", "are the same"),
    "they came from": ("one sender", "two senders"),
}
_PLACE: Final = NOW + 10 * HOUR
_SECOND: Final = {"are apart": 4.0, "touch": 1.0, "overlap": 0.5, "are the same": 0.0}
_PERSON: Final = "mara@x.test"


def possible(case: Case) -> bool:
    """All are."""
    return True


async def decided(case: Case) -> dict[str, str]:
    """How each of them ends in the pass that begins them."""
    wishes = (case["the first wants"], case["the second wants"])
    second = _PLACE + _SECOND[case["their times"]] * HOUR
    rows = [one for n, wish in enumerate(wishes, start=1) if (one := _row(n, wish)) is not None]
    sources = ("/one", "/two" if case["they came from"] == "two senders" else "/one")
    orders = (_order(1, wishes[0], _PLACE), _order(2, wishes[1], second))
    commands = tuple(
        asked(order, f"c{n}", source)
        for n, (order, source) in enumerate(zip(orders, sources, strict=True), start=1)
    )
    room = Room(*rows, commands=commands)
    for one in rows:
        uid = {"iCalUId": one.ical_uid, **an_hour(one.starts)}
        room.outlook.put(_PERSON, event(f"m{one.id.int}", "1", **uid))
        room.outlook.put(MAILBOX, event(one.event_id, "1", **uid))
    await work_off(room.desk)
    return {"first": _became(room, 1), "second": _became(room, 2)}


def _row(number: int, wish: str) -> Row | None:
    if not wish.endswith("moved"):
        return None
    fields: dict[str, Any] = {"version": 5}
    if wish == "our booking moved":
        fields |= {"origin": "clearooms", "organizer_mailbox": _PERSON, "organizer_event_id": f"m{number}"}  # fmt: skip
    return row(number, NOW + 2 * number * HOUR, **fields)


def _order(number: int, wish: str, starts: datetime) -> Command:
    if wish.endswith("moved"):
        return Change(booking_id=UUID(int=number), sequence=2, base_version=5, start=starts, end=starts + HOUR)  # fmt: skip
    person = Person(name="Mara Lind", email=_PERSON)
    if wish == "a booking, direct":
        person = Person(name="Room", email=ADDRESS.mailbox)
    return book(number, start=starts, end=starts + HOUR, organizer=person)


def _became(room: Room, number: int) -> str:
    found = [each for each in room.results if each.booking_id == UUID(int=number)]
    if not found:
        return "waits for the room"
    return "accepted" if found[0].outcome == "accepted" else f"refused: {found[0].reason}"

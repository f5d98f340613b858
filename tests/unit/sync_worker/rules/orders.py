"""A command that books: what stands in the room already, and who asked before."""

from typing import Any, Final
from uuid import UUID

from contracts.commands import Person
from sync_worker.domain.alternatives import Slot
from sync_worker.domain.booking import Row
from sync_worker.domain.command import Key
from sync_worker.domain.work import Hold
from sync_worker.handlers.outbound import work_off

from ..examples import BOOKING, HOUR, NOW, PLATFORM, SECOND, asked, book, row
from .document import Case
from .outlook import Outlook
from .room import ADDRESS, Room

_GUEST: Final = "guest@y.test"
ALPHABET: Final = {
    "the command is": ("in turn", "too late", "overtaken"),
    "its id is": ("new", "its own, made before", "another command's"),
    "in the room there is": (
        "nothing", "a meeting that ends then", "what it asks for", "that, twice",
        "that, with another subject", "that, of somebody else", "that, an hour longer",
        "that, made by us",
    ),
    "the room has": ("answered it", "not answered it"),
    "another command": ("wants another time", "holds the slot"),
    "for": ("a person", "a guest", "the room itself"),
}  # fmt: skip


def possible(case: Case) -> bool:
    """Where there is nothing there is nothing to answer."""
    return case["in the room there is"] != "nothing" or case["the room has"] == "answered it"


async def decided(case: Case) -> dict[str, str]:
    """What is written, how the command ends."""
    order = book(1, 5, organizer=_person(case), not_after=NOW - SECOND if case["the command is"] == "too late" else None)  # fmt: skip
    asker = asked(order)
    rows = _rows(case)
    if case["its id is"] == "its own, made before":
        rows.append(row(1, origin="clearooms", organizer_email=_person(case).email))
    slot = Slot(NOW + HOUR, NOW + 2 * HOUR) if case["another command"] == "holds the slot" else Slot(NOW + 9 * HOUR, NOW + 10 * HOUR)  # fmt: skip
    room = Room(
        *rows,
        outlook=Outlook(strangers=frozenset({_GUEST})),
        commands=(asker,),
        holds=(Hold(UUID(int=50), slot),),
        owners={BOOKING: Key(PLATFORM, "other") if case["its id is"] == "another command's" else asker.key},
        done={(BOOKING, PLATFORM): 6} if case["the command is"] == "overtaken" else {},
    )  # fmt: skip
    await work_off(room.desk)
    return {
        "written": " and ".join(room.outlook.writes) or "nothing",
        "command": _result(room),
    }


def _result(room: Room) -> str:
    if not room.results:
        return "waits for the room"
    [result] = room.results
    if result.outcome == "rejected":
        return f"refused: {result.reason}"
    ours = room.mirror.kept[BOOKING]
    return "accepted: Outlook's becomes it" if ours.event_id == "e2" else "accepted"


def _person(case: Case) -> Person:
    if case["for"] == "the room itself":
        return Person(name="Room", email=ADDRESS.mailbox)
    if case["for"] == "a guest":
        return Person(name="Guest", email=_GUEST)
    return Person(name="Mara Lind", email="mara@x.test")


def _rows(case: Case) -> list[Row]:
    person = _person(case)
    same: dict[str, Any] = {
        "organizer_name": person.name, "organizer_email": person.email,
        "answer": "confirmed" if case["the room has"] == "answered it" else "pending",
    }  # fmt: skip
    standing = {
        "nothing": [],
        "a meeting that ends then": [row(2, NOW, **same)],
        "what it asks for": [row(2, **same)],
        "that, twice": [row(2, **same), row(3, **same)],
        "that, with another subject": [row(2, **same | {"subject": "Budget"})],
        "that, of somebody else": [row(2, **same | {"organizer_email": "bob@x.test"})],
        "that, an hour longer": [row(2, hours=2, **same)],
        "that, made by us": [row(2, origin="clearooms", **same)],
    }
    return standing[case["in the room there is"]]

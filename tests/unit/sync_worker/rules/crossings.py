"""A command moves a booking to where another one is."""

from typing import Any, Final
from uuid import UUID

from sync_worker.domain.alternatives import Slot
from sync_worker.domain.booking import Row
from sync_worker.domain.work import Hold
from sync_worker.handlers.outbound import work_off

from ..examples import BOOKING, HOUR, MINUTE, NOW, asked, change, event, row
from .document import Case
from .outlook import an_hour
from .room import MAILBOX, Room

ALPHABET: Final = {
    "one is": ("Outlook's", "ours", "ours, direct"),
    "the other is": ("Outlook's", "ours", "ours, direct, fresh"),
    "the other's answer": ("pending", "confirmed", "tentative", "cancelled"),
    "the other was read": ("yes", "no"),
    "one moves": ("beside it", "to touch it", "into it", "to its place"),
    "another command": ("wants another time", "holds the place"),
}  # fmt: skip
_OTHER: Final = NOW + 5 * HOUR
_TO: Final = {
    "beside it": _OTHER + 3 * HOUR, "to touch it": _OTHER + HOUR,
    "into it": _OTHER + HOUR / 2, "to its place": _OTHER,
}  # fmt: skip
_PERSON: Final = "mara@x.test"


def possible(case: Case) -> bool:
    """What we wrote is known; what is cancelled is nowhere to be read."""
    if case["the other was read"] == "yes":
        return True
    return case["the other is"] == "Outlook's" and case["the other's answer"] != "cancelled"


async def decided(case: Case) -> dict[str, str]:
    """What is written, how the command ends, what the two bookings are."""
    starts = _TO[case["one moves"]]
    taken = starts if case["another command"] == "holds the place" else NOW + 20 * HOUR
    rows = [_one(case)]
    if case["the other was read"] == "yes":
        rows.append(_other(case))
    room = Room(
        *rows,
        commands=(asked(change(5, start=starts, end=starts + HOUR)),),
        holds=(Hold(UUID(int=50), Slot(taken, taken + HOUR)),),
    )
    _fill(room, case)
    await work_off(room.desk)
    return {"written": " and ".join(room.outlook.writes) or "nothing", "command": _result(room)}


def _one(case: Case) -> Row:
    fields: dict[str, Any] = {"version": 5}
    if case["one is"] != "Outlook's":
        fields |= {"origin": "clearooms"}
    if case["one is"] == "ours":
        fields |= {"organizer_mailbox": _PERSON, "organizer_event_id": "m1"}
    return row(1, **fields)


def _other(case: Case) -> Row:
    answer = case["the other's answer"]
    fields: dict[str, Any] = {"answer": answer, "organizer_email": "bob@x.test"}
    if answer == "cancelled":
        fields["removed_at"] = NOW
    if case["the other is"] != "Outlook's":
        fields["origin"] = "clearooms"
    if case["the other is"] == "ours, direct, fresh":
        fields["yields_until"] = NOW + MINUTE
    return row(2, _OTHER, **fields)


def _fill(room: Room, case: Case) -> None:
    if case["one is"] != "ours, direct":
        answer = {"response": "organizer"}
        room.outlook.put(_PERSON, event("m1", "1", iCalUId="uid 1", responseStatus=answer))
    room.outlook.put(MAILBOX, event("e1", "1", iCalUId="uid 1"))
    if case["the other's answer"] == "cancelled":
        return
    answers = {"pending": "notResponded", "confirmed": "accepted", "tentative": "tentativelyAccepted"}  # fmt: skip
    response = {"response": answers[case["the other's answer"]]}
    room.outlook.put(
        MAILBOX, event("e2", "1", iCalUId="uid 2", responseStatus=response, **an_hour(_OTHER))
    )


def _result(room: Room) -> str:
    if not room.results:
        return "waits for the room"
    [result] = room.results
    assert result.booking_id == BOOKING
    return "accepted" if result.outcome == "accepted" else f"refused: {result.reason}"

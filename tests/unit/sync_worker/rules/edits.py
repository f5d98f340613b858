"""Both sides edit one booking: who wins, what is written, how the command ends."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from contracts.commands import Command
from sync_worker.domain.booking import Row
from sync_worker.domain.changes import Seen
from sync_worker.handlers.outbound import work_off

from ..examples import BOOKING, HOUR, MINUTE, NOW, asked, cancel, change, event, row
from .document import Case
from .outlook import Outlook, an_hour
from .room import MAILBOX, Room

ALPHABET: Final = {
    "made by": ("Outlook", "us", "us directly"),
    "in Outlook it is": ("where it was", "where we want it", "elsewhere", "cancelled"),
    "its subject there": ("as it was", "as we want it", "another"),
    "Outlook's edit is": ("unread", "read since", "seen"),
    "the platform wants": (
        "nothing", "another time", "another subject", "both", "no booking", "another room",
    ),
}  # fmt: skip
_PASSES: Final = 4  # a minute apart: more than a write is in doubt for
_PERSON: Final = "mara@x.test"
_BEFORE, _THERE, _ELSEWHERE = NOW + HOUR, NOW + 3 * HOUR, NOW + 6 * HOUR
_TIMES: Final = {"where it was": _BEFORE, "where we want it": _THERE, "elsewhere": _ELSEWHERE}
_SUBJECTS: Final = {"as it was": "Planning", "as we want it": "Quarter", "another": "Budget"}


def possible(case: Case) -> bool:
    """A cancelled meeting has not got another subject as well."""
    return case["in Outlook it is"] != "cancelled" or case["its subject there"] == "as it was"


async def decided(case: Case) -> dict[str, str]:
    """What is written to Outlook and how the command ends; in the end both sides must say the same."""
    outlook, booking = _before(case)
    _edit(outlook, case)
    order = _order(case)
    room = Room(booking, outlook=outlook)
    if case["Outlook's edit is"] != "unread":
        await _read(room, booking.event_id)
    if order is not None:
        saw = _version(room) if case["Outlook's edit is"] == "seen" else booking.version
        rows = room.mirror.kept.values()
        room = Room(*rows, outlook=outlook, commands=(asked(_based(order, saw)),))
        for _ in range(_PASSES):
            await work_off(room.desk)
            _answer(outlook, case)
            await _read(room, booking.event_id)
    await _read(room, booking.event_id)
    written = " and ".join(outlook.writes) or "nothing"
    _check_agreement(room, case, written)
    return {"written": written, "command": "none" if order is None else _result(room)}


def _before(case: Case) -> tuple[Outlook, Row]:
    """Both sides agree: at the organiser's with the true subject, in the room's calendar as rooms rewrite it."""
    direct = case["made by"] == "us directly"
    outlook = Outlook()
    outlook.put(MAILBOX, event("e1", "1", iCalUId="uid 1", subject=_in_room(case, "Planning")))
    if not direct:
        outlook.put(_PERSON, event("m1", "1", iCalUId="uid 1", responseStatus={"response": "organizer"}))  # fmt: skip
    fields: dict[str, Any] = {"version": 5}
    if case["made by"] == "Outlook":
        fields |= {"subject": "Mara Lind"}
    elif direct:
        fields |= {"origin": "clearooms"}
    else:
        fields |= {"origin": "clearooms", "organizer_mailbox": _PERSON, "organizer_event_id": "m1"}
    return outlook, row(1, **fields)


def _in_room(case: Case, subject: str) -> str:
    return subject if case["made by"] == "us directly" else "Mara Lind"


def _edit(outlook: Outlook, case: Case) -> None:
    for box, name in list(outlook.events):
        if case["in Outlook it is"] == "cancelled":
            outlook.take(box, name)
            continue
        subject = _SUBJECTS[case["its subject there"]]
        shown = _in_room(case, subject) if box == str(MAILBOX) else subject
        when = _when(_TIMES[case["in Outlook it is"]])
        event = outlook.events[box, name]
        if (event.subject, event.start, event.end) != (shown, when["start"], when["end"]):
            outlook.edit(box, name, subject=shown, **when)


def _when(starts: datetime) -> Mapping[str, Any]:
    moved = event(**an_hour(starts))
    return {"start": moved.start, "end": moved.end}


def _order(case: Case) -> Command | None:
    when: dict[str, Any] = {"start": _THERE, "end": _THERE + HOUR}
    match case["the platform wants"]:
        case "another time":
            return change(**when)
        case "another subject":
            return change(subject="Quarter")
        case "both":
            return change(subject="Quarter", **when)
        case "no booking":
            return cancel()
        case "another room":
            return change(room_id=UUID(int=77))
        case _:
            return None


def _based(order: Command, version: int) -> Command:
    named = "base_version" in type(order).model_fields
    return order.model_copy(update={"base_version": version}) if named else order


def _version(room: Room) -> int:
    return room.mirror.kept[BOOKING].version


async def _read(room: Room, event_id: str) -> None:
    """The room's calendar as it is now, a removal proved."""
    room.now += MINUTE
    found = room.outlook.events.get((str(MAILBOX), event_id))
    if found is None:
        await room.held.commit([], [BOOKING])
    else:
        await room.held.commit([Seen(room.held.mirrored.sight(found))], [])


def _answer(outlook: Outlook, case: Case) -> None:
    """The room accepts whatever its organiser's calendar says now."""
    if case["made by"] == "us directly":
        return
    mine = outlook.events.get((_PERSON, "m1"))
    if mine is None:
        outlook.take(MAILBOX, "e1")
    elif (str(MAILBOX), "e1") not in outlook.events:  # the room declined: its organiser is told
        outlook.take(_PERSON, "m1")
    else:
        copy = outlook.events[str(MAILBOX), "e1"]
        if (copy.start, copy.end) != (mine.start, mine.end):
            outlook.edit(MAILBOX, "e1", start=mine.start, end=mine.end)


def _result(room: Room) -> str:
    if room.sent.handed_over:
        return "waits for the other room"
    if not room.results:
        return "none"
    [result] = room.results
    return "accepted" if result.outcome == "accepted" else f"refused: {result.reason}"


def _check_agreement(room: Room, case: Case, written: str) -> None:
    """Both calendars and the mirror show the booking where the last word put it, or none of them does."""
    ours = room.mirror.kept[BOOKING]
    shown = {copy.start.instant() for copy in room.outlook.events.values()}
    ended = case["in Outlook it is"] == "cancelled" or written in {"cancelled", "declined"}
    last = None if ended else _THERE if "time" in written else _TIMES[case["in Outlook it is"]]
    assert shown == ({last} - {None}), (case, shown)
    assert ended == (ours.removed_at is not None), (case, ours)
    assert ended or ours.starts == last, (case, ours)

"""What was written into the organiser's calendar waits for the room: accepted, undone, or overtaken."""

from dataclasses import replace
from typing import Any, Final

from sync_worker.domain.booking import Row, unbound_id
from sync_worker.domain.changes import Seen
from sync_worker.domain.intent import Intent
from sync_worker.handlers.outbound import work_off

from ..examples import BOOKING, HOUR, NOW, SECOND, asked, book, change, content, event, intent, row
from .document import Case
from .outlook import an_hour
from .room import MAILBOX, Room

ALPHABET: Final = {
    "we wrote": ("a booking", "a change of time", "the old time again"),
    "so long ago": ("10 s", "80 s", "120 s"),
    "the room's copy": ("is not there", "is not answered", "is accepted", "is accepted for another time", "was declined and is gone"),
    "the organiser's copy": ("is as we wrote it", "was moved since", "is gone"),
    "the slot is": ("free", "another's"),
    "the booking is": ("followed", "parked"),
}  # fmt: skip
_AGO: Final = {"10 s": 10 * SECOND, "80 s": 80 * SECOND, "120 s": 120 * SECOND}
_WRITTEN, _OLD, _ELSEWHERE = NOW + 5 * HOUR, NOW + HOUR, NOW + 9 * HOUR
_STEPS: Final = {"a booking": "create", "a change of time": "change", "the old time again": "restore"}  # fmt: skip


def possible(case: Case) -> bool:
    """What stands has a copy in the room until it is gone; what is new is not parked."""
    if case["we wrote"] == "a booking":
        return case["the booking is"] == "followed"
    return case["the room's copy"] != "is not there"


async def decided(case: Case) -> dict[str, str]:
    """What is written because of the answer, how the command ends, what the booking is."""
    write = _write(case)
    order = book(1, start=_WRITTEN, end=_WRITTEN + HOUR) if write.step == "create" else change(start=_WRITTEN, end=_WRITTEN + HOUR)  # fmt: skip
    commands = () if write.step == "restore" else (asked(order),)
    room = Room(*_rows(case), intents=(write,), commands=commands)
    _fill(room, case)
    await _see(room, case)
    await work_off(room.desk)
    return {
        "written": " and ".join(room.outlook.writes) or "nothing",
        "command": _result(room, write),
        "booking": "stays" if room.mirror.kept[BOOKING].removed_at is None else "ends",
    }


def _write(case: Case) -> Intent:
    at = NOW - _AGO[case["so long ago"]]
    step = _STEPS[case["we wrote"]]
    base = None if step == "create" else content(_OLD)
    made = intent(
        1, step=step, base=base, content=content(_WRITTEN), event_id="m1", ical_uid="uid 1"
    )
    return replace(made.written(at), created_at=at)


def _rows(case: Case) -> list[Row]:
    ours: dict[str, Any] = {
        "origin": "clearooms", "organizer_mailbox": "mara@x.test", "organizer_event_id": "m1",
        "flips": (NOW,) * (5 if case["the booking is"] == "parked" else 0),
    }  # fmt: skip
    mine = row(1, _OLD, **ours)
    if case["we wrote"] == "a booking":
        mine = row(1, _WRITTEN, **ours, event_id=unbound_id(BOOKING), etag="", answer="pending")
    return [mine] if case["the slot is"] == "free" else [mine, row(2, _WRITTEN)]


def _fill(room: Room, case: Case) -> None:
    if case["the slot is"] == "another's":
        room.outlook.put(MAILBOX, event("e2", "1", iCalUId="uid 2", **an_hour(_WRITTEN)))
    starts = {"is as we wrote it": _WRITTEN, "was moved since": _ELSEWHERE}.get(case["the organiser's copy"])  # fmt: skip
    if starts is not None:
        answer = {"response": "organizer"}
        room.outlook.put("mara@x.test", event("m1", "9", iCalUId="uid 1", responseStatus=answer, **an_hour(starts)))  # fmt: skip
    copies = {
        "is not answered": ("notResponded", _WRITTEN),
        "is accepted": ("accepted", _WRITTEN),
        "is accepted for another time": ("accepted", _ELSEWHERE),
    }
    if case["the room's copy"] in copies:
        response, starts = copies[case["the room's copy"]]
        answer = {"response": response}
        copy = event("e1", "7", iCalUId="uid 1", responseStatus=answer, **an_hour(starts))
        room.outlook.put(MAILBOX, copy)


async def _see(room: Room, case: Case) -> None:
    shown = room.outlook.events.get((str(MAILBOX), "e1"))
    if shown is not None:
        await room.held.commit([Seen(room.held.mirrored.sight(shown))], [])
    elif case["the room's copy"] == "was declined and is gone":
        bound = replace(room.held.mirrored.rows[BOOKING], event_id="e1")
        if not room.held.mirrored.rows[BOOKING].bound:
            await room.held.commit([], [], rows=[bound])
        await room.held.commit([], [BOOKING])


def _result(room: Room, write: Intent) -> str:
    if not room.results:
        standing = (each for each in room.held.errands.intents if each.id == write.id)
        awaits = any(each.stage != "guarding" for each in standing)
        return "waits" if awaits else "none"
    [result] = room.results
    return "accepted" if result.outcome == "accepted" else f"refused: {result.reason}"

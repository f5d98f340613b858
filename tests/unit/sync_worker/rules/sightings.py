"""Graph shows an event: what of it is taken in, what is told, and what it answers."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sync_worker.domain.booking import Row, unbound_id
from sync_worker.domain.changes import Seen, withdrawn
from sync_worker.domain.command import Asked
from sync_worker.domain.intent import Intent

from ..examples import (
    BOOKING,
    HOUR,
    MINUTE,
    NOW,
    asked,
    book,
    change,
    content,
    intent,
    row,
    sighting,
)
from .document import Case
from .outlook import an_hour
from .room import Room

ALPHABET: Final = {
    "we have": (
        "nothing", "Outlook's meeting", "a booking of ours", "one that awaits its copy",
        "one we took away just now", "one we took away before", "one that is gone",
    ),
    "its state is": ("new", "the one we have", "one left lately", "one left long ago"),
    "the room's answer is": ("none yet", "yes", "perhaps", "no"),
    "its time is": ("as we have it", "as we write it", "another"),
    "we write": (
        "nothing", "a booking, outcome unknown", "a booking", "a change", "a removal",
    ),
}  # fmt: skip
_ANSWERS: Final = {
    "none yet": "notResponded", "yes": "accepted", "perhaps": "tentativelyAccepted", "no": "declined",
}  # fmt: skip
_STATUS: Final = {
    "none yet": "pending", "yes": "confirmed", "perhaps": "tentative", "no": "cancelled",
}  # fmt: skip
_WRITTEN: Final = NOW + 5 * HOUR
_TIMES: Final = {"as we have it": NOW + HOUR, "as we write it": _WRITTEN, "another": NOW + 9 * HOUR}
_OURS: Final[Mapping[str, Any]] = {
    "origin": "clearooms", "organizer_mailbox": "mara@x.test", "organizer_event_id": "m1",
}  # fmt: skip


def possible(case: Case) -> bool:
    """A state has one content; what we did not see so far has none; what we write is about what we have."""
    have, write = case["we have"], case["we write"]
    same = (case["the room's answer is"], case["its time is"]) == ("yes", "as we have it")
    if case["its state is"] == "the one we have" and not same:
        return False
    unseen = have in {"nothing", "one that awaits its copy"}
    if unseen and case["its state is"] != "new":
        return False
    if (have, case["its state is"]) == ("one we took away just now", "one left long ago"):
        return False  # taken away, it left its state
    about = {
        "a booking, outcome unknown": {"nothing", "Outlook's meeting"},
        "a booking": {"one that awaits its copy"},
        "a change": {"Outlook's meeting", "a booking of ours"},
        "a removal": set(ALPHABET["we have"]) - {"nothing", "one that awaits its copy"},
        "nothing": set(ALPHABET["we have"]) - {"one that awaits its copy"},
    }
    return have in about[write]


async def decided(case: Case) -> dict[str, str]:
    """What becomes of it."""
    known, write = _known(case), _write(case)
    commands = () if write is None or write.step == "cancel" else (_command(write),)
    room = Room(*known, intents=() if write is None else (write,), commands=commands)
    etag = {"new": "3", "the one we have": "2"}.get(case["its state is"], "1")
    starts = _TIMES[case["its time is"]]
    seen = Seen(
        sighting(
            etag=etag,
            iCalUId="uid 1",
            responseStatus={"response": _ANSWERS[case["the room's answer is"]]},
            **an_hour(starts),
        )
    )
    await room.held.commit([seen], [])
    key = known[0].id if known else seen.sighting.id
    before, after = known[0] if known else None, room.mirror.kept.get(key)
    word = "ignored" if after == before else "taken in"
    if seen.sighting.id in room.held.kept_back:
        word = "kept back"
    told = _told(room)
    if told == _STATUS[case["the room's answer is"]]:
        told = "its answer"
    return {"event": word, "told": told, "command": _command_of(room)}


def _told(room: Room) -> str:
    news = [row for row in room.mirror.kept.values() if row.version > 10]
    return " ".join(row.status for row in news) or "nothing"


def _command_of(room: Room) -> str:
    return " ".join(result.outcome for result in room.results) or "none"


def _known(case: Case) -> list[Row]:
    states: dict[str, Any] = {"etag": "2", "seen_etags": ("1", "2"), "past_etags": ("1",)}
    states["changed_at"] = NOW - (HOUR if case["its state is"] == "one left long ago" else MINUTE)
    ours = row(1, **_OURS, **states)
    awaits: dict[str, Any] = {"event_id": unbound_id(BOOKING), "etag": "", "seen_etags": ()}
    known = {
        "Outlook's meeting": row(1, **states),
        "a booking of ours": ours,
        "one that awaits its copy": row(1, _WRITTEN, **_OURS, **awaits, answer="pending"),
        "one we took away just now": withdrawn(ours, NOW - MINUTE),
        "one we took away before": withdrawn(ours, NOW - timedelta(minutes=2)),
        "one that is gone": row(1, **states, answer="cancelled", removed_at=NOW - HOUR),
    }
    return [known[case["we have"]]] if case["we have"] in known else []


def _write(case: Case) -> Intent | None:
    at_organizers: dict[str, Any] = {"content": content(_WRITTEN), "event_id": "m1", "ical_uid": "uid 1"}  # fmt: skip
    match case["we write"]:
        case "a booking, outcome unknown":
            return intent(2, content=content(_WRITTEN))
        case "a booking":
            return intent(1, **at_organizers).written(NOW)
        case "a change":
            return intent(1, step="change", base=content(), **at_organizers).written(NOW)
        case "a removal":
            return intent(1, step="delete", path="direct", event_id="e1", command=None)
        case _:
            return None


def _command(write: Intent) -> Asked:
    number = write.booking_id.int
    order = change(start=_WRITTEN) if write.step == "change" else book(number)
    return asked(order, f"c{number}")

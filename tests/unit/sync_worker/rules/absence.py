"""Graph no longer shows an event: what proves that it is gone, and what becomes of the booking."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sync_worker.domain.absence import Lacking
from sync_worker.domain.intent import Intent
from sync_worker.handlers.following import ask_lacking

from ..examples import BOOKING, HOUR, MINUTE, NOW, SECOND, content, event, intent, row
from .document import Case
from .room import MAILBOX, Room

ALPHABET: Final = {
    "the booking is": ("Outlook's", "ours"),
    "by id Graph shows": ("the event", "no such event"),
    "before it said so": ("never", "a second ago", "two seconds ago"),
    "we wrote it": ("long ago", "just now"),
    "we await": ("nothing", "the answer to a booking", "the answer to a change", "the answer to a putting back"),
}  # fmt: skip
_FIRST: Final[dict[str, datetime | None]] = {
    "never": None, "a second ago": NOW - SECOND, "two seconds ago": NOW - 2 * SECOND,
}  # fmt: skip
_STEPS: Final = {
    "the answer to a booking": "create", "the answer to a change": "change",
    "the answer to a putting back": "restore",
}  # fmt: skip


def possible(case: Case) -> bool:
    """A booking that is made is ours."""
    return case["the booking is"] == "ours" or case["we await"] != "the answer to a booking"


async def decided(case: Case) -> dict[str, str]:
    """What a read that lacked the event, and the question for it by id, lead to."""
    fields: dict[str, Any] = {}
    if case["the booking is"] == "ours":
        fields = {"origin": "clearooms", "organizer_mailbox": "mara@x.test"}
    if case["we wrote it"] == "just now":
        fields["written_at"] = NOW
    room = Room(row(1, **fields), intents=_intents(case))
    if case["by id Graph shows"] == "the event":
        room.outlook.put(MAILBOX, event("e1", "1", iCalUId="uid 1"))
    asked = Lacking("e1", NOW, _FIRST[case["before it said so"]])
    room.held.state = replace(room.held.state, lacking=(asked,))
    await ask_lacking(room.held, room.outlook)
    if BOOKING in room.held.errands.declined:
        return {"booking": "stays, the room has declined"}
    if room.mirror.kept[BOOKING].removed_at is not None:
        return {"booking": "cancelled"}
    if not room.held.state.lacking:
        return {"booking": "stays"}
    wait = round((room.held.state.lacking[0].ask_at - NOW) / SECOND)
    return {"booking": f"stays, asked again after {wait} s" if wait > 0 else "stays, asked again"}


def _intents(case: Case) -> tuple[Intent, ...]:
    step = _STEPS.get(case["we await"])
    if step is None:
        return ()
    return (intent(1, step=step, content=content(NOW + 5 * HOUR)).written(NOW - MINUTE),)

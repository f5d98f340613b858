"""A hint about an event: whether Graph is asked, and when it is asked again."""

from dataclasses import replace
from typing import Final

from sync_worker.domain.reading import Pending
from sync_worker.handlers.enclosures import Enclosures
from sync_worker.handlers.following import follow_hints

from ..examples import NOW, event, row
from .document import Case
from .outlook import Outlook
from .room import MAILBOX, Room

ALPHABET: Final = {
    "we have": ("nothing", "the event"),
    "the hint names": ("no state", "the one we have", "one we had before", "one we asked for", "a new one"),
    "Graph shows": ("no such event", "the one we have", "one we had before", "the new one", "a newer one"),
    "asked before": ("never", "once", "twice", "three times"),
    "we wrote it": ("long ago", "just now"),
}  # fmt: skip
_STATES: Final = {
    "one we had before": "1", "the one we have": "2", "one we asked for": "3",
    "a new one": "4", "the new one": "4", "a newer one": "5", "no state": None,
}  # fmt: skip
_ASKED: Final = ("never", "once", "twice", "three times")


def possible(case: Case) -> bool:
    """Of what we do not have there is no state that we have, and nothing that we wrote."""
    if case["we have"] == "the event":
        return True
    return (
        case["the hint names"] in {"no state", "a new one"}
        and case["Graph shows"] in {"no such event", "the new one", "a newer one"}
        and case["we wrote it"] == "long ago"
    )


async def decided(case: Case) -> dict[str, str]:
    """What becomes of the hint."""
    hint = Pending("e1", _STATES[case["the hint names"]], 1, NOW, asked=_ASKED.index(case["asked before"]))  # fmt: skip
    outlook = Outlook()
    if case["Graph shows"] != "no such event":
        outlook.put(MAILBOX, event("e1", _STATES[case["Graph shows"]] or ""))
    known = row(1, etag="2", seen_etags=("2", "3"), past_etags=("1",))
    if case["we wrote it"] == "just now":
        known = replace(known, written_at=NOW)
    rows = (known,) if case["we have"] == "the event" else ()
    room = Room(*rows, outlook=outlook, pending=(hint,))
    await follow_hints(room.held, outlook, Enclosures())
    if not outlook.reads:
        return {"hint": "known already, no read"}
    [*waiting] = room.held.pending
    taken = any(each.etag in {"4", "5"} for each in room.mirror.kept.values())
    word = "read and taken in" if taken else "read"
    if waiting:
        wait = round((waiting[0].ask_at or NOW).timestamp() - NOW.timestamp())
        return {"hint": f"{word}, asked again after {wait} s"}
    return {"hint": f"{word}, done"}

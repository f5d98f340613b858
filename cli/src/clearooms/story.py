"""A booking's history in words: one line for each thing that happened."""

from collections.abc import Mapping
from typing import Any, Final

_STEPS: Final = {
    "create": "making the event",
    "change": "changing the event",
    "restore": "putting the event back as it was",
    "invite": "inviting the person",
    "cancel": "cancelling the event",
    "delete": "deleting the event",
    "decline": "declining for the room",
    "move": "moving to another room",
}
_STAGES: Final = {
    "open": "begun, or to be tried again",
    "written": "written; the room has to confirm it",
    "guarding": "ended; a late twin is looked for",
    "done": "done",
}
_PATHS: Final = {
    "organizer": "in the organiser's calendar",
    "direct": "in the room's own calendar",
}
_CONFLICTS: Final = {
    "overlap": "overlaps another booking",
    "stale": "a change came too late: Outlook had changed the same",
    "withdrawn": "taken back: somebody else was in the slot first",
    "twin": "stood in Outlook twice; one was removed",
    "reappeared": "an older state came back in Outlook",
    "parked": "somebody keeps undoing what we write: parked until the next command",
}


def kind_of(entry: str) -> str:
    """What sort of thing it is: command, hint, read, write, version or conflict."""
    first = entry.partition(".")[0]
    if first in _STEPS:
        return "write"
    return {"event": "read", "booking": "version"}.get(first, first)


def words(each: Mapping[str, Any]) -> str:  # noqa: PLR0911 - one text per kind of entry
    """What happened; an entry of a newer portal is shown as it is called."""
    entry, detail = each["entry"], each["detail"]
    first, _, second = entry.partition(".")
    match first, second:
        case "command", "received":
            return f"{detail.get('kind')} {detail.get('command')} from {detail.get('source')}, sequence {detail.get('sequence')}"
        case "command", "told":
            return f"the result of {detail.get('command')} is confirmed by the broker"
        case "command", _:
            why = f": {detail['reason']}" if detail.get("reason") else ""
            return f"{detail.get('command')} {second}{why}"
        case "hint", "received":
            return "Microsoft says that the event changed"
        case "hint", "waiting":
            return f"Microsoft says that the event changed; asked {detail.get('asked') or 0} times, still to be asked"
        case "event", "read":
            return (
                "read, because of the hint"
                if detail.get("because_of") == "hint"
                else "seen by a read of the calendar"
            )
        case "event", "unchanged":
            return "read, because of the hint; nothing of it concerns others"
        case "booking", _:
            sent = {True: ", told", False: ", not told yet"}.get(detail.get("sent"), "")
            return f"{second}{sent}"
        case "conflict", _:
            other = f" ({detail['other']})" if detail.get("other") else ""
            over = ", no more" if second == "cleared" else ""
            return f"{_CONFLICTS.get(detail.get('kind'), detail.get('kind'))}{other}{over}"
        case _ if first in _STEPS and second in _STAGES:
            where = _PATHS.get(detail.get("path"), "")
            tries = f", attempt {detail['attempts']}" if detail.get("attempts", 0) > 1 else ""
            return f"{_STEPS[first]} {where}: {_STAGES[second]}{tries}"
        case _:
            return str(entry)

"""What happened to a booking, in words for an administrator."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from .commands import SOURCE

Tone = Literal["good", "wait", "wrong", "off"]

_STEPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "create": "Making the event",
        "change": "Changing the event",
        "restore": "Putting the event back as it was",
        "invite": "Inviting the person",
        "cancel": "Cancelling the event",
        "delete": "Deleting the event",
        "decline": "Declining for the room",
        "move": "Moving to another room",
    }
)
_STAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "open": "begun",
        "written": "written",
        "guarding": "written; watching for a late second copy",
        "done": "done",
    }
)
_PATHS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "organizer": " in the organiser's calendar",
        "direct": " in the room's own calendar",
    }
)
_ASKED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "book": "Asked to book",
        "change": "Asked to change it",
        "cancel": "Asked to cancel it",
        "resync": "Asked to read the room's whole calendar",
    }
)
_REFUSED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "overlap": "the room is taken then",
        "stale": "Outlook had changed the same meanwhile",
        "room_unknown": "there is no such room",
        "room_declined": "the room declined",
        "room_no_answer": "the room did not answer within two minutes",
        "organizer_unreachable": "the organiser's calendar cannot be reached",
        "outside_window": "it is outside the days that are synced",
        "unknown_booking": "there is no such booking",
        "superseded": "a newer request came first",
        "expired": "it was too old when its turn came",
        "invalid": "Outlook cannot do that",
        "integration_off": "the integration is switched off",
    }
)
_STATES: Final[Mapping[str, tuple[str, Tone]]] = MappingProxyType(
    {
        "pending": ("Waits for the room's answer", "wait"),
        "confirmed": ("Confirmed", "good"),
        "tentative": ("Accepted tentatively by the room", "wait"),
        "conflicted": ("Double booked", "wrong"),
        "cancelled": ("Cancelled", "off"),
    }
)
_CONFLICTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "overlap": "Overlaps another booking",
        "stale": "A change came too late: Outlook had changed the same",
        "withdrawn": "Taken back: somebody else was in the slot first",
        "twin": "Stood in Outlook twice: one was removed",
        "reappeared": "An older state came back in Outlook",
        "parked": "Somebody keeps undoing what we write: left alone until the next request",
    }
)

Detail = Mapping[str, str | int | bool | None]


def words(entry: str, detail: Detail) -> tuple[str, Tone]:
    """Return what happened; an entry that is not known here is shown as it is called."""
    first, _, second = entry.partition(".")
    match first, second:
        case "command", _:
            return _of_command(second, detail)
        case "hint" | "event", _:
            return _of_reading(entry, detail), "off"
        case "booking", _ if second in _STATES:
            text, tone = _STATES[second]
            seen = " (seen in Outlook)" if detail.get("read") else ""
            return text + seen, tone
        case "conflict", _:
            text = _CONFLICTS.get(str(detail.get("kind")), str(detail.get("kind")))
            return (
                (f"Over: {text[0].lower()}{text[1:]}", "good")
                if second == "cleared"
                else (text, "wrong")
            )
        case _ if first in _STEPS and second in _STAGES:
            attempts = detail.get("attempts")
            tries = f", attempt {attempts}" if isinstance(attempts, int) and attempts > 1 else ""
            where = _PATHS.get(str(detail.get("path")), "")
            return f"{_STEPS[first]}{where}: {_STAGES[second]}{tries}", "off"
        case _:
            return entry, "off"


def _of_command(what: str, detail: Detail) -> tuple[str, Tone]:
    match what:
        case "received":
            by = "in the portal" if detail.get("source") == SOURCE else "by the platform"
            return f"{_ASKED.get(str(detail.get('kind')), 'Asked')} {by}", "off"
        case "accepted":
            return "The request was carried out", "good"
        case "rejected":
            reason = str(detail.get("reason") or "")
            why = _REFUSED.get(reason, reason)
            return f"The request was refused{': ' + why if why else ''}", "wrong"
        case "told":
            return "Whoever asked was told how it ended", "off"
        case _:
            return f"The request: {what}", "off"


def _of_reading(entry: str, detail: Detail) -> str:
    match entry:
        case "hint.received":
            return "Microsoft said that the event changed"
        case "hint.waiting":
            return "Microsoft said that the event changed; it is still to be read"
        case "event.unchanged":
            return "The event was read: nothing changed that concerns others"
        case "event.read" if detail.get("because_of") == "hint":
            return "The event was read"
        case "event.read":
            return "The event was seen in a read of the whole calendar"
        case _:
            return entry

"""What a person does about a booking that the sync refused."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from contracts.events import CommandResult, RejectionReason

_ADVICE: Final[Mapping[RejectionReason, str]] = MappingProxyType(
    {
        "overlap": "Choose another time or another room.",
        "stale": "Below is what you asked for. Save it again to change it all the same.",
        "room_unknown": "Choose another room.",
        "room_declined": "Its own rules in Exchange say who may book it, how far ahead and how long: choose another time"
        " or room, or ask your administrator.",
        "room_no_answer": "Try again, or choose another room; an administrator sees the room's state under Meeting Rooms.",
        "organizer_unreachable": "Ask the organiser to change it in Outlook; cancelling it works here.",
        "outside_window": "Choose another day.",
        "unknown_booking": "It was cancelled or is not known here: look at the calendar again.",
        "superseded": "Look at the calendar, then ask again if it is not as you want it.",
        "expired": "The sync was too busy to do it in time, and nothing was changed: ask again.",
        "invalid": "Change what it names, then try again.",
        "integration_off": "An administrator switches the Office 365 integration on under Settings.",
    }
)


def advice(result: CommandResult | None) -> str:
    """What to do next; empty where nothing was refused."""
    if result is None or result.reason is None:
        return ""
    if result.reason == "overlap" and result.alternatives:
        return "Free instead:"
    return _ADVICE[result.reason]

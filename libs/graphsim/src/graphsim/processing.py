"""Set-CalendarProcessing of one room, with the defaults of graph-calendar §2.6."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import time
from typing import Any, Literal, Self

from .zones import zone

_WORKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


@dataclass(frozen=True, slots=True)
class Processing:
    """What a room does with requests; the names are the cmdlet's in Python's spelling."""

    automate: Literal["AutoAccept", "AutoUpdate", "None"] = "AutoAccept"
    """AutoUpdate leaves requests tentative; with None nothing reaches the calendar."""
    delete_subject: bool = True
    add_organizer_to_subject: bool = True
    delete_comments: bool = True
    delete_attachments: bool = True
    remove_private_property: bool = True
    allow_conflicts: bool = False
    allow_recurring_meetings: bool = True
    conflict_percentage_allowed: int = 0
    maximum_conflict_instances: int = 0
    booking_window_days: int = 180
    enforce_scheduling_horizon: bool = True
    """A series past the window is declined; otherwise the room keeps what lies within."""
    maximum_duration_minutes: int = 1440
    all_book_in_policy: bool = True
    book_in_policy: tuple[str, ...] = ()
    """Addresses that may book where not all may; the others' requests wait for a delegate."""
    tentative_pending_approval: bool = True
    """What waits for a delegate shows as tentative; otherwise as free."""
    process_external_meeting_messages: bool = False
    """Requests from outside the tenant are answered; otherwise they stay unanswered."""
    schedule_only_during_work_hours: bool = False
    work_days: tuple[str, ...] = _WORKDAYS
    work_begins: time = time(8)
    work_ends: time = time(17)
    work_zone: str = "UTC"
    remove_canceled_meetings: bool = False
    enforce_capacity: bool = False
    """Declines more people, the organiser among them, than the room holds (details unproven)."""
    enable_auto_release: bool = False
    """The room leaves a meeting to which nobody checks in."""
    post_reservation_max_claim_minutes: int = 10
    """How long after the start somebody may check in."""

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """The defaults with the named settings changed; raises ValueError, TypeError."""
        unknown = set(settings) - {one.name for one in fields(cls)}
        if unknown:
            raise ValueError(f"unknown calendar processing settings: {sorted(unknown)}")
        given = dict(settings)
        for name in given.keys() & {"work_begins", "work_ends"}:
            given[name] = time.fromisoformat(given[name])
        for name in given.keys() & {"work_days", "book_in_policy"}:
            given[name] = tuple(str(one).lower() for one in given[name])
        zone(given.get("work_zone", "UTC"))
        return cls(**given)

    def may_book(self, address: str) -> bool:
        """Whether this person's requests need nobody's approval."""
        return self.all_book_in_policy or address.lower() in self.book_in_policy

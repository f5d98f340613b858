"""Events that are bookings of ours without our having made them just now: matched with a command (design §5.3)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from contracts.commands import Book

from .booking import Row
from .changes import removed


def match(rows: Iterable[Row], order: Book) -> Row | None:
    """The one Outlook booking that already is what a command asks for; None without one, or with several."""
    found = [row for row in rows if _is_asked_for(row, order)]
    return found[0] if len(found) == 1 else None


def adopted(row: Row, order: Book, organizer_mailbox: str | None, now: datetime) -> tuple[Row, Row]:
    """An Outlook booking as the booking of a command, and what is left of it under its old id.

    `organizer_mailbox` is None where the room itself organises.
    """
    ours = replace(
        row,
        id=order.booking_id,
        origin="clearooms",
        version=0,
        when_version=0,
        subject_version=0,
        subject=order.subject,
        organizer_name=order.organizer.name,
        organizer_email=order.organizer.email,
        organizer_mailbox=organizer_mailbox,
    )
    return ours, removed(replace(row, event_id=f"{row.event_id} adopted {row.id}"), now)


def _is_asked_for(row: Row, order: Book) -> bool:
    """Rooms put the organiser's name in the place of a meeting's subject, so either will do."""
    return (
        row.origin == "outlook"
        and row.kind == "single"
        and row.published
        and row.removed_at is None
        and row.answer != "cancelled"
        and row.organizer_email.casefold() == order.organizer.email.casefold()
        and (row.starts, row.ends, row.all_day) == (order.start, order.end, order.all_day)
        and row.subject in {order.subject.strip(), row.organizer_name}
    )

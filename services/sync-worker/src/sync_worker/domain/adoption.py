"""Events that are bookings we have: asked for by a command, made before a restore, or under another event id (design §5.2, §5.3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.commands import Book

from .booking import Row
from .changes import removed
from .mirror import Sighting


@dataclass(frozen=True, slots=True)
class Marked:
    """What our marker says of an event: its booking, and where it was written if not in the room's own calendar."""

    booking_id: UUID
    subject: str
    organizer_mailbox: str | None = None
    organizer_event_id: str | None = None


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


def stands(row: Row, order: Book) -> bool:
    """Whether the booking of a command is there already, as asked: made by it before we forgot that."""
    return (
        row.origin == "clearooms"
        and row.removed_at is None
        and (row.starts, row.ends) == (order.start, order.end)
    )


def restored(known: Row | None, one: Sighting, marked: Marked, now: datetime) -> Row | None:
    """The row of an event that carries our marker, `known` being the mirror's of that booking.

    None where that booking has another event: of two with our marker the bound one is it.
    """
    if known is None:
        known = Row(
            id=marked.booking_id,
            event_id=one.event_id,
            kind=one.kind,
            master_id=None,
            series_id=marked.booking_id if one.kind == "master" else None,
            original_start=None,
            etag="",
            seen_etags=(),
            ical_uid=one.ical_uid,
            starts=one.starts,
            ends=one.ends,
            all_day=one.all_day,
            time_zone=one.time_zone,
            subject=marked.subject,
            organizer_name=one.organizer_name,
            organizer_email=one.organizer_email,
            answer=one.answer,
            origin="clearooms",
            version=0,
            published=one.kind != "master",
            removed_at=None,
            changed_at=now,
        )
    elif known.bound and known.removed_at is None and known.event_id != one.event_id:
        return None
    return replace(
        known,
        event_id=one.event_id,
        ical_uid=one.ical_uid,
        organizer_mailbox=marked.organizer_mailbox,
        organizer_event_id=marked.organizer_event_id,
        withdrawn_at=None,
    )


def renamed(rows: Iterable[Row], unknown: Sequence[Sighting]) -> list[tuple[Row, Sighting]]:
    """Unknown single events that are the same meetings as rows under other event ids, if those are gone."""
    standing = {
        (row.ical_uid, row.starts, row.ends): row
        for row in rows
        if row.kind == "single" and row.bound and row.removed_at is None and row.ical_uid
    }
    found = [
        (standing[one.ical_uid, one.starts, one.ends], one)
        for one in unknown
        if one.ical_uid and (one.ical_uid, one.starts, one.ends) in standing
    ]
    return [(row, one) for row, one in found if row.event_id != one.event_id]


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

"""Somebody undoes what we write, again and again: after five times within an hour we leave the booking alone (design §5.3)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from .booking import MOST_FLIPS, Row

WITHIN = timedelta(hours=1)


def written(before: Row | None, after: Row) -> Row:
    """A row as our own write left it: a time that it set is ours."""
    if before is None or (before.starts, before.ends) == (after.starts, after.ends):
        return after
    return replace(after, when_ours=True)


def shown(
    before: Row | None, *, moved: bool, by_us: bool, now: datetime
) -> tuple[bool, tuple[datetime, ...]]:
    """Of a row that Graph shows: whether its time is ours, and when ours was put aside lately.

    A parked booking stays parked until a command frees it.
    """
    if before is None:
        return by_us, ()
    if not moved:
        return before.when_ours, before.flips
    if by_us or not before.when_ours or before.parked:
        return by_us, before.flips
    lately = tuple(at for at in before.flips if now - at < WITHIN)
    return False, (*lately, now)[-MOST_FLIPS:]


def parked_now(before: Mapping[UUID, Row], after: Iterable[Row]) -> list[UUID]:
    """The bookings that have just become parked."""
    return [row.id for row in after if row.parked and not _was_parked(before.get(row.id))]


def freed(row: Row | None) -> tuple[Row, ...]:
    """The row to be written because its user wants something of it: counted afresh if it was parked."""
    return (replace(row, flips=()),) if row is not None and row.parked else ()


def _was_parked(row: Row | None) -> bool:
    return row is not None and row.parked

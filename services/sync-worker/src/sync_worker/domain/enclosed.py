"""When an event that came with its notification counts without a read (design §5.2)."""

from datetime import datetime, timedelta
from typing import Final

from .booking import Row
from .mirror import Sighting

CONFIRMED_AFTER: Final = timedelta(seconds=45)
"""A read follows within 60 s."""


def counts(one: Sighting, row: Row | None, now: datetime) -> bool:
    """Whether this can be taken in as it is, `row` being what the mirror has of the event: else it is only a hint.

    A live single event, later than what is stored. It never removes, and never judges what we wrote ourselves.
    """
    if one.kind != "single" or one.answer == "cancelled" or one.modified_at is None:
        return False
    if row is None:
        return one.occupied.ends > now
    return (
        row.kind == "single"
        and row.origin == "outlook"
        and row.removed_at is None
        and row.written_at is None
        and row.modified_at is not None
        and one.modified_at > row.modified_at
    )

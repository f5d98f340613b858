"""Which bookings are asked for; a booking itself is the object of our messages, `contracts.events.Booking`."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import Field

from .refusal import invalid
from .wire import Body, Resource, Time

LONGEST_RANGE = timedelta(days=400)
DEFAULT_RANGE = timedelta(days=7)


class BookingRange(Body):
    """Bookings that overlap [from, to): RFC 3339 with an offset; by default the coming 7 days, at most 400."""

    start: Annotated[Time | None, Field(alias="from")] = None
    end: Annotated[Time | None, Field(alias="to")] = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 500
    after: UUID | None = None


class HistoryEntry(Resource):
    """What happened to a booking: ids and times only."""

    at: Time
    entry: str
    version: int | None


def resolved(asked: BookingRange, now: datetime) -> tuple[datetime, datetime]:
    """The range with its defaults; refuses an empty or endless one."""
    start = asked.start if asked.start is not None else now
    end = asked.end if asked.end is not None else start + DEFAULT_RANGE
    if end <= start:
        raise invalid("to", "must be later than from")
    if end - start > LONGEST_RANGE:
        raise invalid("to", "must be within 400 days of from")
    return start, end

"""What is asked of bookings; a booking itself is the object of our messages, `contracts.events.Booking`."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID, uuid4

from pydantic import Field, StringConstraints, model_validator

from contracts.commands import Scope
from contracts.fields import NO_CONTROLS, Count, Subject, Text

from .offices import Zone
from .refusal import invalid
from .wire import Body, Email, Name, Resource, Time

LONGEST_RANGE = timedelta(days=400)
LONGEST_BOOKING = timedelta(days=31)
DEFAULT_RANGE = timedelta(days=7)
_LAST_ZONE = timedelta(hours=12)  # UTC-12, where a day ends last


class BookingRange(Body):
    """Bookings that overlap [from, to): RFC 3339 with an offset; by default the coming 7 days, at most 400."""

    start: Annotated[Time | None, Field(alias="from")] = None
    end: Annotated[Time | None, Field(alias="to")] = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 500
    after: UUID | None = None


NewSubject = Annotated[Subject, StringConstraints(strip_whitespace=True, min_length=1)]


class NewOrganizer(Body):
    """For whom the room is booked."""

    name: Name
    email: Email


class NewBooking(Body):
    """A booking to be made; with a `booking_id` of the caller's own a repeat is harmless.

    `time_zone` is by default that of the room's office, `organizer` the person signed in.
    """

    booking_id: UUID = Field(default_factory=uuid4)
    start: Time
    end: Time
    all_day: bool = False
    time_zone: Zone | None = None
    subject: NewSubject
    organizer: NewOrganizer | None = None
    # As `contracts.commands.Book` takes it.
    recurrence: Annotated[
        str | None, Field(max_length=500, pattern=r"^FREQ=[A-Z]+(;[A-Z]+=[A-Za-z0-9,+\-]+)*$")
    ] = None


class BookingChange(Body):
    """Any of start, end, subject and room; `base_version` is that of the booking on which the user decided."""

    base_version: Count
    start: Time | None = None
    end: Time | None = None
    subject: NewSubject | None = None
    room_id: UUID | None = None
    scope: Scope = "this"

    @model_validator(mode="after")
    def _changes_something(self) -> "BookingChange":
        if self.start is None and self.end is None and self.subject is None and not self.room_id:
            raise ValueError("one of start, end, subject, room_id is needed")
        return self


class BookingCancellation(Body):
    """Why, for those invited; from which version of the booking on; the whole series or not."""

    reason: Annotated[Text, StringConstraints(pattern=NO_CONTROLS)] = ""
    base_version: Count | None = None
    scope: Scope = "this"


class BookingAsked(Resource):
    """Still `pending`, or `accepted` and not yet to be read; the stream tells how it goes on."""

    booking_id: UUID
    status: Literal["pending", "accepted"]


def resolved(asked: BookingRange, now: datetime) -> tuple[datetime, datetime]:
    """The range with its defaults; refuses an empty or endless one."""
    start = asked.start if asked.start is not None else now
    end = asked.end if asked.end is not None else start + DEFAULT_RANGE
    if end <= start:
        raise invalid("to", "must be later than from")
    if end - start > LONGEST_RANGE:
        raise invalid("to", "must be within 400 days of from")
    return start, end


def check_new(new: NewBooking, now: datetime) -> None:
    """Refuses times that no booking can have; of a series only later occurrences need to lie ahead."""
    _check_span(new.start, new.end)
    if new.recurrence is None:
        _check_ahead(new.start, new.end, now)


def check_change(change: BookingChange, now: datetime) -> None:
    """Refuses times that no booking can have, as far as the change alone tells; an end may lie in the past."""
    if change.start is None or change.end is None:
        return
    _check_span(change.start, change.end)
    _check_ahead(change.start, change.end, now)


def _check_span(start: datetime, end: datetime) -> None:
    if end <= start:
        raise invalid("end", "must be later than start")
    if end - start > LONGEST_BOOKING:
        raise invalid("end", "must be within 31 days of start")


def _check_ahead(start: datetime, end: datetime, now: datetime) -> None:
    """Days are told as midnights UTC, and somewhere west they end later: only who knows the room's zone can tell."""
    days = all(
        (at.hour, at.minute, at.second, at.microsecond) == (0, 0, 0, 0) for at in (start, end)
    )
    if end + (_LAST_ZONE if days else timedelta()) <= now:
        raise invalid("end", "must not lie in the past")

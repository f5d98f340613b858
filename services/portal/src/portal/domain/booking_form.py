"""What a person types to book or to change a booking, in the office's wall clock, and what is asked of the sync for it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, StringConstraints

from contracts.commands import Scope
from contracts.events import Booking
from contracts.fields import NO_CONTROLS, Count, Text

from .bookings import BookingChange, NewBooking, NewOrganizer, NewSubject
from .offices import TimeOfDay
from .refusal import invalid
from .repeats import Repeats, rule
from .wall_clock import moment
from .wire import Body, Email, Name, Time

_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)


def _imaginable(day: date) -> date:
    if not _EARLIEST <= day <= _LATEST:
        raise ValueError("must be a day of this century")
    return day


Day = Annotated[date, AfterValidator(_imaginable)]


class When(Body):
    """A day and times of it; `again` for the second time that the clock shows it, where it is put back."""

    day: Day
    start: TimeOfDay | None = None
    end: TimeOfDay | None = None
    end_day: Day | None = None
    all_day: str = ""
    start_again: str = ""
    end_again: str = ""

    def span(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Start and end in UTC, of all-day ones the dates at midnight UTC; refuses what is no time, or none after another."""
        last = self.end_day or self.day
        if self.all_day:
            if last < self.day:
                raise invalid("end_day", "must not be before the first day")
            return _midnight(self.day), _midnight(last + timedelta(days=1))
        if self.start is None:
            raise invalid("start", "must say when it begins")
        if self.end is None:
            raise invalid("end", "must say when it ends")
        start = moment(self.day, self.start, zone, "start", again=bool(self.start_again))
        end = moment(last, self.end, zone, "end", again=bool(self.end_again))
        if end <= start:
            # Put back between the two: 02:50 to 02:10 is twenty minutes long.
            end = moment(last, self.end, zone, "end", again=True)
        if end <= start:
            raise invalid(
                "end",
                "must be later than the start; over midnight, say below on which day it ends",
            )
        return start, end


class NewForm(When, Repeats):
    """A booking to be made, for oneself unless it says for whom."""

    booking_id: UUID
    room_id: UUID
    subject: NewSubject
    for_name: Name | None = None
    for_email: Email | None = None

    def booking(self, zone: ZoneInfo) -> NewBooking:
        """What is asked of the sync; refuses what contradicts itself."""
        start, end = self.span(zone)
        return NewBooking(
            booking_id=self.booking_id,
            start=start,
            end=end,
            all_day=bool(self.all_day),
            subject=self.subject,
            organizer=self._organizer(),
            recurrence=rule(self, self.day),
        )

    def _organizer(self) -> NewOrganizer | None:
        if self.for_email is None:
            if self.for_name is not None:
                raise invalid("for_email", "must say where to reach them; leave both out for you")
            return None
        name = self.for_name or self.for_email.partition("@")[0]
        return NewOrganizer(name=name, email=self.for_email)


class ChangeForm(When):
    """A booking as it shall be; `was_…` is what the form showed at first, so that only what was touched is changed."""

    room_id: UUID
    subject: NewSubject
    scope: Scope = "this"
    base_version: Count
    was_room_id: UUID
    was_subject: str = ""
    was_start: Time
    was_end: Time

    def change(self, zone: ZoneInfo) -> BookingChange | None:
        """What is asked of the sync; None where nothing was touched."""
        start, end = self.span(zone)
        moved = (start, end) != (self.was_start, self.was_end)
        renamed = self.subject != self.was_subject.strip()
        elsewhere = self.room_id != self.was_room_id
        if not (moved or renamed or elsewhere):
            return None
        return BookingChange(
            base_version=self.base_version,
            start=start if moved else None,
            end=end if moved else None,
            subject=self.subject if renamed else None,
            room_id=self.room_id if elsewhere else None,
            scope=self.scope,
        )


class CancelForm(Body):
    """Why, and how much of it."""

    reason: Annotated[Text, StringConstraints(pattern=NO_CONTROLS)] = ""
    scope: Scope = "this"


class Instead(Body):
    """A room and a slot that are free: what the button of an alternative says."""

    room_id: UUID
    start: Time
    end: Time

    @classmethod
    def read(cls, text: str) -> "Instead":
        """As `written` wrote it; refuses anything else."""
        try:
            room_id, start, end = text.split(" ")
            return cls(
                room_id=UUID(room_id),
                start=datetime.fromisoformat(start),
                end=datetime.fromisoformat(end),
            )
        except ValueError as error:
            raise invalid(
                "instead", "is not one of the alternatives: choose one of them"
            ) from error


def written(room_id: UUID, start: datetime, end: datetime) -> str:
    """What `Instead.read` reads."""
    return f"{room_id} {start.isoformat()} {end.isoformat()}"


def fields_of(
    room_id: UUID, start: datetime, end: datetime, zone: ZoneInfo, *, all_day: bool
) -> dict[str, str]:
    """The form's fields for this room and time."""
    begins, ends = (at.astimezone(UTC if all_day else zone) for at in (start, end))
    last = ends.date() - timedelta(days=1) if all_day else ends.date()
    return {
        "room_id": str(room_id),
        "day": str(begins.date()),
        "start": "" if all_day else f"{begins:%H:%M}",
        "end": "" if all_day else f"{ends:%H:%M}",
        "end_day": str(last) if last != begins.date() else "",
        "all_day": "1" if all_day else "",
        "start_again": "1" if begins.fold and not all_day else "",
        "end_again": "1" if ends.fold and not all_day else "",
    }


def fields_of_booking(booking: Booking, zone: ZoneInfo) -> dict[str, str]:
    """The form's fields for a booking as it is."""
    return {
        **fields_of(booking.room_id, booking.start, booking.end, zone, all_day=booking.all_day),
        "subject": booking.subject,
        **base_of(booking),
    }


def base_of(booking: Booking) -> dict[str, str]:
    """What a change builds on."""
    return {
        "base_version": str(booking.version),
        "was_room_id": str(booking.room_id),
        "was_subject": booking.subject,
        "was_start": booking.start.isoformat(),
        "was_end": booking.end.isoformat(),
    }


def is_made_of(booking: Booking, new: NewBooking, room_id: UUID) -> bool:
    """Whether this is what was asked for: a form sent twice may have been filled in anew in between."""
    return (booking.room_id, booking.start, booking.end) == (room_id, new.start, new.end)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)

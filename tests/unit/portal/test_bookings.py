"""What is taken as a booking, and what is refused before anybody is asked."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from contracts.commands import Book, Person
from portal.domain.bookings import BookingChange, NewBooking, check_change, check_new
from portal.domain.caller import Acting
from portal.domain.commands import book
from portal.domain.refusal import Refusal

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
MIDNIGHT = NOW.replace(hour=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def new(start: datetime, end: datetime, **more: Any) -> NewBooking:
    return NewBooking(start=start, end=end, subject="Planning", **more)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (NOW - HOUR, NOW + timedelta(microseconds=1)),  # under way
        (NOW, NOW + 31 * DAY),
        (MIDNIGHT - DAY, MIDNIGHT),  # west of UTC it is still that day
    ],
)
def test_bookings_that_end_later_and_last_31_days_at_most_are_taken(
    start: datetime, end: datetime
) -> None:
    check_new(new(start, end), NOW)
    check_change(BookingChange(base_version=1, start=start, end=end), NOW)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (NOW, NOW),
        (NOW + HOUR, NOW),
        (NOW, NOW + 31 * DAY + timedelta(microseconds=1)),
        (NOW - HOUR, NOW),
        (MIDNIGHT - 2 * DAY, MIDNIGHT - DAY),  # over everywhere
        (MIDNIGHT - HOUR, MIDNIGHT),
    ],
)
def test_other_times_are_refused(start: datetime, end: datetime) -> None:
    with pytest.raises(Refusal) as refused:
        check_new(new(start, end), NOW)
    with pytest.raises(Refusal):
        check_change(BookingChange(base_version=1, start=start, end=end), NOW)
    assert [error.field for error in refused.value.errors] == ["end"]


def test_a_series_may_have_begun() -> None:
    check_new(new(NOW - DAY, NOW - DAY + HOUR, recurrence="FREQ=DAILY"), NOW)


def test_a_meeting_may_be_ended_now() -> None:
    check_change(BookingChange(base_version=1, end=NOW), NOW)


@pytest.mark.parametrize("subject", ["", "  ", "x" * 256, "a\nb", "a\0b"])
def test_subjects_that_exchange_would_not_take_are_refused(subject: str) -> None:
    with pytest.raises(ValidationError):
        NewBooking(start=NOW, end=NOW + HOUR, subject=subject)
    with pytest.raises(ValidationError):
        BookingChange(base_version=1, subject=subject)


def test_a_change_of_nothing_is_refused() -> None:
    with pytest.raises(ValidationError):
        BookingChange(base_version=1, scope="series")


def test_a_recurrence_that_is_taken_can_be_sent() -> None:
    rule = "FREQ=WEEKLY;BYDAY=MO,-1FR;COUNT=3"
    taken = new(NOW, NOW + HOUR, recurrence=rule)
    by = Acting(uuid4(), "user:1", "ada@x.example")
    assert book(by, uuid4(), taken, "UTC", NOW).recurrence == rule


@pytest.mark.parametrize("recurrence", ["", "weekly", "FREQ=weekly", "FREQ=" + "X" * 500])
def test_a_recurrence_that_cannot_be_sent_is_refused(recurrence: str) -> None:
    with pytest.raises(ValidationError):
        new(NOW, NOW + HOUR, recurrence=recurrence)
    with pytest.raises(ValidationError):
        Book(
            booking_id=uuid4(),
            room_id=uuid4(),
            sequence=1,
            start=NOW,
            end=NOW + HOUR,
            subject="Planning",
            organizer=Person(name="Ada", email="ada@x.example"),
            recurrence=recurrence,
        )

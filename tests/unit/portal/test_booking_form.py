"""What is typed, by the office's clock, and what is asked of the sync for it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from contracts.events import Booking, Organizer
from portal.domain.booking_asked import NewAsked
from portal.domain.booking_form import (
    ChangeForm,
    Instead,
    NewForm,
    fields_of,
    fields_of_booking,
    written,
)
from portal.domain.refusal import Refusal

BERLIN = ZoneInfo("Europe/Berlin")
ROOM = uuid4()
NINE = datetime(2026, 11, 26, 9, tzinfo=BERLIN)


def new(**typed: str) -> NewForm:
    plain = {
        "booking_id": str(uuid4()), "room_id": str(ROOM), "subject": "Plans", "day": "2026-11-26",
        "start": "09:00", "end": "10:00",
    }  # fmt: skip
    return NewForm.model_validate(plain | typed)


def booked(start: datetime = NINE, hours: int = 1, **more: Any) -> Booking:
    return Booking(
        id=uuid4(), room_id=ROOM, start=start.astimezone(UTC),
        end=start.astimezone(UTC) + timedelta(hours=hours), time_zone="Europe/Berlin",
        subject="Plans", organizer=Organizer(name="Mara"), status="confirmed", origin="clearooms",
        version=7, **more,
    )  # fmt: skip


def changed(booking: Booking, **typed: str) -> ChangeForm:
    fields = fields_of_booking(booking, BERLIN) | typed
    return ChangeForm.model_validate({name: text for name, text in fields.items() if text})


def test_a_booking_is_typed_in_the_offices_time() -> None:
    made = new().booking(BERLIN)
    assert (made.start, made.end) == (NINE, NINE + timedelta(hours=1))
    assert (made.organizer, made.recurrence, made.all_day) == (None, None, False)


def test_all_day_keeps_its_dates() -> None:
    made = new(all_day="1", end_day="2026-11-27").booking(BERLIN)
    assert made.all_day
    assert (made.start, made.end) == (
        datetime(2026, 11, 26, tzinfo=UTC),
        datetime(2026, 11, 28, tzinfo=UTC),
    )


def test_it_may_end_on_another_day() -> None:
    made = new(start="23:00", end="01:00", end_day="2026-11-27").booking(BERLIN)
    assert made.end - made.start == timedelta(hours=2)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"end": "09:00"}, "end"),
        ({"end": "08:00"}, "end"),
        ({"start": "02:30", "end": "03:30", "day": "2026-03-29"}, "start"),
        ({"all_day": "1", "end_day": "2026-11-25"}, "end_day"),
        ({"for_name": "Ida"}, "for_email"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_field(typed: dict[str, str], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        new(**typed).booking(BERLIN)
    assert [error.field for error in refused.value.errors] == [field]


def test_missing_times_are_asked_for() -> None:
    for field in ("start", "end"):
        typed = new().model_copy(update={field: None})
        with pytest.raises(Refusal) as refused:
            typed.booking(BERLIN)
        assert refused.value.errors[0].field == field


def test_an_end_that_the_clock_shows_again_is_the_second_where_only_that_is_later() -> None:
    made = new(day="2026-10-25", start="02:50", end="02:10").booking(BERLIN)
    assert made.end - made.start == timedelta(minutes=20)
    later = new(day="2026-10-25", start="02:00", start_again="1", end="02:30", end_again="1")
    assert later.booking(BERLIN).start == datetime(2026, 10, 25, 1, tzinfo=UTC)


def test_a_guest_without_a_name_is_called_by_the_address() -> None:
    organizer = new(for_email="ida@guest.example").booking(BERLIN).organizer
    assert organizer is not None
    assert (organizer.name, organizer.email) == ("ida", "ida@guest.example")


def test_only_what_was_touched_is_changed() -> None:
    booking, other = booked(), str(uuid4())
    assert changed(booking).change(BERLIN) is None
    renamed = changed(booking, subject="Other plans").change(BERLIN)
    assert renamed is not None
    assert (renamed.subject, renamed.start, renamed.room_id) == ("Other plans", None, None)
    later = changed(booking, start="09:15", end="10:15").change(BERLIN)
    assert later is not None
    assert (later.start, later.subject) == (NINE + timedelta(minutes=15), None)
    moved = changed(booking, room_id=other).change(BERLIN)
    assert moved is not None
    assert (moved.room_id, moved.start, moved.base_version) == (UUID(other), None, 7)


@pytest.mark.parametrize(
    "start",
    [datetime(2026, 10, 25, hour, tzinfo=UTC) for hour in (0, 1, 2)]
    + [datetime(2026, 3, 29, hour, 30, tzinfo=UTC) for hour in (0, 1)],
)
def test_a_form_shown_and_sent_back_changes_nothing_where_clocks_change(start: datetime) -> None:
    assert changed(booked(start)).change(BERLIN) is None
    midnight = start.replace(hour=0, minute=0)
    assert changed(booked(midnight, hours=24, all_day=True)).change(BERLIN) is None


def test_an_alternative_comes_back_as_it_was_offered() -> None:
    room_id, end = uuid4(), NINE + timedelta(minutes=45)
    read = Instead.read(written(room_id, NINE, end))
    assert (read.room_id, read.start, read.end) == (room_id, NINE, end)
    fields = fields_of(room_id, read.start, read.end, BERLIN, all_day=False)
    assert (fields["day"], fields["start"], fields["end"]) == ("2026-11-26", "09:00", "09:45")
    for text in ("", "x y z", f"{room_id} now then"):
        with pytest.raises(Refusal):
            Instead.read(text)


@pytest.mark.parametrize(
    ("now", "day", "wanted"),
    [
        (NINE.replace(minute=1), None, ("2026-11-26", "09:15", "09:45")),
        (NINE.replace(minute=45), None, ("2026-11-26", "09:45", "10:15")),
        (NINE.replace(hour=5), None, ("2026-11-26", "08:00", "08:30")),
        (NINE, "2026-11-30", ("2026-11-30", "08:00", "08:30")),
        (NINE.replace(hour=23, minute=50), None, ("2026-11-27", "00:00", "00:30")),
    ],
)
def test_without_a_time_the_form_offers_the_next_that_makes_sense(
    now: datetime, day: str | None, wanted: tuple[str, str, str]
) -> None:
    asked = NewAsked.model_validate({"day": day})
    fields = asked.fields(ROOM, BERLIN, time(8), now)
    assert (fields["day"], fields["start"], fields["end"]) == wanted


def test_what_was_pointed_at_is_kept() -> None:
    asked = NewAsked.model_validate({"day": date(2026, 11, 30), "start": "10:00", "end": "12:00"})
    fields = asked.fields(ROOM, BERLIN, time(8), NINE)
    assert (fields["start"], fields["end"], fields["end_day"]) == ("10:00", "12:00", "")

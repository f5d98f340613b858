"""Where bookings stand in the calendar: days of 23, 24 and 25 hours, midnight, lanes, conflicts."""

from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from contracts.events import Booking, Organizer
from portal.domain.booking_times import span_in_words
from portal.domain.calendar import Board, Card, board
from portal.domain.calendar_axis import Span
from portal.domain.refusal import Refusal
from portal.domain.wall_clock import moment, readings, span_of

BERLIN = ZoneInfo("Europe/Berlin")
ROOM = uuid4()
PLAIN = date(2026, 11, 26)
FORWARD, BACK = date(2026, 3, 29), date(2026, 10, 25)


def booking(
    start: datetime, minutes: int = 60, *, room: UUID = ROOM, subject: str = "Plans",
    status: str = "confirmed", all_day: bool = False, name: str = "Mara",
) -> Booking:  # fmt: skip
    return Booking(
        id=uuid4(), room_id=room, start=start.astimezone(UTC),
        end=(start.astimezone(UTC) + timedelta(minutes=minutes)), all_day=all_day,
        time_zone="Europe/Berlin", subject=subject, organizer=Organizer(name=name),
        status=status, origin="outlook", version=1,  # type: ignore[arg-type] # a status by name
    )  # fmt: skip


def at(day: date, clock: str, fold: int = 0) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), BERLIN).replace(fold=fold)


def drawn(*bookings: Booking, day: date = PLAIN, days: int = 1, whole: bool = True) -> Board:
    places = [(ROOM, "Blue", day + timedelta(days=n)) for n in range(days)]
    now = at(day, "12:00")
    return board(places, bookings, BERLIN, opens=time(8), closes=time(18), now=now, whole=whole)


def only(found: Board, nth: int = 0) -> Card:
    (card,) = found.groups[nth].timed
    return card


@pytest.mark.parametrize(("day", "hours"), [(PLAIN, 24), (FORWARD, 23), (BACK, 25)])
def test_a_day_has_as_many_hours_as_its_clock_shows(day: date, hours: int) -> None:
    assert len(drawn(day=day).hours) == hours
    assert drawn(day=day).rows == hours * 12


def test_the_hour_that_comes_twice_is_marked() -> None:
    lines = [(hour.text, hour.again) for hour in drawn(day=BACK).hours]
    assert lines[1:5] == [("01:00", False), ("02:00", False), ("02:00", True), ("03:00", False)]


def test_a_booking_in_the_second_two_o_clock_stands_below_one_in_the_first() -> None:
    first, second = booking(at(BACK, "02:00"), 30), booking(at(BACK, "02:00", 1), 30)
    rows = [card.rows for card in drawn(first, second, day=BACK).groups[0].timed]
    assert rows == [Span(24, 30), Span(36, 42)]


def test_a_meeting_over_the_hour_that_is_left_out_is_as_long_as_it_lasts() -> None:
    assert only(drawn(booking(at(FORWARD, "01:30"), 60), day=FORWARD)).rows == Span(18, 30)


def test_in_a_week_the_days_without_an_hour_have_a_gap_and_later_hours_stand_level() -> None:
    monday = date(2026, 3, 23)
    found = drawn(booking(at(FORWARD, "09:00")), booking(at(monday, "09:00")), day=monday, days=7)
    assert found.groups[6].columns[0].gaps == (Span(24, 36),)
    assert only(found, 6).rows == only(found, 0).rows == Span(108, 120)


def test_a_booking_over_midnight_stands_on_both_days_and_says_so() -> None:
    found = drawn(booking(at(PLAIN, "23:00"), 120), days=2)
    first, second = only(found, 0), only(found, 1)
    assert (first.rows, second.rows) == (Span(276, 288), Span(0, 12))
    assert [first.when, second.when] == [
        "23:00 \N{EN DASH} 27 Nov, 01:00",
        "26 Nov, 23:00 \N{EN DASH} 01:00",
    ]
    assert not first.whole


def test_a_booking_until_midnight_is_of_one_day() -> None:
    found = drawn(booking(at(PLAIN, "23:00"), 60), days=2)
    assert only(found).when == "23:00\N{EN DASH}24:00"
    assert not found.groups[1].timed


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati", "Europe/Berlin"])
def test_an_all_day_booking_is_of_its_date_in_every_zone(zone: str) -> None:
    whole_day = booking(datetime(2026, 11, 26, tzinfo=UTC), 24 * 60, all_day=True)
    found = board(
        [(ROOM, "Blue", PLAIN + timedelta(days=n)) for n in (-1, 0, 1)],
        [whole_day], ZoneInfo(zone), opens=time(8), closes=time(18), now=at(PLAIN, "12:00"),
        whole=False,
    )  # fmt: skip
    assert [len(group.all_day) for group in found.groups] == [0, 1, 0]
    assert not any(group.timed for group in found.groups)


def test_idle_hours_are_left_out_until_something_is_in_them() -> None:
    assert [hour.text for hour in drawn(whole=False).hours][::11] == ["07:00", "18:00"]
    early = drawn(booking(at(PLAIN, "04:30"), 30), whole=False)
    assert early.hours[0].text == "04:00"
    assert only(early).rows == Span(6, 12)
    assert not early.whole


def test_what_overlaps_stands_side_by_side_and_what_follows_takes_the_width() -> None:
    one = booking(at(PLAIN, "09:00"), 120)
    two = booking(at(PLAIN, "10:00"), 120)
    three = booking(at(PLAIN, "11:00"), 60)
    four = booking(at(PLAIN, "12:00"), 60)
    cards = drawn(one, two, three, four).groups[0].timed
    assert [(card.lane, card.lanes) for card in cards] == [(0, 2), (1, 2), (0, 2), (0, 1)]


def test_more_than_four_at_once_share_the_last_lane() -> None:
    cards = drawn(*(booking(at(PLAIN, "09:00")) for _ in range(6))).groups[0].timed
    assert {card.lanes for card in cards} == {4}
    assert max(card.lane for card in cards) == 3


def test_a_conflicted_booking_says_what_it_overlaps() -> None:
    one = booking(at(PLAIN, "09:00"), subject="Budget", status="conflicted")
    other = booking(at(PLAIN, "09:30"), subject="Roadmap", status="conflicted", name="Ida")
    apart = booking(at(PLAIN, "15:00"))
    first, *_, last = drawn(one, other, apart).groups[0].timed
    assert first.over == ("Roadmap, 09:30\N{EN DASH}10:30, Ida",)
    assert last.over == ()


def test_a_whole_day_is_overlapped_from_midnight_to_midnight_in_its_zone() -> None:
    fair = booking(
        datetime.combine(PLAIN, time(), UTC),
        24 * 60,
        all_day=True,
        subject="Fair",
        status="conflicted",
    )
    early = booking(at(PLAIN, "00:10"), 30, status="conflicted")
    cards = drawn(fair, early, booking(at(PLAIN, "00:10") + timedelta(days=1), 30), days=2)
    assert cards.groups[0].timed[0].over == ("Fair, All day, Mara",)
    assert cards.groups[0].all_day[0].over == ("Plans, 00:10\N{EN DASH}00:40, Mara",)


def test_rooms_stand_side_by_side_in_one_day() -> None:
    green = uuid4()
    found = board(
        [(ROOM, "Blue", PLAIN), (green, "Green", PLAIN)],
        [booking(at(PLAIN, "10:00"), room=green), booking(at(PLAIN, "11:00"))],
        BERLIN, opens=time(8), closes=time(18), now=at(PLAIN, "12:00"), whole=True,
    )  # fmt: skip
    (group,) = found.groups
    assert [(card.column, card.room_name) for card in group.timed] == [(1, "Green"), (0, "Blue")]
    assert [column.now for column in group.columns] == [144, 144]


def test_the_clock_is_told_where_it_jumps() -> None:
    assert drawn(day=PLAIN).clock == ((0, (0, False)),)
    assert drawn(day=BACK).clock == ((0, (0, False)), (36, (120, True)))
    assert drawn(day=FORWARD).clock == ((0, (0, False)), (24, (180, False)))


def test_a_time_that_comes_twice_names_its_zone() -> None:
    start, end = at(BACK, "02:15"), at(BACK, "02:15", 1)
    assert span_in_words(start, end, BERLIN, BACK) == "02:15 CEST\N{EN DASH}02:15 CET"


def test_a_time_that_is_left_out_is_refused_and_one_that_comes_twice_is_the_first() -> None:
    with pytest.raises(Refusal) as refused:
        moment(FORWARD, time(2, 30), BERLIN, "start")
    assert refused.value.errors[0].field == "start"
    first = moment(BACK, time(2, 30), BERLIN, "start")
    assert moment(BACK, time(2, 30), BERLIN, "start", again=True) - first == timedelta(hours=1)


def test_days_begin_and_end_where_midnight_is_left_out_or_comes_twice() -> None:
    for name in ("Africa/Cairo", "America/Asuncion", "Asia/Beirut", "Australia/Lord_Howe"):
        zone, day = ZoneInfo(name), date(2024, 1, 1)
        for _ in range(366):
            assert span_of(day, zone)[1] == span_of(day + timedelta(days=1), zone)[0]
            assert len(set(readings(day, zone))) == len(readings(day, zone))
            day += timedelta(days=1)


def test_the_sheet_has_a_class_for_everything_that_a_board_may_say() -> None:
    sheet = files("portal").joinpath("static/bookings_rows.css").read_text()
    for most, names in (
        (26, ("fh", "th", "high")),
        (12, ("fm", "tm")),
        (8, ("c", "g")),
        (4, ("l",)),
    ):
        for name in names:
            assert all(f".{name}{n} " in sheet for n in range(most)), name
    for most, names in ((8, ("in", "cols")), (4, ("of",))):
        for name in names:
            assert all(f".{name}{n} " in sheet for n in range(1, most + 1)), name

"""RFC 5545 rules within what Graph expresses, and the days they fall on."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from uuid import UUID

import pytest

from contracts.identity import booking_id_of_occurrence
from graphclient import Recurrence
from sync_worker.domain.alternatives import Slot
from sync_worker.domain.intent import Content
from sync_worker.domain.recurrence import InvalidRule, days, read
from sync_worker.domain.series import occurrence_ids, shifted, slots

THURSDAY = date(2026, 11, 26)
HOUR = timedelta(hours=1)


def content(starts: datetime, rule: str | None, zone: str = "Europe/Berlin") -> Content:
    return Content(starts, starts + HOUR, False, zone, "Weekly", "Ann", "ann@x.test", rule)


@pytest.mark.parametrize(
    ("rule", "first_days"),
    [
        ("FREQ=DAILY", [26, 27, 28]),
        ("FREQ=DAILY;INTERVAL=2;COUNT=2", [26, 28]),
        ("FREQ=WEEKLY;BYDAY=TH,FR;UNTIL=20261127T225959Z", [26, 27]),
        ("FREQ=MONTHLY;BYDAY=4TH;COUNT=1", [26]),
        ("FREQ=MONTHLY;BYDAY=TH;BYSETPOS=-1;COUNT=1", [26]),
        ("FREQ=MONTHLY;COUNT=1", [26]),
        ("FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=26;COUNT=1", [26]),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=1", [26]),
    ],
)
def test_a_rule_falls_on_its_days(rule: str, first_days: list[int]) -> None:
    found = list(islice(days(read(rule, THURSDAY)), 3))
    assert [day.day for day in found] == first_days


def test_a_rule_becomes_graphs_pattern() -> None:
    read_rule = read("FREQ=WEEKLY;INTERVAL=2;BYDAY=TH,MO;WKST=SU;COUNT=9", THURSDAY)
    assert read_rule == Recurrence(
        "weekly",
        THURSDAY,
        interval=2,
        days=("monday", "thursday"),
        week_starts="sunday",
        times=9,
    )


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("FREQ=HOURLY", "daily, weekly"),
        ("INTERVAL=2", "daily, weekly"),
        ("FREQ=DAILY;FREQ=DAILY", "not an RFC 5545 rule"),
        ("FREQ=DAILY;BYDAY=MO", "cannot repeat by BYDAY"),
        ("FREQ=WEEKLY;BYDAY=FR", "first meeting must be on one of the days"),
        ("FREQ=WEEKLY;BYDAY=2TH", "list of weekdays"),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "up to the 28th"),
        ("FREQ=MONTHLY;BYDAY=TH", "Which weekday of the month"),
        ("FREQ=MONTHLY;BYDAY=5TH", "Which weekday of the month"),
        ("FREQ=MONTHLY;BYDAY=4TH;BYMONTHDAY=26", "not by both"),
        ("FREQ=MONTHLY;BYSETPOS=1", "needs BYDAY"),
        ("FREQ=DAILY;COUNT=0", "number from 1"),
        ("FREQ=DAILY;COUNT=1000", "number from 1"),
        ("FREQ=DAILY;UNTIL=soon", "must be a date"),
        ("FREQ=DAILY;UNTIL=20261231;COUNT=3", "not both"),
    ],
)
def test_what_outlook_cannot_keep_is_said(rule: str, says: str) -> None:
    with pytest.raises(InvalidRule, match=says):
        read(rule, THURSDAY)


@pytest.mark.parametrize(
    ("zone", "first", "change"),
    [
        ("Europe/Berlin", datetime(2027, 3, 22, 8, tzinfo=UTC), date(2027, 3, 28)),
        ("Europe/Berlin", datetime(2026, 10, 19, 7, tzinfo=UTC), date(2026, 10, 25)),
        ("America/New_York", datetime(2027, 3, 8, 14, tzinfo=UTC), date(2027, 3, 14)),
        ("Australia/Lord_Howe", datetime(2027, 3, 29, 22, tzinfo=UTC), date(2027, 4, 4)),
    ],
)
def test_a_series_keeps_its_time_by_the_wall_clock_over_a_clock_change(
    zone: str, first: datetime, change: date
) -> None:
    found = slots(content(first, "FREQ=WEEKLY;COUNT=2", zone), first + timedelta(days=30))
    assert found[0].starts.date() < change < found[1].starts.date() + timedelta(days=1)
    assert found[1].starts - found[0].starts != timedelta(days=7)
    assert [slot.ends - slot.starts for slot in found] == [HOUR, HOUR]


def test_a_meeting_whose_start_clocks_leave_out_is_as_long_as_the_others() -> None:
    # 2:15 in Sydney, where it is 3:00 an hour before on the third day.
    first = datetime(2026, 10, 1, 16, 15, tzinfo=UTC)
    found = slots(
        content(first, "FREQ=DAILY;COUNT=4", "Australia/Sydney"), first + timedelta(days=9)
    )
    assert [slot.ends - slot.starts for slot in found] == [HOUR] * 4
    assert found[2].starts == datetime(2026, 10, 3, 16, 15, tzinfo=UTC)  # 3:15
    whole = shifted(content(first, None, "Australia/Sydney"), found[0], found[1])
    assert whole is None  # another day
    later = datetime(2026, 10, 3, 18, tzinfo=UTC)  # 5:00 that day
    moved = shifted(
        content(later, None, "Australia/Sydney"),
        Slot(first + HOUR, first + 2 * HOUR),
        Slot(first, first + HOUR),
    )
    assert moved is not None
    assert moved.ends - moved.starts == HOUR


def test_an_endless_series_ends_at_the_horizon() -> None:
    first = datetime(2026, 11, 26, 9, tzinfo=UTC)
    assert len(slots(content(first, "FREQ=DAILY"), first + timedelta(days=10))) == 10


def test_occurrences_have_the_ids_that_graph_will_show() -> None:
    first = datetime(2026, 11, 26, 9, tzinfo=UTC)
    found = slots(content(first, "FREQ=DAILY;COUNT=2"), first + timedelta(days=10))
    series = UUID(int=7)
    assert occurrence_ids(series, found) == (
        booking_id_of_occurrence(series, first),
        booking_id_of_occurrence(series, first + timedelta(days=1)),
    )


def test_a_series_moves_as_one_of_its_meetings_was_moved_also_beyond_a_clock_change() -> None:
    summer = datetime(2027, 3, 29, 7, tzinfo=UTC)  # 9:00 in Berlin
    winter = content(datetime(2026, 11, 26, 8, tzinfo=UTC), None)  # 9:00 as well
    moved = shifted(winter, Slot(summer, summer + HOUR), Slot(summer + HOUR, summer + 3 * HOUR))
    assert moved is not None
    assert (moved.starts, moved.ends) == (
        datetime(2026, 11, 26, 9, tzinfo=UTC),
        datetime(2026, 11, 26, 11, tzinfo=UTC),
    )


def test_a_series_cannot_move_to_another_day() -> None:
    first = datetime(2026, 11, 26, 9, tzinfo=UTC)
    before, after = Slot(first, first + HOUR), Slot(first + 24 * HOUR, first + 25 * HOUR)
    assert shifted(content(first, None), before, after) is None

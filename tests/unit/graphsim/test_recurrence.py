"""graph-calendar §2.7: patternedRecurrence."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from graphsim.recurrence import InvalidRecurrence, days_between, neighbours, on_pattern, read, write

START = date(2026, 3, 2)  # a Monday
FAR = date(2027, 12, 31)


def _days(pattern: dict[str, Any], **span: Any) -> list[str]:
    recurrence = read({"pattern": pattern, "range": span}, START, "UTC")
    return [day.isoformat() for day in days_between(recurrence, START, FAR)][:4]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"type": "daily", "interval": 2}, ["2026-03-02", "2026-03-04", "2026-03-06"]),
        (
            {"type": "weekly", "interval": 1, "daysOfWeek": ["monday", "friday"]},
            ["2026-03-02", "2026-03-06", "2026-03-09"],
        ),
        (
            {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31},
            ["2026-03-31", "2026-04-30", "2026-05-31"],
        ),
        (
            {
                "type": "relativeMonthly",
                "interval": 1,
                "daysOfWeek": ["tuesday"],
                "index": "last",
            },
            ["2026-03-31", "2026-04-28", "2026-05-26"],
        ),
        (
            {"type": "absoluteYearly", "interval": 1, "dayOfMonth": 5, "month": 4},
            ["2026-04-05", "2027-04-05"],
        ),
        (
            {
                "type": "relativeYearly",
                "interval": 1,
                "daysOfWeek": ["monday"],
                "index": "first",
                "month": 6,
            },
            ["2026-06-01", "2027-06-07"],
        ),
    ],
)
def test_a_pattern_falls_on_the_days_outlook_books(
    pattern: dict[str, Any], expected: list[str]
) -> None:
    assert _days(pattern, type="noEnd")[: len(expected)] == expected


def test_a_numbered_range_counts_from_the_first_day_and_an_end_date_is_included() -> None:
    assert _days({"type": "daily"}, type="numbered", numberOfOccurrences=2) == [
        "2026-03-02",
        "2026-03-03",
    ]
    assert _days({"type": "daily"}, type="endDate", endDate="2026-03-04")[-1] == "2026-03-04"


def test_every_second_week_depends_on_the_first_day_of_the_week() -> None:
    pattern = {"type": "weekly", "interval": 2, "daysOfWeek": ["sunday", "monday"]}
    assert _days({**pattern, "firstDayOfWeek": "monday"}, type="noEnd")[1] == "2026-03-08"
    assert _days({**pattern, "firstDayOfWeek": "sunday"}, type="noEnd")[1] == "2026-03-15"


def test_what_is_written_reads_the_same() -> None:
    raw = {
        "pattern": {"type": "weekly", "interval": 3, "daysOfWeek": ["friday"]},
        "range": {"type": "numbered", "numberOfOccurrences": 5, "startDate": "2026-03-06"},
    }
    first = read(raw, START, "Europe/Berlin")
    assert read(write(first), START, "UTC") == first


@pytest.mark.parametrize(
    "raw", [{}, {"pattern": {"type": "hourly"}}, {"pattern": {"type": "daily"}, "range": 3}]
)
def test_an_unknown_pattern_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(InvalidRecurrence):
        read(raw, START, "UTC")


def test_neighbours_of_a_day_are_the_days_before_and_after() -> None:
    recurrence = read({"pattern": {"type": "daily"}}, START, "UTC")
    assert neighbours(recurrence, START) == (None, date(2026, 3, 3))


@pytest.mark.parametrize(
    ("pattern", "span"),
    [
        ({"type": "daily", "interval": -1}, {}),
        ({"type": "weekly"}, {}),
        ({"type": "weekly", "daysOfWeek": ["monday"], "firstDayOfWeek": "someday"}, {}),
        ({"type": "absoluteMonthly"}, {}),
        ({"type": "absoluteMonthly", "dayOfMonth": 32}, {}),
        ({"type": "absoluteYearly", "dayOfMonth": 3}, {}),
        ({"type": "relativeMonthly", "index": "first"}, {}),
        ({"type": "relativeMonthly", "index": "fifth", "daysOfWeek": ["monday"]}, {}),
        ({"type": "daily"}, {"type": "numbered", "numberOfOccurrences": 0}),
        ({"type": "daily"}, {"type": "numbered"}),
        ({"type": "daily"}, {"type": "endDate", "endDate": "2026-03-01"}),
        (
            {"type": "weekly", "daysOfWeek": ["friday"]},
            {"type": "endDate", "endDate": "2026-03-03"},
        ),
    ],
)
def test_what_a_type_of_pattern_or_range_requires_is_required(
    pattern: dict[str, Any], span: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRecurrence):
        read({"pattern": pattern, "range": span}, START, "UTC")


def test_of_several_days_a_relative_pattern_takes_the_first_that_fits() -> None:
    workdays = ["monday", "tuesday", "wednesday", "thursday", "friday"]
    pattern = {"type": "relativeMonthly", "daysOfWeek": workdays, "index": "last"}
    assert _days(pattern, type="noEnd")[:3] == ["2026-03-31", "2026-04-30", "2026-05-29"]


def test_a_29th_of_february_falls_on_the_28th_in_other_years() -> None:
    pattern = {"type": "absoluteYearly", "dayOfMonth": 29, "month": 2}
    span = {"startDate": "2027-01-01", "type": "numbered", "numberOfOccurrences": 2}
    recurrence = read({"pattern": pattern, "range": span}, START, "UTC")
    found = days_between(recurrence, START, date(2030, 1, 1))
    assert found == (date(2027, 2, 28), date(2028, 2, 29))


def test_a_series_begins_on_the_patterns_first_day_1_5() -> None:
    raw = {"pattern": {"type": "weekly", "daysOfWeek": ["friday"]}}
    begins = datetime.combine(START, time(9))
    start, end = on_pattern(begins, begins + timedelta(hours=1), read(raw, START, "UTC"))
    assert (start.isoformat(), end.isoformat()) == ("2026-03-06T09:00:00", "2026-03-06T10:00:00")


def test_neighbours_of_rare_days_are_found_too() -> None:
    rare = {"type": "absoluteYearly", "interval": 10, "dayOfMonth": 2, "month": 3}
    recurrence = read({"pattern": rare}, START, "UTC")
    assert neighbours(recurrence, START) == (None, date(2036, 3, 2))


def test_neighbours_are_looked_for_past_the_days_that_are_skipped() -> None:
    recurrence = read(
        {"pattern": {"type": "absoluteYearly", "dayOfMonth": 2, "month": 3}}, START, "UTC"
    )
    skipped = {date(year, 3, 2) for year in range(2027, 2033)}
    assert neighbours(recurrence, START, skipped) == (None, date(2033, 3, 2))
    assert neighbours(recurrence, date(2033, 3, 2), skipped)[0] == START

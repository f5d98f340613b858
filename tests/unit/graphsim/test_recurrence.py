"""graph-calendar §2.7: patternedRecurrence."""

from datetime import date
from typing import Any

import pytest

from graphsim.recurrence import InvalidRecurrence, days_between, neighbours, read, write

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

"""Whole days keep their dates, and take the room from midnight to midnight in their own zone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync_worker.domain.alternatives import Slot
from sync_worker.domain.booking import Row
from sync_worker.domain.enclosed import counts
from sync_worker.domain.overlap import overlapping, settled
from sync_worker.domain.series import slots

from .examples import HOUR, NOW, content, row, sighting

DAY = timedelta(days=1)
SIXTH = datetime(2026, 4, 6, tzinfo=UTC)
ZONES = [
    ("UTC", 0),
    ("Australia/Sydney", -10),
    ("AUS Eastern Standard Time", -10),
    ("America/New_York", 4),
    ("Asia/Kathmandu", -5.75),
    ("Pacific/Kiritimati", -14),
    ("Mars/Olympus", 0),
    ("", 0),
]


def blocked(zone: str, days: int = 1, **fields: Any) -> Row:
    return row(1, SIXTH, 24 * days, all_day=True, time_zone=zone, **fields)


@pytest.mark.parametrize(("zone", "hours"), ZONES)
def test_a_whole_day_begins_at_the_midnight_of_its_zone(zone: str, hours: float) -> None:
    begins = SIXTH + hours * HOUR
    day = Slot(begins, begins + DAY)
    fields: dict[str, Any] = {"all_day": True, "time_zone": zone}
    assert blocked(zone).occupied == day
    assert content(SIXTH, 24, **fields).occupied == day
    assert replace(sighting(), starts=SIXTH, ends=SIXTH + DAY, **fields).occupied == day


def test_other_bookings_take_the_room_from_their_start_to_their_end() -> None:
    one = row(1, SIXTH, 24, time_zone="Australia/Sydney")
    assert one.occupied == Slot(one.starts, one.ends)


def test_a_day_on_which_the_clocks_change_is_longer_or_shorter() -> None:
    def day(month: int, date: int) -> timedelta:
        starts = datetime(2026, month, date, tzinfo=UTC)
        taken = row(1, starts, 24, all_day=True, time_zone="Europe/Berlin").occupied
        return taken.ends - taken.starts

    assert (day(3, 29), day(3, 30), day(10, 25)) == (23 * HOUR, 24 * HOUR, 25 * HOUR)


@pytest.mark.parametrize(
    ("zone", "taken", "free"),
    [
        # 9:00 of the blocked day, and of the one after or before.
        ("Australia/Sydney", SIXTH - HOUR, SIXTH + 23 * HOUR),
        ("Australia/Sydney", SIXTH - 10 * HOUR, SIXTH - 11 * HOUR),
        # 21:00 of the blocked day, and of the one before.
        ("America/New_York", SIXTH + 25 * HOUR, SIXTH + HOUR),
        ("America/New_York", SIXTH + 27 * HOUR, SIXTH + 28 * HOUR),
    ],
)
def test_what_lies_within_a_blocked_day_overlaps_it(
    zone: str, taken: datetime, free: datetime
) -> None:
    day = blocked(zone)
    within, outside = row(2, taken), row(3, free)
    assert overlapping([day, within, outside]) == {(day.id, within.id)}
    changed, _ = settled([day, within, outside], NOW)
    assert {each.id for each in changed} == {day.id, within.id}


def test_a_blocked_day_is_over_at_its_own_midnight() -> None:
    day = blocked("Australia/Sydney", conflicted=True)
    assert settled([day], SIXTH + 13 * HOUR)[0] == (replace(day, conflicted=False),)
    assert settled([day], SIXTH + 14 * HOUR)[0] == ()
    seen = replace(
        sighting(), all_day=True, starts=SIXTH, ends=SIXTH + DAY,
        time_zone="Australia/Sydney", modified_at=NOW,
    )  # fmt: skip
    assert counts(seen, None, SIXTH + 13 * HOUR)
    assert not counts(seen, None, SIXTH + 14 * HOUR)


def test_whole_days_of_a_series_take_the_days_of_their_zone() -> None:
    weekly = content(
        SIXTH, 24, all_day=True, time_zone="America/New_York", recurrence="FREQ=WEEKLY;COUNT=2"
    )
    begins = SIXTH + 4 * HOUR
    found = slots(weekly, SIXTH + 100 * DAY)
    assert found == (Slot(begins, begins + DAY), Slot(begins + 7 * DAY, begins + 8 * DAY))

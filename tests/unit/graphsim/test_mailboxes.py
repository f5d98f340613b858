"""graph-calendar §1.1: what a window shows."""

from datetime import UTC, date, datetime, timedelta

import pytest

from graphsim.ids import Ref
from graphsim.processing import Processing
from graphsim.recurrence import read

from .rooms import NOW, World

DAY = timedelta(days=1)


@pytest.mark.parametrize(("touches", "seen"), [(False, 0), (True, 1)])
def test_an_event_that_only_touches_the_window_is_a_switch(touches: bool, seen: int) -> None:
    world = World()
    copy = world.answered()
    end = copy.end.replace(tzinfo=UTC)
    assert len(world.room.window(end, end + DAY, border_touches=touches)) == seen


def test_a_window_never_shows_a_master_and_is_ordered_by_start() -> None:
    world = World()
    daily = {"pattern": {"type": "daily"}}
    world.room.processing = Processing(enforce_scheduling_horizon=False)
    world.answered(hour=15, recurrence=read(daily, date(2026, 11, 24), "UTC"))
    world.answered(hour=9, day=26)
    rows = world.room.window(NOW, NOW + 4 * DAY)
    assert [one.kind for one in rows] == [
        "occurrence",
        "occurrence",
        "singleInstance",
        "occurrence",
    ]
    assert rows == sorted(rows, key=lambda one: one.starts_at)


def test_an_occurrence_keeps_its_wall_time_over_a_clock_change() -> None:
    world = World()
    weekly = {"pattern": {"type": "weekly", "daysOfWeek": ["sunday"]}}
    start = datetime(2027, 3, 21, 9)  # noqa: DTZ001 -- a wall time
    recurrence = read(weekly, start.date(), "Europe/Berlin")
    draft = world.draft(
        start=start, end=start + timedelta(hours=1), zone="Europe/Berlin", recurrence=recurrence
    )
    event, _ = world.meetings.create(world.room, draft, NOW)
    rows = world.room.instances(
        event, datetime(2027, 3, 20, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC)
    )
    assert [one.starts_at.hour for one in rows] == [8, 7]


def test_an_id_of_a_day_without_an_occurrence_shows_nothing() -> None:
    world = World()
    weekly = {"pattern": {"type": "weekly", "daysOfWeek": ["tuesday"]}}
    copy, _ = world.invite(recurrence=read(weekly, date(2026, 11, 24), "UTC"))
    assert world.room.at(Ref(copy.key, date(2026, 12, 1))) is not None
    assert world.room.at(Ref(copy.key, date(2026, 12, 2))) is None
    assert world.room.at(Ref(99)) is None


def test_a_regular_id_dies_when_the_attendant_answers_if_that_is_asked_for() -> None:
    world = World(ids_change_on_accept=True)
    copy = world.answered()
    old = Ref(copy.key)
    assert world.room.at(old) is None
    assert world.room.at(world.room.resolve(old, immutable=True)) is not None

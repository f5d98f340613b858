"""graph-calendar §2.6: the room mailbox's booking attendant."""

from dataclasses import replace
from typing import Any

import pytest

from graphsim.attendant import Verdict, decide
from graphsim.mailboxes import Processing
from graphsim.recurrence import read

from .rooms import NOW, World

DAILY = {"pattern": {"type": "daily"}, "range": {"type": "numbered", "numberOfOccurrences": 3}}


def _series(world: World) -> Any:
    return read(DAILY, world.draft().start.date(), "UTC")


def test_a_free_room_accepts() -> None:
    world = World()
    copy, _ = world.invite()
    assert decide(copy, world.room, NOW) is Verdict.ACCEPT


def test_an_overlap_is_declined_unless_conflicts_are_allowed() -> None:
    world = World()
    world.answered()
    copy, _ = world.invite(minutes=30)
    assert decide(copy, world.room, NOW) is Verdict.DECLINE
    world.room.processing = Processing(allow_conflicts=True)
    assert decide(copy, world.room, NOW) is Verdict.ACCEPT


def test_meetings_that_only_touch_do_not_collide() -> None:
    world = World()
    world.answered(hour=9)
    copy, _ = world.invite(hour=10)
    assert decide(copy, world.room, NOW) is Verdict.ACCEPT


def test_a_series_is_declined_when_one_day_collides_and_the_limits_allow_none() -> None:
    world = World()
    world.answered(day=25)
    copy, _ = world.invite(recurrence=_series(world))
    assert decide(copy, world.room, NOW) is Verdict.DECLINE
    world.room.processing = Processing(maximum_conflict_instances=1, conflict_percentage_allowed=50)
    assert decide(copy, world.room, NOW) is Verdict.ACCEPT


@pytest.mark.parametrize(
    ("rules", "draft", "verdict"),
    [
        ({"automate": "AutoUpdate"}, {}, Verdict.LEAVE),
        ({"maximum_duration_minutes": 30}, {}, Verdict.DECLINE),
        ({"booking_window_days": 0}, {}, Verdict.DECLINE),
        ({"booking_window_days": 0, "enforce_scheduling_horizon": False}, {}, Verdict.ACCEPT),
        ({"all_book_in_policy": False}, {}, Verdict.TENTATIVE),
    ],
)
def test_the_rooms_settings_decide(
    rules: dict[str, Any], draft: dict[str, Any], verdict: Verdict
) -> None:
    world = World()
    world.room.processing = Processing(**rules)
    copy, _ = world.invite(**draft)
    assert decide(copy, world.room, NOW) is verdict


def test_a_room_without_series_declines_them() -> None:
    world = World()
    world.room.processing = Processing(allow_recurring_meetings=False)
    copy, _ = world.invite(recurrence=_series(world))
    assert decide(copy, world.room, NOW) is Verdict.DECLINE


def test_a_never_ending_series_is_past_the_horizon() -> None:
    world = World()
    copy, _ = world.invite(recurrence=replace(_series(world), times=None))
    assert decide(copy, world.room, NOW) is Verdict.DECLINE

"""Subscriptions of a fleet: the shipped managers and graphclient against the simulator, on virtual time.

Rows are kept by the model store, which tests/integration/test_model_store.py holds to the SQL: a real server has no
virtual time.
"""

import asyncio
from collections.abc import Callable, Coroutine
from time import process_time
from typing import Final, TypeVar

import pytest

from .fleet import DAY, Fleet, circumstances
from .logs import ERRORS, listen
from .loop import run

T = TypeVar("T")

_MOST_STEPS: Final = 50_000_000
_DAYS: Final = 30
_ORGANISATIONS: Final = 2
_ROOMS: Final = 250  # of each
_REMOVALS: Final = _ORGANISATIONS * _ROOMS / 1_000  # a day: one per 1,000 room-days


def lived(name: str, main: Callable[[], Coroutine[None, None, T]]) -> T:
    """What came of it, once no service has logged an error."""
    listen()
    ERRORS.clear()
    result = run(name, main, most_steps=_MOST_STEPS)
    assert not ERRORS
    return result


@pytest.mark.parametrize(("organisations", "rooms"), [(1, 10_000), (10, 300)])
def test_rooms_that_lapsed_together_are_live_again_within_a_quarter_of_an_hour(
    organisations: int, rooms: int, capsys: pytest.CaptureFixture[str]
) -> None:
    began = process_time()

    async def main() -> tuple[Fleet, float]:
        fleet = Fleet(1, circumstances(organisations, rooms), managers=2)
        fleet.lapsed()
        async with fleet.running():
            return fleet, await fleet.all_live(within=3_600)

    fleet, seconds = lived("storm", main)

    writes, reads, lists = (fleet.load.of(kind) for kind in ("write", "read", "list"))
    with capsys.disabled():
        print(  # noqa: T201 -- the figures are what it is run for
            f"\n{organisations} x {rooms:,} rooms live after {seconds:.0f} s; most in 20 s (in one tenant, in all):"
            f" writes {writes}, reads {reads}, pages {lists}; {process_time() - began:.0f} s of CPU"
        )
    assert seconds <= 15 * 60
    assert fleet.cloud.simulator.gateway.counts["POST subscriptions 201"] == organisations * rooms
    assert fleet.throttled() == []
    assert writes[0] <= 500
    assert writes[1] <= 2_000
    assert lists[0] <= 25
    assert fleet.load.most_at_once == 1


def test_in_thirty_days_of_silent_removals_next_to_no_room_is_neither_told_of_nor_polled(
    capsys: pytest.CaptureFixture[str],
) -> None:
    began = process_time()

    async def main() -> tuple[Fleet, int, int]:
        calm = circumstances(_ORGANISATIONS, _ROOMS, compare_seconds=600.0)
        fleet = Fleet(1, calm, managers=2)
        async with fleet.running(), asyncio.TaskGroup() as tasks:
            await fleet.all_live(within=3_600)
            until = fleet.time() + _DAYS * DAY
            removals = tasks.create_task(
                fleet.remove_silently(fleet.random("removals"), _REMOVALS, until)
            )
            missing = await fleet.count_uncovered(until)
            return fleet, await removals, missing

    fleet, removals, missing = lived("coverage", main)

    minutes = len(fleet.rooms) * _DAYS * 24 * 60
    counts = fleet.cloud.simulator.gateway.counts
    with capsys.disabled():
        print(  # noqa: T201 -- the figures are what it is run for
            f"\n{len(fleet.rooms):,} rooms, {_DAYS} days, {removals} silent removals: {100 - 100 * missing / minutes:.4f} %"
            f" of {minutes:,} room-minutes covered; {counts['PATCH subscriptions/{id} 200']:,} renewals,"
            f" {counts['GET subscriptions 200']:,} pages; {process_time() - began:.0f} s of CPU"
        )
    assert removals >= 0.6 * _DAYS * _REMOVALS
    assert missing > 0
    assert missing <= minutes / 10_000
    assert counts["POST subscriptions 201"] == len(fleet.rooms) + removals
    assert fleet.throttled() == []
    assert len(fleet.cloud.simulator.register.everything()) == len(fleet.rooms)

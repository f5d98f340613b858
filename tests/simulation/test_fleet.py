"""Subscriptions of a fleet: the shipped managers and graphclient against the simulator, on virtual time.

Rows are kept by the model store, which tests/integration/test_model_store.py holds to the SQL: a real server has no
virtual time.
"""

import asyncio
import base64
from collections.abc import Callable, Coroutine
from dataclasses import replace
from itertools import pairwise
from time import process_time
from typing import Final, TypeVar

import pytest

from graphclient import ClientStateKeys, seal

from .fleet import DAY, Fleet, circumstances
from .logs import ERRORS, listen
from .loop import run
from .office import Office
from .world import KEYS

T = TypeVar("T")

STRANGE: Final = ClientStateKeys.parse("k1:" + base64.b64encode(b"x" * 32).decode())
ROTATED: Final = ClientStateKeys("k2", {"k2": b"2" * 32, **KEYS.keys})

_MOST_STEPS: Final = 50_000_000
_DAYS: Final = 30
_ORGANISATIONS: Final = 2
_ROOMS: Final = 250  # of each
_REMOVALS: Final = _ORGANISATIONS * _ROOMS / 1_000  # a day: one per 1,000 room-days


def sealed(keys: ClientStateKeys, office: Office) -> str:
    """A clientState for the office's first room."""
    return seal(keys, next(iter(office.rooms)), office.tenant_id, office.client_id)


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
    assert fleet.load.closest_patches >= 600
    assert len(fleet.cloud.simulator.register.everything()) == len(fleet.rooms)


@pytest.mark.parametrize("admits_one", [False, True])
def test_another_sealing_key_replaces_every_subscription_over_a_day(*, admits_one: bool) -> None:
    rooms = 240

    async def main() -> tuple[Fleet, list[int]]:
        fleet = Fleet(1, circumstances(2, rooms // 2, duplicate_conflict=admits_one), managers=2)
        async with fleet.running():
            await fleet.all_live(within=600)
            fleet.keys = ROTATED
            replaced = []
            for _ in range(26):
                assert await fleet.count_uncovered(fleet.time() + 3_600) == 0
                replaced.append(sum(state.key_id == "k2" for state in fleet.seals()))
            return fleet, replaced

    fleet, replaced = lived("rotation", main)

    register = fleet.cloud.simulator.register.everything()
    assert len(register) == replaced[-1] == rooms
    assert max(later - earlier for earlier, later in pairwise([0, *replaced])) < rooms / 6
    if admits_one:  # the old one has to go first: a window read is owed
        assert fleet.bared == rooms
        assert all(held.row.gap_at for held in fleet.tables.subscriptions.values())
    else:
        assert fleet.bared == 0
        assert not any(held.row.gap_at for held in fleet.tables.subscriptions.values())
    assert fleet.throttled() == []


@pytest.mark.parametrize("admits_one", [False, True])
def test_a_tenant_that_grants_less_than_is_asked_is_subscribed_all_the_same(
    *, admits_one: bool
) -> None:
    async def main() -> Fleet:
        limited = circumstances(1, 60, lifetime_minutes=4_230, duplicate_conflict=admits_one)
        fleet = Fleet(1, limited, managers=2)
        async with fleet.running():
            await fleet.all_live(within=60)
            assert await fleet.count_uncovered(fleet.time() + 6 * DAY) == 0
            return fleet

    fleet = lived("limited", main)

    counts = fleet.cloud.simulator.gateway.counts
    assert counts["POST subscriptions 201"] == 60
    assert counts["PATCH subscriptions/{id} 200"] >= 2 * 60
    assert (
        0 < counts["POST subscriptions 400"] <= 2 * 24
    )  # of each manager what was under way at once
    assert 0 < counts["PATCH subscriptions/{id} 400"] <= 2 * 6 * 24
    assert fleet.load.closest_patches >= 600
    assert len(fleet.live()) == 60


def test_orphans_of_ours_are_removed_and_nobody_elses() -> None:
    async def main() -> Fleet:
        fleet = Fleet(1, circumstances(1, 250, duplicate_conflict=False), managers=2)
        async with fleet.running():
            await fleet.all_live(within=600)
            register = fleet.cloud.simulator.register
            (office,) = fleet.offices
            ours = sealed(KEYS, office)
            strangers = sealed(STRANGE, office)
            known = register.everything()
            orphan = replace(known[0], id="orphan", client_state=ours)
            others = [
                replace(
                    known[0],
                    id="another deployment",
                    client_state=ours,
                    notification_url="https://x.test",
                ),
                replace(known[0], id="another key", client_state=strangers),
                replace(known[0], id="another product", client_state="of somebody else"),
                replace(known[0], id="without a state", client_state=None),
            ]
            for each in (orphan, *others):
                register.add(each)
            await asyncio.sleep(2 * 3_600)
            assert {each.id for each in register.everything()} == {
                each.id for each in (*known, *others)
            }
            return fleet

    fleet = lived("orphans", main)

    assert fleet.cloud.simulator.gateway.counts["DELETE subscriptions/{id} 204"] == 1
    assert fleet.load.of("list")[0] <= 25

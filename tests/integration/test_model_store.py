"""The simulation's model store does what the SQL stores do, whatever is asked of it in whatever order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from random import Random
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from pgstore import Role, open_database
from pgstore.testing import TestDatabase

from .test_model_store_portal import RealPortal
from .test_model_store_sides import Sides
from .test_model_store_tables import superuser
from .test_model_store_worker import Worker

SETTINGS: Final = settings(
    max_examples=18,
    stateful_step_count=100,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    report_multiple_bugs=False,
)
SEED: Final = st.integers(0, 2**32)
ROUNDS: Final = 5


class Stores(Worker):
    """Calls of every store by worker, manager and portal, in random order, on both sides."""

    @rule(seed=SEED)
    def the_portal_writes(self, seed: int) -> None:
        self._any(seed, self.rooms_come_and_go, self.the_integration_changes)

    @rule(seed=SEED)
    def something_arrives(self, seed: int) -> None:
        self._any(seed, self.hints_arrive, self.a_command_arrives)

    @rule(seed=SEED)
    def strays_are_run(self, seed: int) -> None:
        self._any(
            seed,
            self.strays_are_looked_after,
            self.strays_are_looked_after,
            self.a_stray_is_adopted_again,
            self.commands_of_rooms_that_are_off_end,
        )

    @rule(seed=SEED)
    def the_worker_runs(self, seed: int) -> None:
        self._any(
            seed,
            self.a_pass_runs,
            self.a_pass_runs,
            self.due_rooms_are_claimed,
            self.any_rooms_are_claimed,
            self.a_booking_is_handed_over,
            self.a_command_is_passed_on,
        )

    @rule(seed=SEED)
    def a_holder_goes_on(self, seed: int) -> None:
        self._any(
            seed,
            self.rows_are_committed,
            self.rows_and_effects_are_committed,
            self.events_are_swapped,
            self.the_pass_ends,
            self.a_pass_runs,
        )

    @rule(seed=SEED)
    def the_worker_compares_and_reads(self, seed: int) -> None:
        self._any(
            seed,
            self.the_comparison_runs,
            self.the_mirror_is_read,
            self.results_are_sent,
            self.a_plan_is_written,
        )

    @rule(seed=SEED)
    def the_manager_runs(self, seed: int) -> None:
        self._any(
            seed,
            self.the_manager_works,
            self.the_manager_settles,
            self.the_manager_claims,
            self.lifecycle_hints_arrive,
            self.the_managers_take_turns,
            self.tenants_are_swept,
            self.credentials_fail_and_work_again,
            self.the_sweep_runs,
        )

    def _any(self, seed: int, *ways: Callable[[int], None]) -> None:
        self.number += 1
        self.sides.seen["steps"] += 1
        Random(f"way {seed} {self.number}").choice(ways)(seed)  # noqa: S311  # reproducible on purpose


# What must have happened in one run of the suite, at least so often.
MUST_HAPPEN: Final = {
    "mirror.commit: done": 150,
    "mirror.commit: LeaseLost": 20,
    "mirror.commit: UniqueViolationError": 20,
    "mirror.commit: ExclusionViolationError": 30,
    "mirror.commit: CheckViolationError": 3,
    "mirror.commit: CardinalityViolationError": 5,
    "leases.settle: done": 60,
    "leases.settle: LeaseLost": 5,
    "subscriptions.settle: done": 20,
    "subscriptions.settle: LeaseLost": 20,
    "subscriptions.intend: LeaseLost": 2,
    "subscriptions.forget: LeaseLost": 3,
    "portal.offboard: done": 1,
    "portal.switch: done": 20,
    "portal.add_room: UniqueViolationError": 3,
    "rooms resumed": 5,
    "removals confirmed": 2,
    "commands repeated": 15,
    "strays adopted": 2,
    "strays ended": 2,
    "claims taken over": 40,
    "claims with rows": 30,
    "claims with work": 30,
    "claims superseded": 8,
    "claims with an owner": 30,
    "claims with done changes that hold": 1,
    "claims with series of ours": 5,
    "claims without a removed series": 3,
    "claims with a whole series": 20,
    "claims with an occurrence's master": 1,
    "claims with commands of another room": 5,
    "commands placed by their series": 10,
    "commands passed on": 4,
    "commands not passed on": 5,
    "commands of bookings that are over elsewhere": 1,
    "outcomes known": 5,
    "holds released with their series": 3,
    "plan.write: done": 10,
    "plan.write: LeaseLost": 2,
    "plan.write: NotNullViolationError": 1,
    "bookings found elsewhere": 5,
    "offices asked at a border": 20,
    "overlaps found": 10,
    "overlaps settled": 30,
    "events swapped": 20,
    "rows swept": 50,
    "moments drawn for an old key": 1,
    "lifecycle hints that fit": 5,
    "subscriptions claimed while failing": 1,
    "turns too far ahead": 3,
    "tenants swept": 5,
    "rows compared with a tenant": 5,
    "notifications": 150,
}


@pytest.fixture
async def sides(database: TestDatabase, postgres_server: str) -> AsyncIterator[Sides]:
    server = await superuser(postgres_server, database.name)
    try:
        async with (
            open_database(database.login_dsn, Role.WORKER) as worker,
            open_database(database.login_dsn, Role.MANAGER) as manager,
            open_database(database.login_dsn, Role.PORTAL) as portal,
        ):
            opened = Sides(asyncio.get_running_loop(), server, worker, manager, RealPortal(portal))
            await opened.open()
            yield opened
    finally:
        await server.close()


async def test_the_model_does_what_the_database_does(sides: Sides) -> None:
    # A fixed seed still draws other sequences when other modules are loaded (Hypothesis collects
    # their constants), so what is rare is waited for instead of counted after one round.
    for number in range(1, ROUNDS + 1):

        @seed(number)
        class Bound(Stores):
            def __init__(self) -> None:
                super().__init__(sides)

        await asyncio.to_thread(run_state_machine_as_test, Bound, settings=SETTINGS)
        if not seldom(sides):
            break
    assert sides.called == sides.wanted()
    assert not seldom(sides), f"seldom after {ROUNDS} rounds: {seldom(sides)}"


def seldom(sides: Sides) -> dict[str, int]:
    """What has not happened as often as it must, and how often it has."""
    return {
        name: sides.seen[name] for name, least in MUST_HAPPEN.items() if sides.seen[name] < least
    }

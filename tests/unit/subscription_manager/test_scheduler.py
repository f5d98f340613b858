"""When the manager compares, claims and sweeps, on virtual time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from subscription_manager.domain.subscription import Claim, Row
from subscription_manager.domain.sweep import Due
from subscription_manager.scheduler import Scheduler, Sweeps

from ...simulation.loop import run

BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)
A, B = UUID(int=1), UUID(int=2)


@dataclass
class Desk:
    """Rows that are due, by organisation, and when somebody looked."""

    due: dict[UUID, int] = field(default_factory=dict)
    compared: list[float] = field(default_factory=list)
    claimed: list[float] = field(default_factory=list)
    at_once: dict[UUID, int] = field(default_factory=dict)
    most: dict[UUID, int] = field(default_factory=dict)
    seconds: float = 1.0

    async def compare(
        self, now: datetime, webhook_url: str, sealing_key: str, *, rich: bool = False
    ) -> None:
        self.compared.append((now - BEGAN).total_seconds())

    async def claim(self, now: datetime, most: int, without: Sequence[UUID]) -> list[Claim]:
        self.claimed.append((now - BEGAN).total_seconds())
        taken: list[Claim] = []
        for organisation, left in self.due.items():
            if organisation not in without:
                count = min(left, most - len(taken))
                self.due[organisation] -= count
                row = Row(room_id=UUID(int=9), organisation_id=organisation, due_at=now)
                taken += [Claim(row, None)] * count
        return taken

    async def next_due(self) -> datetime | None:
        return None

    async def carry_out(self, claim: Claim) -> str:
        organisation = claim.row.organisation_id
        self.at_once[organisation] = self.at_once.get(organisation, 0) + 1
        self.most[organisation] = max(self.most.get(organisation, 0), self.at_once[organisation])
        await asyncio.sleep(self.seconds)
        self.at_once[organisation] -= 1
        return "renewed"


def clock() -> datetime:
    return BEGAN + timedelta(seconds=asyncio.get_running_loop().time())


def lived(desk: Desk, *heard: tuple[float, str], seconds: float = 60.0) -> None:
    """Run a scheduler for so long, and tell it what it hears at these moments."""

    async def main() -> None:
        scheduler = Scheduler(
            desk,
            desk.carry_out,
            webhook_url="https://hooks.test",
            sealing_key=lambda: "k1",
            compare_seconds=15.0,
            clock=clock,
        )
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(scheduler.run(stop))
            for at, table in heard:
                loop.call_at(at, scheduler.changed, table)
            await asyncio.sleep(seconds)
            stop.set()

    run("scheduler", main)


def test_what_the_manager_writes_itself_is_no_reason_to_compare() -> None:
    desk = Desk()
    lived(
        desk, *((second / 10, "subscriptions") for second in range(300)), (7.0, "credential_watch")
    )

    assert len(desk.compared) in {4, 5}


@pytest.mark.parametrize("table", ["rooms", "integrations", ""])
def test_what_others_write_is_compared_at_once(table: str) -> None:
    desk = Desk()
    lived(desk, (7.0, table), seconds=14.0)

    assert desk.compared == pytest.approx([0.0, 7.0], abs=0.01)


def test_passes_that_end_do_not_have_the_rows_looked_through_for_each_of_them() -> None:
    desk = Desk(due={A: 20}, seconds=0.5)
    lived(desk, seconds=14.0)

    assert len(desk.claimed) < 12


def test_an_organisation_that_does_not_answer_leaves_the_others_their_share() -> None:
    desk = Desk(due={A: 500, B: 30}, seconds=40.0)
    lived(desk, seconds=30.0)

    assert 24 <= desk.most[A] < 24 + 8  # it claims up to eight at once
    assert desk.most[B] >= 24


def test_sweeps_run_a_few_at_once_and_end_with_the_process() -> None:
    waiting = [Due(UUID(int=number), A, B) for number in range(10)]
    flying: list[Due] = []
    most: list[int] = []

    async def take(_: datetime) -> Due | None:
        return waiting.pop() if waiting else None

    async def sweep(due: Due) -> str:
        flying.append(due)
        most.append(len(flying))
        await asyncio.sleep(100)
        flying.remove(due)
        return "swept"

    async def main() -> None:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            sweeps = Sweeps(take, sweep, look_seconds=15.0, clock=clock)
            tasks.create_task(sweeps.run(stop))
            await asyncio.sleep(150)
            stop.set()

    run("sweeps", main)

    assert max(most) == 4
    assert len(waiting) == 2


def test_a_sweep_that_crashes_leaves_its_place_to_the_next() -> None:
    waiting = [Due(A, A, B)] * 9
    swept: list[Due] = []

    async def take(_: datetime) -> Due | None:
        return waiting.pop() if waiting else None

    async def sweep(due: Due) -> str:
        swept.append(due)
        raise RuntimeError("a bug")

    async def main() -> None:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(Sweeps(take, sweep, look_seconds=15.0, clock=clock).run(stop))
            await asyncio.sleep(60)
            stop.set()

    run("crashing sweeps", main)

    assert len(swept) == 9

"""The simulation's event loop."""

import asyncio

import pytest

from .loop import Deadlock, TooManySteps, run


async def _order() -> list[int]:
    done: list[int] = []

    async def step(number: int) -> None:
        for _ in range(3):
            await asyncio.sleep(0)
        done.append(number)

    async with asyncio.TaskGroup() as group:
        for number in range(6):
            group.create_task(step(number))
    return done


def test_the_seed_decides_who_runs_first() -> None:
    assert run(1, _order) == run(1, _order)
    assert len({tuple(run(seed, _order)) for seed in range(8)}) > 1


def test_time_jumps_to_the_next_timer() -> None:
    async def wait_a_day() -> float:
        await asyncio.sleep(86_400)
        return asyncio.get_running_loop().time()

    assert run(1, wait_a_day) == 86_400


def test_who_waits_for_nobody_is_told() -> None:
    async def wait_for_ever() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(Deadlock):
        run(1, wait_for_ever)


def test_a_circle_ends() -> None:
    async def circle() -> None:
        for _ in range(10_000):
            await asyncio.sleep(0)

    with pytest.raises(TooManySteps):
        run(1, circle, most_steps=1_000)


def test_there_are_no_threads() -> None:
    async def blocked() -> None:
        await asyncio.to_thread(print)

    with pytest.raises(RuntimeError, match="no threads"):
        run(1, blocked)


def test_a_set_of_tasks_iterates_alike_wherever_they_lie_in_memory() -> None:
    kept: list[object] = []

    async def main() -> list[str]:
        tasks = set()
        async with asyncio.TaskGroup() as group:
            for number in range(50):
                tasks.add(group.create_task(asyncio.sleep(1), name=str(number)))
                kept.append(bytearray(len(kept) * 37 % 900))
            return [each.get_name() for each in tasks]

    first = run(1, main)
    assert [run(1, main) for _ in range(5)] == [first] * 5

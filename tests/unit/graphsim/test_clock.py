"""graph-notifications §10, the virtual clock: running, advanced and standing still."""

import ast
import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

import graphsim
from graphsim.clock import Clock

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)

WALL = {
    ("clock", "datetime.now"),
    ("clock", "asyncio.timeout"),
    ("clock", "loop.time"),
}
"""Every place in graphsim that looks at the machine's time; anything else takes the clock."""

_READERS = re.compile(
    r"(datetime|date)\.(now|utcnow|today)|time\.(?!fromisoformat)\w+|.*loop(\(\))?\.(time|call_later|call_at)"
    r"|asyncio\.(sleep|timeout|timeout_at|wait_for|wait)"
)


def _readers(file: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(file.read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name = ast.unparse(node.func)
        only_a_turn = name == "asyncio.sleep" and ast.unparse(node.args[0]) == "0"
        if _READERS.fullmatch(name) and not only_a_turn:
            yield file.stem, name


def test_nothing_but_the_clock_reads_the_machines_time() -> None:
    files = Path(graphsim.__file__).parent.glob("*.py")
    assert {one for file in files for one in _readers(file)} == WALL


def test_no_module_takes_a_reader_of_time_by_its_bare_name() -> None:
    for file in Path(graphsim.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert node.module not in {"time", "asyncio"}, file.name


def test_a_virtual_clock_stands_still_whatever_the_machine_says() -> None:
    clock = Clock(stands_at=NOON)
    with time_machine.travel(NOON + timedelta(days=900)):
        assert clock.now() == NOON
        clock.advance(60)
        assert clock.now() == NOON + timedelta(minutes=1)


def test_a_stopped_clock_goes_on_from_where_it_stood() -> None:
    real = [NOON]
    clock = Clock(lambda: real[0])
    clock.advance(5)
    clock.stop()
    real[0] += timedelta(hours=1)
    assert (clock.now(), clock.stands) == (NOON + timedelta(seconds=5), True)
    clock.go()
    real[0] += timedelta(seconds=1)
    assert (clock.now(), clock.stands) == (NOON + timedelta(seconds=6), False)


async def test_sleepers_of_a_standing_clock_wake_when_it_is_advanced_far_enough() -> None:
    clock, woken = Clock(stands_at=NOON), list[str]()

    async def sleep(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(name)

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        soon = tasks.create_task(sleep("soon", 1))
        tasks.create_task(sleep("late", 3600))
        await asyncio.sleep(0)
        clock.advance(0.5)
        await asyncio.sleep(0)
        assert woken == []
        clock.advance(1)
        await soon
        assert woken == ["soon"]
        clock.advance(3600)
    assert woken == ["soon", "late"]


async def test_a_sleeper_feels_the_clock_stop_and_go() -> None:
    clock = Clock()
    clock.stop()
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        tasks.create_task(clock.sleep(0.01))
        await asyncio.sleep(0)
        clock.go()


async def test_a_deadline_passes_on_the_clock_and_not_before() -> None:
    clock = Clock(stands_at=NOON)
    with pytest.raises(TimeoutError):
        async with clock.within(10):
            clock.advance(9)
            await asyncio.sleep(0)
            clock.advance(1)
            await asyncio.get_running_loop().create_future()


async def test_a_standing_clock_wakes_nobody_by_itself() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await Clock(stands_at=NOON).sleep(0.001)

"""graph-notifications §10, the virtual clock: what falls due, in its order."""

import asyncio
from datetime import UTC, datetime, timedelta

from graphsim.agenda import Agenda
from graphsim.clock import Clock

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_steps_run_in_due_order_and_then_in_the_order_they_were_planned() -> None:
    agenda, ran = Agenda(Clock(lambda: NOON)), list[str]()
    agenda.plan(NOON + timedelta(seconds=2), lambda _: ran.append("late"))
    agenda.plan(NOON, lambda _: ran.append("first"))
    agenda.plan(NOON, lambda due: agenda.plan(due, lambda _: ran.append("planned by second")))
    assert agenda.run_due(NOON) == 3
    assert ran == ["first", "planned by second"]
    assert len(agenda) == 1


async def test_advancing_the_clock_runs_what_falls_due() -> None:
    clock = Clock(lambda: NOON)
    agenda, done = Agenda(clock), asyncio.Event()
    agenda.plan(NOON + timedelta(hours=4), lambda _: done.set())
    running = asyncio.get_running_loop().create_task(agenda.run())
    await asyncio.sleep(0)
    assert not done.is_set()
    clock.advance(4 * 3600)
    async with asyncio.timeout(2):
        await done.wait()
    running.cancel()

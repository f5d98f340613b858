"""Graph is asked no more than needed: at most one successful read by id for each state of each event."""

import asyncio
from pathlib import Path

from pgstore.testing import TestDatabase

from .settled import settle
from .stack import running_stack
from .traffic import Traffic


async def test_each_state_of_an_event_is_read_at_most_once(
    database: TestDatabase, amqp_url: str, tmp_path: Path
) -> None:
    async with running_stack(tmp_path, database.login_dsn, amqp_url) as stack:
        office = await stack.office("reads")
        traffic, stop = Traffic(office, 10, seed=5), asyncio.Event()
        async with asyncio.TaskGroup() as running:
            running.create_task(traffic.run(stop))
            while sum(traffic.done.values()) < 30:
                async with stack.ledger.arrived:
                    await stack.ledger.arrived.wait()
            stop.set()
        await settle(stack, office)
        report = await stack.sim.call("GET", "/_sim/report")
        assert report["event_gets"], "nothing was read by id, so nothing was proven"
        assert {key: times for key, times in report["event_gets"].items() if times > 1} == {}

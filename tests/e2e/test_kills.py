"""SIGKILL under load, one test for each part: what was answered 202 has its effect, once, in order."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pgstore.launcher import running_server
from pgstore.testing import TestDatabase, clone, make_template

from ..servers.rabbitmq import Broker
from .office import Office
from .processes import until
from .settled import settle
from .stack import Stack, running_stack
from .traffic import Traffic

RATE = 15.0
# A killed process keeps the page cache, so fsync may be off; a commit must not wait in the server's memory.
KEEPS_COMMITS = {"fsync": "off", "synchronous_commit": "on"}
BEFORE_SECONDS = 1.5
AFTER_SECONDS = 2.0
Break = Callable[[], Awaitable[None]]


async def _under_load(stack: Stack, office: Office, fault: Break, seed: int) -> Traffic:
    """Traffic before, during and after the fault; then both sides agree and the ledger shows no disorder."""
    traffic, stop = Traffic(office, RATE, seed), asyncio.Event()
    async with asyncio.TaskGroup() as running:
        running.create_task(traffic.run(stop))
        await _at_work(traffic, int(RATE * BEFORE_SECONDS))
        before = sum(traffic.done.values())
        await fault()
        await _at_work(traffic, sum(traffic.done.values()) + int(RATE * AFTER_SECONDS))
        stop.set()
    assert sum(traffic.done.values()) > before, "nothing changed after the fault"
    await _all_delivered(stack)
    await settle(stack, office)
    assert stack.ledger.disorder() == []
    report = await stack.sim.call("GET", "/_sim/report")
    assert report["guard_violations"] == []
    return traffic


async def _all_delivered(stack: Stack) -> None:
    """Every notification, those that were answered 503 or nothing too, has been answered 202."""

    async def none_waits() -> bool:
        report = await stack.sim.call("GET", "/_sim/report")
        return bool(report["deliveries"]["waiting"] == 0)

    async with asyncio.timeout(90):
        await until(none_waits, 0.2)


async def _at_work(traffic: Traffic, changes: int) -> None:
    async def enough() -> bool:
        return sum(traffic.done.values()) >= changes

    async with asyncio.timeout(60):
        await until(enough)


@pytest.mark.parametrize("victim", ["webhook_ingress", "sync_worker", "subscription_manager"])
async def test_a_killed_service_loses_nothing(
    victim: str, database: TestDatabase, amqp_url: str, tmp_path: Path
) -> None:
    async with running_stack(tmp_path, database.login_dsn, amqp_url) as stack:
        office = await stack.office("kills")
        program = next(one for one in stack.services if one.module == victim)

        async def fault() -> None:
            await program.kill()
            if victim == "subscription_manager":  # what it exists for must happen while it is dead
                told = await stack.sim.call(
                    "POST",
                    "/_sim/lifecycle",
                    {"room": str(office.mailboxes[0]), "event": "subscriptionRemoved"},
                )
                assert told["sent"] == 1, "the simulator removed no subscription"
            await program.start()

        await _under_load(stack, office, fault, seed=1)
        assert program.kills == 1


async def test_a_killed_broker_loses_nothing(
    database: TestDatabase, amqp_url: str, rabbitmq_server: Broker, tmp_path: Path
) -> None:
    async with running_stack(tmp_path, database.login_dsn, amqp_url) as stack:
        office = await stack.office("broker")
        before = rabbitmq_server.pid

        async def fault() -> None:
            await asyncio.to_thread(rabbitmq_server.restart)

        await _under_load(stack, office, fault, seed=2)
        assert rabbitmq_server.pid != before, "the broker was not killed"
        report = await stack.sim.call("GET", "/_sim/report")
        assert report["deliveries"]["statuses"].get("503", 0) > 0, (
            "Graph was never told to come again"
        )


async def test_a_killed_postgres_loses_nothing(amqp_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "server"
    first = running_server(folder, options=KEEPS_COMMITS)
    dsn = await asyncio.to_thread(first.__enter__)
    port = urlsplit(dsn).port
    assert port is not None
    template = await make_template(dsn)
    second = running_server(folder, port=port, options=KEEPS_COMMITS)
    killed = False
    try:
        async with (
            clone(template) as database,
            running_stack(tmp_path, database.login_dsn, amqp_url) as stack,
        ):
            office = await stack.office("postgres")
            pid = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])

            async def fault() -> None:
                nonlocal killed
                os.kill(pid, signal.SIGKILL)
                await asyncio.to_thread(first.__exit__, None, None, None)
                killed = True
                await asyncio.to_thread(second.__enter__)

            await _under_load(stack, office, fault, seed=3)
            now = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
            assert now != pid, "the server was not killed"
    finally:
        await asyncio.to_thread((second if killed else first).__exit__, None, None, None)

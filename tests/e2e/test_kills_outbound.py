"""Everything that can break breaks while rooms are booked: one event, one booking, one result for each command."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pgstore.launcher import running_server
from pgstore.testing import TestDatabase, clone, make_template

from ..servers.rabbitmq import Broker
from .audit import all_answered, audited, unanswered
from .bookers import Bookers, platform_exchange
from .office import Office
from .processes import until
from .settled import settle
from .stack import Stack, running_stack
from .traffic import Traffic

COMMANDS = 6.0  # a second
CHANGES = 4.0  # a second, in Outlook, in other rooms
ANSWERED_WITHIN = 90.0
# A killed process keeps the page cache, so fsync may be off; a commit must not wait in the server's memory.
KEEPS_COMMITS = {"fsync": "off", "synchronous_commit": "on"}
Break = Callable[[], Awaitable[None]]


async def _under_load(stack: Stack, office: Office, amqp_url: str, fault: Break, seed: int) -> None:
    """Commands and Outlook's own changes before, during and after the fault; then everything is as its makers want it."""
    rooms = list(office.rooms)
    traffic = Traffic(office, CHANGES, seed, [office.rooms[room] for room in rooms[2:]])
    stop = asyncio.Event()
    async with platform_exchange(amqp_url) as exchange:
        bookers = Bookers(office, stack.ledger, exchange, COMMANDS, seed, rooms[:2])
        async with asyncio.TaskGroup() as running:
            running.create_task(traffic.run(stop))
            running.create_task(bookers.run(stop))
            await _sent(bookers, int(3 * COMMANDS))
            await _in_flight(bookers, stack)
            struck = time.monotonic()
            await fault()
            await _sent(bookers, len(bookers.sent) + int(3 * COMMANDS))
            stop.set()
        try:
            async with asyncio.timeout(ANSWERED_WITHIN):
                await all_answered(bookers, stack.ledger)
        except TimeoutError:
            left = unanswered(bookers, stack.ledger)
            raise AssertionError(f"{len(left)} without a result: {left}\n{stack.logs()}") from None
    answered = time.monotonic() - struck
    await settle(stack, office)
    settled = time.monotonic() - struck
    await audited(bookers, office, stack)
    print(  # noqa: T201  # what the proof rests on
        f"{dict(bookers.done)}, {dict(traffic.done)} in Outlook; "
        f"{answered:.0f} s from the fault to the last result, {settled:.0f} s until both sides agreed"
    )


async def _in_flight(bookers: Bookers, stack: Stack) -> None:
    """Return at a moment at which commands wait for their results."""

    async def some() -> bool:
        return len(unanswered(bookers, stack.ledger)) > 1

    async with asyncio.timeout(30):
        await until(some, 0.01)


async def _struck(stack: Stack) -> bool:
    report = await stack.sim.call("GET", "/_sim/report")
    return all(each["fired"] > 0 for each in report["faults"])


async def _sent(bookers: Bookers, commands: int) -> None:
    async def enough() -> bool:
        return len(bookers.sent) >= commands

    async with asyncio.timeout(60):
        await until(enough)


async def test_commands_survive_a_killed_worker(
    database: TestDatabase, amqp_url: str, tmp_path: Path
) -> None:
    async with running_stack(tmp_path, database.login_dsn, amqp_url) as stack:
        office = await stack.office("worker", rooms=4)

        async def fault() -> None:
            late = {"match": {"method": "POST", "path": "/events$"}, "times": 2, "delay": 10}
            await stack.sim.call("POST", "/_sim/faults", late)
            async with asyncio.timeout(30):
                await until(lambda: _struck(stack))
            await stack.worker.kill()  # the event is made, its answer on the way
            await stack.worker.start()

        await _under_load(stack, office, amqp_url, fault, seed=11)
        assert stack.worker.kills == 1


async def test_commands_survive_a_killed_broker(
    database: TestDatabase, amqp_url: str, rabbitmq_server: Broker, tmp_path: Path
) -> None:
    async with running_stack(tmp_path, database.login_dsn, amqp_url) as stack:
        office = await stack.office("broker", rooms=4)
        before = rabbitmq_server.pid

        async def fault() -> None:
            await asyncio.to_thread(rabbitmq_server.restart)

        await _under_load(stack, office, amqp_url, fault, seed=12)
        assert rabbitmq_server.pid != before, "the broker was not killed"


async def test_commands_survive_a_killed_postgres(amqp_url: str, tmp_path: Path) -> None:
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
            office = await stack.office("postgres", rooms=4)
            pid = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])

            async def fault() -> None:
                nonlocal killed
                os.kill(pid, signal.SIGKILL)
                await asyncio.to_thread(first.__exit__, None, None, None)
                killed = True
                await asyncio.to_thread(second.__enter__)

            await _under_load(stack, office, amqp_url, fault, seed=13)
            now = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
            assert now != pid, "the server was not killed"
    finally:
        await asyncio.to_thread((second if killed else first).__exit__, None, None, None)


OUTAGE_SECONDS = 35.0
REFUSED = {"status": 503}
UNANSWERED = {"when": "after", "drop": True}


@pytest.mark.parametrize(
    ("calls", "how"),
    [
        pytest.param([("*", "")], REFUSED, id="refuses_every_call"),
        pytest.param(
            [("POST", "^/users/"), ("PATCH", "^/users/")], UNANSWERED, id="answers_no_write"
        ),
    ],
)
async def test_commands_survive_an_outage_of_graph(
    calls: list[tuple[str, str]],
    how: dict[str, object],
    database: TestDatabase,
    amqp_url: str,
    tmp_path: Path,
) -> None:
    """Stands for an outage of minutes: in 35 s the waits between attempts grow to the 30 s at which they stay.

    Either every call, the sign-in included, is refused, or every POST and PATCH takes effect and its connection
    breaks off.
    """
    async with running_stack(tmp_path, database.login_dsn, amqp_url) as stack:
        office = await stack.office("outage", rooms=4)
        fired: list[int] = []

        async def fault() -> None:
            for method, path in calls:
                body = {"match": {"method": method, "path": path}, "times": 1_000_000, **how}
                await stack.sim.call("POST", "/_sim/faults", body)
            await asyncio.sleep(OUTAGE_SECONDS)  # the outage's own length
            report = await stack.sim.call("GET", "/_sim/report")
            fired.extend(each["fired"] for each in report["faults"])
            await stack.sim.call("DELETE", "/_sim/faults")

        await _under_load(stack, office, amqp_url, fault, seed=14)
        assert fired
        assert all(times > 0 for times in fired), f"the faults struck {fired} times"

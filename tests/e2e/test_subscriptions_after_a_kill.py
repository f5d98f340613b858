"""Managers as processes of their own, killed in the middle of their work."""

import asyncio
import base64
from pathlib import Path
from uuid import UUID

import pytest

from demo.ports import free_port
from pgstore.testing import TestDatabase

from ..integration.subscription_graph import SubscriptionGraph, serve_subscription_graph
from ..integration.subscription_office import SECRETS, Office
from .processes import Program

ROOMS = 6
MANY = 40  # more than one process has under way in an organisation at once


def manager_of(
    graph: SubscriptionGraph, database: TestDatabase, amqp_url: str, log: Path
) -> Program:
    port = free_port()
    return Program(
        "subscription_manager",
        {
            "DATABASE_URL": database.login_dsn,
            "AMQP_URL": amqp_url,
            "GRAPH_URL": f"{graph.url}/v1.0",
            "ENTRA_URL": graph.url,
            "GRAPH_CA_FILE": str(graph.ca_file),
            "WEBHOOK_URL": "https://hooks.test",
            "CLIENT_STATE_KEYS": "k1:" + base64.b64encode(b"k" * 32).decode(),
            "SECRET_KEYS": SECRETS,
            "OPS_LISTEN": f"127.0.0.1:{port}",
        },
        log,
        f"http://127.0.0.1:{port}/readyz",
    )


async def all_live(office: Office, rooms: list[UUID]) -> set[str]:
    """The recorded subscriptions, once every room has one."""
    known = set()
    for room in rooms:
        while not ((row := await office.subscription(room)) and row["subscription_id"]):  # noqa: ASYNC110 -- a row has no event
            await asyncio.sleep(0.1)
        known.add(row["subscription_id"])
    return known


@pytest.mark.parametrize("conflicts", [True, False])
async def test_a_manager_killed_while_it_creates_leaves_exactly_one_live_subscription_per_room(
    database: TestDatabase, amqp_url: str, tmp_path: Path, *, conflicts: bool
) -> None:
    office = await Office(database.login_dsn).open()
    rooms = [await office.room() for _ in range(ROOMS)]
    async with serve_subscription_graph(tmp_path) as graph:
        graph.conflicts = conflicts
        manager = manager_of(graph, database, amqp_url, tmp_path / "manager.log")
        graph.hold_creates = asyncio.Event()
        await manager.start(wait=False)
        async with asyncio.timeout(30):
            await graph.created.wait()
        await manager.kill()
        assert manager.kills == 1
        unrecorded = len(graph.held)
        rows = [await office.subscription(room) for room in rooms]
        assert unrecorded > 0
        assert not any(row and row["subscription_id"] for row in rows), manager.tail()
        graph.hold_creates = None

        await manager.start(wait=False)
        async with asyncio.timeout(120):  # the dead one's leases run for half a minute
            known = await all_live(office, rooms)
            while set(graph.held) != known:  # noqa: ASYNC110 -- where Graph admits two, a sweep removes
                await asyncio.sleep(0.1)
        assert await manager.stop() == 0, manager.tail()

        assert set(graph.rooms().values()) == {1}
        assert len(graph.held) == ROOMS


async def test_of_two_managers_one_killed_in_the_middle_the_other_does_the_work_of_both(
    database: TestDatabase, amqp_url: str, tmp_path: Path
) -> None:
    office = await Office(database.login_dsn).open()
    async with serve_subscription_graph(tmp_path) as graph:
        held = graph.hold_creates = asyncio.Event()
        doomed, other = (
            manager_of(graph, database, amqp_url, tmp_path / f"{name}.log")
            for name in ("doomed", "other")
        )
        await doomed.start()
        await other.start()
        rooms = [await office.room() for _ in range(MANY)]
        async with asyncio.timeout(30):
            while len(graph.held) < MANY:  # noqa: ASYNC110 -- the simulated server counts, it does not signal
                await asyncio.sleep(0.02)
        await doomed.kill()
        graph.hold_creates = None
        held.set()

        async with asyncio.timeout(120):  # the dead one's leases run for half a minute
            known = await all_live(office, rooms)
            made = graph.asked["POST subscriptions"]
            while set(graph.held) != known:  # noqa: ASYNC110 -- a sweep removes what the dead one made
                await asyncio.sleep(0.1)
        assert await other.stop() == 0, other.tail()

        assert doomed.kills == 1
        assert MANY < made < 2 * MANY  # some were the dead one's, and not all
        assert set(graph.rooms().values()) == {1}
        assert len(graph.held) == MANY

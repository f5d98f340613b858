"""The manager as a process of its own, killed in the middle of its work."""

import asyncio
import base64
from pathlib import Path

from pgstore.testing import TestDatabase

from ..integration.subscription_graph import serve_subscription_graph
from ..integration.subscription_office import SECRETS, Office
from .processes import Program

ROOMS = 6


async def test_a_manager_killed_while_it_creates_leaves_exactly_one_live_subscription_per_room(
    database: TestDatabase, amqp_url: str, tmp_path: Path
) -> None:
    office = await Office(database.login_dsn).open()
    rooms = [await office.room() for _ in range(ROOMS)]
    async with serve_subscription_graph(tmp_path) as graph:
        manager = Program(
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
                "OPS_LISTEN": "127.0.0.1:0",
            },
            tmp_path / "manager.log",
            "",
        )
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
        async with asyncio.timeout(60):  # the dead one's leases run for half a minute
            for room in rooms:
                while not ((row := await office.subscription(room)) and row["subscription_id"]):  # noqa: ASYNC110 -- a row has no event
                    await asyncio.sleep(0.1)
        assert await manager.stop() == 0, manager.tail()

        assert set(graph.rooms().values()) == {1}
        assert len(graph.held) == ROOMS

"""The whole manager in this process: real Postgres, a real bus, Graph over HTTPS."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from contracts.hints import LifecycleHint, encode_hint, join_hints
from contracts.routing import GRAPH_LIFECYCLE, SUBSCRIPTIONS_LIFECYCLE
from eventbus import Bus
from eventbus.postgres import SCHEMA, open_postgres_bus
from graphclient import ClientStateKeys, open_graph, open_state, seal
from pgstore import Role, SecretBox, open_database
from pgstore.testing import TestDatabase
from servicekit.clock import utc_now
from subscription_manager.app import ManagerOptions, run_manager

from .subscription_graph import SubscriptionGraph, serve_subscription_graph
from .subscription_office import SECRETS, Office

KEYS = "k1:" + base64.b64encode(b"k" * 32).decode()
HOOKS = "https://hooks.test"


@dataclass
class Scene:
    graph: SubscriptionGraph
    office: Office
    database: TestDatabase
    bus: Bus

    @asynccontextmanager
    async def manager(
        self, *, webhook_url: str = HOOKS, keys: str = KEYS, lease: float = 30.0
    ) -> AsyncIterator[None]:
        """Run the manager until the block ends; leaving it is an orderly stop."""
        stop = asyncio.Event()
        options = ManagerOptions(
            webhook_url,
            lambda: ClientStateKeys.parse(keys),
            compare_seconds=0.5,
            lease=timedelta(seconds=lease),
        )
        async with (
            open_database(self.database.login_dsn, Role.MANAGER) as database,
            open_graph(f"{self.graph.url}/v1.0", self.graph.url, self.graph.ca_file) as graph,
            asyncio.TaskGroup() as running,
        ):
            running.create_task(
                run_manager(
                    database,
                    self.bus,
                    graph,
                    lambda: SecretBox.parse(SECRETS),
                    options,
                    utc_now,
                    stop,
                )
            )
            try:
                yield
            finally:
                stop.set()

    async def until(
        self, room: UUID, holds: Callable[[dict[str, Any] | None], bool]
    ) -> dict[str, Any]:
        """The room's row once it is so."""
        async with asyncio.timeout(20):
            while not holds(row := await self.office.subscription(room)):  # noqa: ASYNC110 -- a row has no event
                await asyncio.sleep(0.05)
        return row or {}

    async def live(self, room: UUID) -> dict[str, Any]:
        return await self.until(room, lambda row: bool(row and row["subscription_id"]))

    async def sweep_now(self) -> None:
        """The hour is over."""
        owner = await asyncpg.connect(self.database.owner_dsn)
        await owner.execute("update subscription_tenants set sweep_at = now()")
        await owner.close()

    async def hint(self, room: UUID, event: str, subscription: str) -> None:
        hint = LifecycleHint(room, self.office.tenant_id, subscription, event, utc_now())
        await self.bus.publish(
            GRAPH_LIFECYCLE, SUBSCRIPTIONS_LIFECYCLE, join_hints([encode_hint(hint)])
        )


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 -- the simulated server counts, it does not signal
            await asyncio.sleep(0.02)


@pytest.fixture
async def scene(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Scene]:
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(SCHEMA)
    await owner.close()
    office = await Office(database.login_dsn).open()
    async with (
        serve_subscription_graph(tmp_path) as graph,
        open_postgres_bus(database.login_dsn) as bus,
    ):
        yield Scene(graph, office, database, bus)


async def test_every_enabled_room_gets_one_sealed_subscription(scene: Scene) -> None:
    mailboxes = [uuid4() for _ in range(20)]
    rooms = [await scene.office.room(mailbox) for mailbox in mailboxes]
    async with scene.manager():
        rows = [await scene.live(room) for room in rooms]

    assert scene.graph.rooms() == {f"users/{mailbox}/events": 1 for mailbox in mailboxes}
    assert scene.graph.asked["token"] <= 2  # the rooms' one, and the look at the credentials
    for room, row in zip(rooms, rows, strict=True):
        held = scene.graph.held[row["subscription_id"]]
        opened = open_state(ClientStateKeys.parse(KEYS), held["clientState"])
        assert opened is not None
        assert (opened.room_id, opened.tenant_id) == (room, scene.office.tenant_id)
        assert held["notificationUrl"] == f"{HOOKS}/graph/notifications"
        assert row["live_since"] is not None
        assert row["gap_at"] is None


async def test_a_room_imported_while_it_runs_is_noticed_at_once(scene: Scene) -> None:
    async with scene.manager():
        room = await scene.office.room()
        await scene.live(room)


async def test_without_a_webhook_nothing_is_asked_about_subscriptions(scene: Scene) -> None:
    room = await scene.office.room()
    async with scene.manager(webhook_url=""):
        await asyncio.sleep(1.2)  # nothing is the expected event: two comparisons pass

    assert set(scene.graph.asked) <= {"token", "GET applications"}  # the look at the credentials
    assert await scene.office.subscription(room) is None


async def test_a_removed_room_loses_its_subscription_and_its_row(scene: Scene) -> None:
    room = await scene.office.room()
    async with scene.manager():
        await scene.live(room)
        await scene.office.run("update rooms set removed_at = now() where id = $1", room)
        await scene.until(room, lambda row: row is None)

    assert scene.graph.held == {}


async def test_switching_the_integration_off_and_on_removes_and_recreates(scene: Scene) -> None:
    room = await scene.office.room()
    async with scene.manager():
        first = await scene.live(room)
        await scene.office.run("update integrations set enabled = false")
        await scene.until(room, lambda row: row is None)
        assert scene.graph.held == {}
        await scene.office.run("update integrations set enabled = true")
        second = await scene.live(room)

    assert second["subscription_id"] != first["subscription_id"]
    assert second["live_since"] > first["live_since"]


async def test_a_missed_hint_opens_a_gap_after_graph_was_asked(scene: Scene) -> None:
    room = await scene.office.room()
    async with scene.manager():
        row = await scene.live(room)
        await scene.hint(room, "missed", row["subscription_id"])
        await scene.until(room, lambda row: bool(row and row["gap_at"]))
        await scene.hint(room, "missed", row["subscription_id"])
        await scene.until(room, lambda row: bool(row and row["hint_no"] == 2))

    assert scene.graph.asked["GET subscriptions"] == 1


async def test_a_removal_at_graph_is_found_and_mended(scene: Scene) -> None:
    room = await scene.office.room()
    async with scene.manager():
        first = await scene.live(room)
        scene.graph.held.clear()
        await scene.hint(room, "subscriptionRemoved", first["subscription_id"])
        second = await scene.until(
            room,
            lambda row: bool(
                row and row["subscription_id"] not in {None, first["subscription_id"]}
            ),
        )

    assert list(scene.graph.held) == [second["subscription_id"]]
    assert second["gap_at"] is not None


async def test_a_demand_to_reauthorise_is_met_by_one_patch(scene: Scene) -> None:
    room = await scene.office.room()
    async with scene.manager():
        row = await scene.live(room)
        await scene.hint(room, "reauthorizationRequired", row["subscription_id"])
        await scene.until(room, lambda row: bool(row and row["patched_at"]))

    assert scene.graph.asked["PATCH subscriptions"] == 1


async def test_a_hint_for_an_older_subscription_changes_nothing(scene: Scene) -> None:
    room = await scene.office.room()
    async with scene.manager():
        await scene.live(room)
        await scene.hint(room, "missed", "an older one")
        row = await scene.live(room)
        await scene.hint(room, "missed", row["subscription_id"])
        row = await scene.until(room, lambda row: bool(row and row["gap_at"]))

    assert row["hint_no"] == 1


async def test_rejected_credentials_stop_all_calls_and_new_ones_resume_at_once(
    scene: Scene,
) -> None:
    rooms = [await scene.office.room() for _ in range(6)]
    scene.graph.refuse_secret = True
    async with scene.manager():
        await until(lambda: scene.graph.asked["token"] > 0)
        await asyncio.sleep(1.2)  # nothing is the expected event: two comparisons pass
        refused = scene.graph.asked["token"]
        assert refused <= 8  # one per room under way, the look at the credentials, the first sweep
        assert scene.graph.asked["POST subscriptions"] == 0
        scene.graph.refuse_secret = False
        await scene.office.run("update integrations set revision = revision + 1")
        for room in rooms:
            await scene.live(room)

    assert sum(scene.graph.rooms().values()) == 6


async def test_a_throttled_tenant_is_served_in_the_end_without_doubles(scene: Scene) -> None:
    rooms = [await scene.office.room() for _ in range(10)]
    scene.graph.throttle_next = 15
    async with scene.manager():
        for room in rooms:
            await scene.live(room)

    assert set(scene.graph.rooms().values()) == {1}


@pytest.mark.parametrize("conflicts", [True, False])
async def test_a_manager_that_dies_in_the_middle_of_creates_leaves_exactly_one_each(
    scene: Scene, *, conflicts: bool
) -> None:
    rooms = [await scene.office.room() for _ in range(8)]
    scene.graph.conflicts = conflicts
    scene.graph.hold_creates = asyncio.Event()

    async def doomed() -> None:
        async with scene.manager(lease=1.0):
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as running:
        dying = running.create_task(doomed())
        await until(lambda: len(scene.graph.held) >= 4)
        dying.cancel()
    assert len(scene.graph.held) >= 4
    rows = [await scene.office.subscription(room) for room in rooms]
    assert not any(row["subscription_id"] for row in rows if row)
    scene.graph.hold_creates = None

    async with scene.manager(lease=1.0):
        for room in rooms:
            await scene.live(room)
        await until(lambda: len(scene.graph.held) == 8)  # where Graph admits two, a sweep removes

    assert set(scene.graph.rooms().values()) == {1}
    known = {(await scene.live(room))["subscription_id"] for room in rooms}
    assert set(scene.graph.held) == known


async def test_two_replicas_share_the_rooms_without_doubles(scene: Scene) -> None:
    rooms = [await scene.office.room() for _ in range(24)]
    async with scene.manager(), scene.manager():
        for room in rooms:
            await scene.live(room)

    assert set(scene.graph.rooms().values()) == {1}
    assert scene.graph.asked["POST subscriptions"] == 24


async def test_another_webhook_replaces_every_subscription(scene: Scene) -> None:
    room = await scene.office.room()
    async with scene.manager():
        await scene.live(room)
    async with scene.manager(webhook_url="https://new.test"):
        await scene.until(room, lambda row: bool(row and row["webhook_url"] == "https://new.test"
                                                 and row["subscription_id"]))  # fmt: skip

    (held,) = scene.graph.held.values()
    assert held["notificationUrl"] == "https://new.test/graph/notifications"


async def test_a_sweep_finds_what_graph_dropped_without_a_word_and_removes_what_nobody_knows(
    scene: Scene,
) -> None:
    rooms = [await scene.office.room() for _ in range(3)]
    keys = ClientStateKeys.parse(KEYS)
    async with scene.manager():
        first, *_ = [await scene.live(room) for room in rooms]
        held = scene.graph.held
        state = seal(keys, rooms[1], scene.office.tenant_id, scene.office.client_id)
        row = held.pop(first["subscription_id"])
        held["orphan"] = row | {"id": "orphan", "clientState": state}
        held["elsewhere"] = held["orphan"] | {
            "id": "elsewhere",
            "notificationUrl": "https://other.test/graph/notifications",
        }
        held["foreign"] = held["orphan"] | {"id": "foreign", "clientState": "of somebody else"}
        await scene.sweep_now()
        second = await scene.until(
            rooms[0],
            lambda row: bool(
                row and row["subscription_id"] not in {None, first["subscription_id"]}
            ),
        )
        await until(lambda: "orphan" not in held)

    assert second["gap_at"] is not None
    assert held.keys() >= {"elsewhere", "foreign"}
    assert len(held) == 5

"""The manager's watch over credentials: real Postgres, a real bus, Entra and Graph simulated over HTTPS, a clock of its own."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from contracts.cloudevents import CloudEvent
from contracts.events import (
    Event,
    IntegrationFailing,
    IntegrationOk,
    IntegrationSecretExpiring,
    decode_event,
)
from contracts.routing import UNCLAIMED
from eventbus import Bus, Delivery, Done, Outcome
from eventbus.postgres import SCHEMA, open_postgres_bus
from graphclient import ClientStateKeys, open_graph
from pgstore import Database, Role, SecretBox, open_database
from pgstore.testing import TestDatabase
from servicekit.outbound import AddressRefused, NotDelivered
from subscription_manager.app import ManagerOptions, run_manager
from subscription_manager.domain.credentials import Verdict
from subscription_manager.handlers import LeaseLost
from subscription_manager.store import CredentialStore, MessageStore, WatchStore

from .graphsim_cloud import ROLES, Cloud, running_cloud
from .subscription_office import SECRETS, Office
from .test_subscription_manager import KEYS
from .waiting import until

DAY = timedelta(days=1)
BEGIN = datetime(2026, 12, 1, tzinfo=UTC)
CHAT = "https://chat.test/hooks/t0ken"


@dataclass
class Scene:
    cloud: Cloud
    office: Office
    database: TestDatabase
    bus: Bus
    now: datetime = BEGIN
    heard: list[CloudEvent[Event]] = field(default_factory=list)
    chats: list[tuple[str, str]] = field(default_factory=list)
    chat_answers: list[Exception] = field(default_factory=list)

    async def keep(self, delivery: Delivery) -> Outcome:
        self.heard.append(decode_event(delivery.body))
        return Done()

    async def post(self, url: str, body: bytes) -> None:
        if self.chat_answers:
            raise self.chat_answers.pop(0)
        self.chats.append((url, json.loads(body)["text"]))

    async def register(self, **app: Any) -> None:
        office = self.office
        known = {"client_id": str(office.client_id), "roles": ROLES}
        body = {"tenant_id": str(office.tenant_id), "apps": [known | app]}
        assert (await self.cloud.call("POST", "/_sim/tenants", body)).status < 300

    async def renew(self, secret: str, ends: datetime) -> None:
        """As the portal does: another secret, another revision."""
        self.office.secret = secret
        await self.register(secrets=[{"value": secret, "ends": f"{ends:%Y-%m-%dT%H:%M:%SZ}"}])
        await self.office.run(
            "update credentials set sealed_secret = $1", self.sealed(secret, "client_secret")
        )
        await self.office.run("update integrations set revision = revision + 1")

    def sealed(self, plain: str, name: str) -> bytes:
        box, organisation = SecretBox.parse(SECRETS), self.office.id
        return box.seal(plain, organisation_id=organisation, row_id=organisation, field=name)

    async def with_chat(self) -> None:
        await self.office.run(
            "update credentials set sealed_chat_webhook = $1", self.sealed(CHAT, "chat_webhook")
        )

    @asynccontextmanager
    async def managers(self, count: int = 1) -> AsyncIterator[None]:
        stop = asyncio.Event()
        options = ManagerOptions(
            "",
            lambda: ClientStateKeys.parse(KEYS),
            compare_seconds=0.05,
            tell_seconds=0.05,
            post=self.post,
            portal_url="https://portal.test",
        )
        origin = self.cloud.address.origin
        async with AsyncExitStack() as opened, asyncio.TaskGroup() as running:
            graph = await opened.enter_async_context(
                open_graph(f"{origin}/v1.0", origin, self.cloud.address.ca_file)
            )
            for _ in range(count):
                database = await opened.enter_async_context(
                    open_database(self.database.login_dsn, Role.MANAGER)
                )
                running.create_task(
                    run_manager(
                        database,
                        self.bus,
                        graph,
                        lambda: SecretBox.parse(SECRETS),
                        options,
                        lambda: self.now,
                        stop,
                    )
                )
            try:
                yield
            finally:
                stop.set()

    async def watch(self) -> dict[str, Any]:
        connection = await asyncpg.connect(self.database.login_dsn)
        try:
            await connection.execute("set role clearooms_portal")
            row = await connection.fetchrow("select * from credential_watch")
        finally:
            await connection.close()
        return dict(row) if row is not None else {}

    async def owed(self) -> int:
        connection = await asyncpg.connect(self.database.login_dsn)
        try:
            await connection.execute("set role clearooms_manager")
            return int(await connection.fetchval("select count(*) from integration_messages"))
        finally:
            await connection.close()

    async def audited(self) -> Counter[str]:
        connection = await asyncpg.connect(self.database.login_dsn)
        try:
            await connection.execute("set role clearooms_portal")
            await connection.execute(
                "select set_config('clearooms.organisation', $1, false)", str(self.office.id)
            )
            rows = await connection.fetch(
                "select action from audit where actor = 'subscription-manager'"
            )
        finally:
            await connection.close()
        return Counter(row["action"] for row in rows)

    async def settled(self) -> None:
        """Wait until what was due by now has been looked at and everything owed is said."""
        await until(self._is_settled)

    async def _is_settled(self) -> bool:
        row = await self.watch()
        looked = bool(row) and row["due_at"] > self.now and row["lease_until"] is None
        return looked and await self.owed() == 0

    def warned(self) -> list[int]:
        return [e.data.days for e in self.heard if isinstance(e.data, IntegrationSecretExpiring)]


@pytest.fixture
async def scene(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Scene]:
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(SCHEMA)
    await owner.close()
    office = await Office(database.login_dsn).open()
    stop = asyncio.Event()
    async with (
        running_cloud(tmp_path) as cloud,
        open_postgres_bus(database.login_dsn) as bus,
        asyncio.TaskGroup() as listening,
    ):
        made = Scene(cloud, office, database, bus)
        await made.register(secret=office.secret)
        listening.create_task(bus.consume(UNCLAIMED, made.keep, stop))
        yield made
        stop.set()


async def test_every_warning_goes_out_once_whichever_replica_lives_and_is_on_record(
    scene: Scene,
) -> None:
    await scene.with_chat()
    end = BEGIN + 70 * DAY
    await scene.renew("q8~first", end)
    for days in (70, 60, 45, 30, 14, 7, 3, 2, 1, 0):
        scene.now = end - days * DAY
        async with scene.managers(2):  # each time they are started anew
            await scene.settled()

    assert scene.warned() == [60, 30, 14, 7, 3, 1]
    assert len({event.id for event in scene.heard}) == len(scene.heard) == 7
    assert isinstance(scene.heard[0].data, IntegrationOk)
    assert {event.organisationid for event in scene.heard} == {scene.office.id}
    assert await scene.audited() == {"integration.secret_expiring": 6, "integration.ok": 1}
    assert {url for url, _ in scene.chats} == {CHAT}
    assert [text.split(", in ")[1].split(" days")[0] for _, text in scene.chats[1:]] == [
        "60", "30", "14", "7", "3", "1",
    ]  # fmt: skip
    assert all("https://portal.test" in text for _, text in scene.chats)
    assert "chat.test" not in str(scene.heard)


async def test_a_renewal_begins_the_warnings_anew(scene: Scene) -> None:
    end = BEGIN + 40 * DAY
    await scene.renew("q8~first", end)
    async with scene.managers():
        await scene.settled()
        scene.now = end - 6 * DAY
        await scene.settled()
        await scene.renew("zz~second", end + 50 * DAY)
        await until(lambda: _is(scene, watched_revision=3))
        await scene.settled()
        scene.now = end + 40 * DAY
        await scene.settled()

    assert scene.warned() == [60, 7, 60, 14]


async def _is(scene: Scene, **values: object) -> bool:
    row = await scene.watch()
    return all(row.get(name) == value for name, value in values.items())


async def test_without_the_directory_the_date_typed_in_is_warned_of(scene: Scene) -> None:
    await scene.register(roles=["Calendars.ReadWrite"])
    await scene.office.run("update credentials set expires_at = $1", BEGIN + 10 * DAY)
    async with scene.managers():
        await scene.settled()

    assert scene.warned() == [14]
    assert (await scene.watch())["expires_at"] == BEGIN + 10 * DAY


async def test_a_refusal_and_its_end_are_said_once_each(scene: Scene) -> None:
    await scene.with_chat()
    async with scene.managers(2):
        await scene.settled()
        await scene.register(secrets=[{"value": "0ther~secret"}])
        for _ in range(3):  # refused again every hour
            scene.now += timedelta(hours=25)
            await scene.settled()
        failing = await scene.watch()
        await scene.renew("n3w~secret", BEGIN + 900 * DAY)
        await until(lambda: _is(scene, said="ok"))
        await scene.settled()

    ok, refused, again = scene.heard
    assert isinstance(ok.data, IntegrationOk)
    assert isinstance(again.data, IntegrationOk)
    assert isinstance(refused.data, IntegrationFailing)
    assert refused.data.code == failing["failing_code"] == "AADSTS7000215"
    assert "create a new client secret" in refused.data.text
    assert refused.data.since == failing["failing_since"]
    assert len(scene.chats) == 3


async def test_a_chat_that_fails_is_tried_again_and_one_that_turned_private_is_not(
    scene: Scene,
) -> None:
    await scene.with_chat()
    scene.chat_answers = [NotDelivered("status 500"), AddressRefused("leads to a private address")]
    await scene.renew("q8~first", BEGIN + 5 * DAY)
    async with scene.managers():
        await until(lambda: _is_true(len(scene.chat_answers) == 1))
        scene.now += timedelta(minutes=1)
        await until(lambda: _is_true(not scene.chat_answers))
        await scene.settled()

    assert [text.split(" ")[0:3] for _, text in scene.chats] == [["The", "secret", "of"]]
    assert scene.warned() == [7]


async def _is_true(value: bool) -> bool:
    return value


@pytest.fixture
async def manager(scene: Scene) -> AsyncIterator[Database]:
    async with open_database(scene.database.login_dsn, Role.MANAGER) as database:
        yield database


async def test_what_a_dead_replica_had_claimed_comes_back_after_a_minute_and_in_order(
    scene: Scene, manager: Database
) -> None:
    messages, credentials = MessageStore(manager), CredentialStore(manager)
    watch = WatchStore(manager)
    await watch.compare(BEGIN)
    await credentials.accepted(scene.office.id, BEGIN)
    await credentials.rejected(scene.office.id, 1, "AADSTS7000222", BEGIN)

    (first,) = await messages.claim(BEGIN, 10)
    assert first.kind == "ok"
    assert await messages.claim(BEGIN + timedelta(seconds=59), 10) == []
    (again,) = await messages.claim(BEGIN + timedelta(seconds=60), 10)
    assert (again.number, again.attempts) == (first.number, 2)
    await messages.done(again)
    (second,) = await messages.claim(BEGIN + timedelta(seconds=60), 10)
    assert second.kind == "failing"


async def test_a_look_that_was_overtaken_records_and_says_nothing(
    scene: Scene, manager: Database
) -> None:
    watch, messages = WatchStore(manager), MessageStore(manager)
    await watch.compare(BEGIN)
    (slow,) = await watch.claim(BEGIN, 8)
    assert await watch.claim(BEGIN, 8) == []
    (quick,) = await watch.claim(BEGIN + timedelta(minutes=1), 8)
    end = BEGIN + 5 * DAY
    verdict = Verdict(end, BEGIN, 7, 7, end, BEGIN + DAY)
    await watch.settle(quick, verdict, BEGIN)
    with pytest.raises(LeaseLost):
        await watch.settle(slow, verdict, BEGIN)

    assert len(await messages.claim(BEGIN, 10)) == 1
    assert await watch.expiring(BEGIN) == {0: 0, 1: 0, 3: 0, 7: 1, 14: 1, 30: 1, 60: 1}
    assert await watch.failing() == 0


async def test_a_refusal_of_credentials_since_replaced_is_not_held_against_the_new_ones(
    scene: Scene, manager: Database
) -> None:
    await scene.office.run("update integrations set revision = 2")
    credentials = CredentialStore(manager)
    await credentials.rejected(scene.office.id, 1, "AADSTS7000222", BEGIN)
    assert await scene.watch() == {}
    await credentials.rejected(scene.office.id, 2, "AADSTS7000222", BEGIN)
    assert (await scene.watch())["failing_revision"] == 2

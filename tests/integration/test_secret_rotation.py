"""SECRET_KEYS rotate while everything runs: key files, the shipped stores and loops, real Postgres."""

import asyncio
import base64
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

import asyncpg
import pytest
from prometheus_client import REGISTRY
from typing_extensions import override

from eventbus.postgres import SCHEMA, open_postgres_bus
from graphclient import Credentials, CredentialsRejected
from pgstore import Database, Role, SecretBox, SecretUnreadable, open_database
from pgstore.testing import TestDatabase
from portal.domain.sealed import Sealed
from portal.handlers.envelopes import Envelopes
from portal.handlers.resealing import Resealing
from portal.scheduler import keep_resealing
from portal.store.sealed import SealedStore
from servicekit.clock import utc_now
from servicekit.live import Live
from subscription_manager.handlers import SecretMissing, Secrets
from subscription_manager.store import CredentialStore
from sync_worker.app import WorkerOptions, run_worker

from .sync_calendar import Calendars
from .waiting import until

Server: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

ORGANISATIONS = 1_000
OLD, NEW = (
    "k1:" + base64.b64encode(b"1" * 32).decode(),
    "k2:" + base64.b64encode(b"2" * 32).decode(),
)
NOW = datetime(2026, 12, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@cache
def ids(kind: int) -> list[UUID]:
    return [UUID(int=(kind << 64) + number) for number in range(1, ORGANISATIONS + 1)]


def secret_of(client_id: UUID) -> str:
    return f"s3cret~{client_id}"


class Tenants(Calendars):
    """Every organisation's calendars; who comes with another secret than its own is rejected and counted."""

    @override
    def tenant(self, credentials: Credentials) -> "Tenants":
        self.asked["tenant"] += 1
        if credentials.secret != secret_of(credentials.client_id):
            self.asked["wrong secret"] += 1
            raise CredentialsRejected(aadsts=7000215, error="invalid_client", description="")
        return self


class KeyFile:
    """SECRET_KEYS_FILE, and each service's view of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.write_text(OLD)
        self.services = [Live("SECRET_KEYS", SecretBox.parse, OLD, path) for _ in range(3)]

    async def write(self, text: str, known: Callable[[SecretBox], bool]) -> None:
        """Replace it as Kubernetes does, and wait as the operator does until every service knows."""
        fresh = self._path.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(self._path)
        async with asyncio.timeout(20):
            while not all(known(each.value()) for each in self.services):  # noqa: ASYNC110 -- a file has no event
                await asyncio.sleep(0.1)


@dataclass
class Load:
    """Opens secrets as manager and portal do, again and again, and has the worker sign in anew."""

    secrets: Secrets
    envelopes: Envelopes
    sealed: SealedStore
    saving: Server
    done: Counter[str] = field(default_factory=Counter)

    async def opens(self, stop: asyncio.Event, stride: int) -> None:
        for turn in count():
            if stop.is_set():
                return
            at = turn * stride % ORGANISATIONS
            organisation, client = ids(1)[at], ids(3)[at]
            try:
                found = await self.secrets.credentials(organisation, ids(2)[at], client)
                self.done["wrong"] += found.secret != secret_of(client)
                self.done["manager"] += 1
            except SecretMissing:
                self.done["failed"] += 1
            kept = await self.sealed.sealed(organisation, NOW)
            plain = kept and self.envelopes.open(organisation, kept.secret, "client_secret")
            self.done["portal" if plain == secret_of(client) else "failed"] += 1

    async def saves(self, stop: asyncio.Event) -> None:
        """What an administrator saves raises the revision: the worker opens the secret anew."""
        turn = 0
        while not stop.is_set():
            batch = [ids(1)[(turn * 20 + nth) % ORGANISATIONS] for nth in range(20)]
            await self.saving.execute(
                "update integrations set revision = revision + 1 where organisation_id = any($1)",
                batch,
            )
            turn += 1
            await asyncio.sleep(0.2)


async def found(server: Server) -> None:
    """A thousand organisations with one room each, their secrets sealed with the old key."""
    box = SecretBox.parse(OLD)
    organisations, tenants, clients, offices, rooms, mailboxes = (ids(kind) for kind in range(1, 7))
    sealed = [
        box.seal(secret_of(client), organisation_id=each, row_id=each, field="client_secret")
        for each, client in zip(organisations, clients, strict=True)
    ]
    await server.execute(
        "insert into organisations (id, name, created_at) select id, 'Org', $2 from unnest($1::uuid[]) as o(id)",
        organisations, NOW,
    )  # fmt: skip
    await server.execute(
        "insert into integrations (organisation_id, tenant_id, client_id, enabled)"
        " select *, true from unnest($1::uuid[], $2::uuid[], $3::uuid[])",
        organisations, tenants, clients,
    )  # fmt: skip
    await server.execute(
        "insert into credentials (organisation_id, sealed_secret, updated_at)"
        " select *, $3 from unnest($1::uuid[], $2::bytea[])",
        organisations, sealed, NOW,
    )  # fmt: skip
    await server.execute(
        "insert into offices (id, organisation_id, name, time_zone, opens, closes, created_at)"
        " select id, organisation_id, 'HQ', 'Europe/Berlin', '08:00', '18:00', $3"
        " from unnest($1::uuid[], $2::uuid[]) as o(id, organisation_id)",
        offices, organisations, NOW,
    )  # fmt: skip
    await server.execute(
        "insert into rooms (id, organisation_id, office_id, tenant_id, mailbox_id, mailbox, name, created_at)"
        " select id, organisation_id, office, tenant, mailbox, 'room@x.test', 'Room', $6"
        " from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[])"
        " as r(id, organisation_id, office, tenant, mailbox)",
        rooms, organisations, offices, tenants, mailboxes, NOW,
    )  # fmt: skip


@pytest.fixture
async def server(postgres_server: str, database: TestDatabase) -> AsyncIterator[Server]:
    connection = await asyncpg.connect(postgres_server, database=database.name)
    yield connection
    await connection.close()


@pytest.fixture
async def saving(postgres_server: str, database: TestDatabase) -> AsyncIterator[Server]:
    connection = await asyncpg.connect(postgres_server, database=database.name)
    yield connection
    await connection.close()


@pytest.fixture
async def portal(database: TestDatabase) -> AsyncIterator[Database]:
    async with open_database(database.login_dsn, Role.PORTAL) as opened:
        yield opened


@asynccontextmanager
async def until_left(
    *loops: Callable[[asyncio.Event], Awaitable[None]],
) -> AsyncIterator[None]:
    """The loops run until the block ends."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as running:
        for each in loops:
            running.create_task(_awaited(each(stop)))
        try:
            yield
        finally:
            stop.set()


async def _awaited(loop: Awaitable[None]) -> None:
    await loop


async def test_keys_rotate_under_a_thousand_organisations_without_one_failed_sync(
    database: TestDatabase,
    server: Server,
    saving: Server,
    portal: Database,
    tmp_path: Path,
) -> None:
    await server.execute(SCHEMA)
    await found(server)
    keys, tenants = KeyFile(tmp_path / "keys"), Tenants()
    for_worker, for_manager, for_portal = (each.value for each in keys.services)
    envelopes, sealed = Envelopes(for_portal), SealedStore(portal)
    resealing = Resealing(sealed, envelopes, utc_now)

    async def all_synced() -> bool:
        count = await server.fetchval("select count(*) from room_sync where loaded_at is not null")
        return bool(count == ORGANISATIONS)

    async def all_resealed() -> bool:
        return (await resealing.progress()).remaining == 0

    async with (
        open_database(database.login_dsn, Role.WORKER) as worker,
        open_database(database.login_dsn, Role.MANAGER) as manager,
        open_postgres_bus(database.login_dsn) as bus,
    ):
        load = Load(Secrets(CredentialStore(manager), for_manager), envelopes, sealed, saving)
        options = WorkerOptions(poll_seconds=30, compare_seconds=1.0)
        async with until_left(
            lambda stop: run_worker(worker, bus, tenants, for_worker, options, utc_now, stop),
            lambda stop: keep_resealing(resealing.run, stop, seconds=0.5),
            lambda stop: load.opens(stop, 7),
            lambda stop: load.opens(stop, 13),
        ):
            await until(all_synced, seconds=120)
            begun = Counter(load.done), Counter(tenants.asked)
            async with until_left(load.saves):
                await keys.write(f"{OLD},{NEW}", lambda box: _opens(box, NEW))
                assert (await resealing.progress()).remaining == 0
                await keys.write(f"{NEW},{OLD}", lambda box: box.newest == "k2")
                await until(all_resealed, seconds=120)
                await keys.write(NEW, lambda box: not _opens(box, OLD))
                after = tenants.asked["tenant"]
                await until(lambda: _is(tenants.asked["tenant"] >= after + 200), seconds=120)

    opened, signed_in = load.done - begun[0], (tenants.asked - begun[1])["tenant"]
    sys.stdout.write(
        f"\nrotation: {opened['manager'] + opened['portal']} opens, {signed_in} sign-ins and"
        f" {tenants.asked['view']} window reads of the worker\n"
    )
    assert (load.done["failed"], load.done["wrong"], tenants.asked["wrong secret"]) == (0, 0, 0)
    refused = await server.fetchval(
        "select count(*) from room_sync where refused_revision is not null or attempts > 0"
    )
    assert refused == 0
    prefix = SecretBox.parse(NEW).prefix
    rows = await server.fetch("select sealed_secret from credentials")
    assert len(rows) == ORGANISATIONS
    assert all(row["sealed_secret"].startswith(prefix) for row in rows)


async def test_what_is_kept_past_its_time_goes_and_what_no_key_opens_holds_up_nobody(
    server: Server, portal: Database
) -> None:
    await found(server)
    one, two, three = ids(1)[:3]
    box = SecretBox.parse(OLD)
    chat = box.seal("https://chat.test/x", organisation_id=two, row_id=two, field="chat_webhook")
    await server.execute(
        "update credentials set sealed_former = sealed_secret, former_until = $2 where organisation_id = $1",
        one, NOW,
    )  # fmt: skip
    await server.execute(
        "update credentials set sealed_former = sealed_secret, former_until = $2, sealed_chat_webhook = $3"
        " where organisation_id = $1", two, NOW + DAY, chat,
    )  # fmt: skip
    await server.execute(
        "update credentials set sealed_secret = 'damaged' where organisation_id = $1", three
    )
    envelopes, rows = Envelopes(lambda: SecretBox.parse(f"{NEW},{OLD}")), SealedStore(portal)

    resealing = Resealing(rows, envelopes, lambda: NOW)
    await resealing.run()

    assert (await rows.sealed(one, NOW - DAY)) == (await rows.sealed(one, NOW))
    kept = await rows.sealed(two, NOW)
    assert kept is not None
    assert kept.former is not None
    assert kept.chat_webhook is not None
    assert envelopes.open(two, kept.former, "client_secret") == secret_of(ids(3)[1])
    assert envelopes.open(two, kept.chat_webhook, "chat_webhook") == "https://chat.test/x"
    assert (await resealing.progress()).model_dump() == {"newest": "k2", "remaining": 1}
    told = {name: REGISTRY.get_sample_value(name) for name in ("clearooms_secrets_unreadable",)}
    assert told == {"clearooms_secrets_unreadable": 1.0}
    assert REGISTRY.get_sample_value("clearooms_secrets_to_reseal", {"key": "k2"}) == 1.0


async def test_what_somebody_saved_meanwhile_is_not_overwritten(
    server: Server, portal: Database
) -> None:
    await found(server)
    one, rows = ids(1)[0], SealedStore(portal)
    old = await rows.sealed(one, NOW)
    assert old is not None
    await server.execute(
        "update credentials set sealed_secret = 'newer' where organisation_id = $1", one
    )

    assert not await rows.replace(one, old, Sealed(b"resealed", None, None))

    assert (
        await server.fetchval(
            "select sealed_secret from credentials where organisation_id = $1", one
        )
        == b"newer"
    )


async def _is(value: bool) -> bool:
    return value


def _opens(box: SecretBox, key: str) -> bool:
    sealed = SecretBox.parse(key).seal(
        "x", organisation_id=UUID(int=1), row_id=UUID(int=1), field="f"
    )
    try:
        box.open(sealed, organisation_id=UUID(int=1), row_id=UUID(int=1), field="f")
    except SecretUnreadable:
        return False
    return True

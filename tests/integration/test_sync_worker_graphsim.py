"""A simulated tenant over HTTPS, notifications through the real ingress, and the whole worker."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import pytest
from aiohttp import web

from contracts.events import Booking, decode_event
from contracts.routing import UNCLAIMED
from eventbus import Bus, Delivery, Done, Outcome
from eventbus.postgres import SCHEMA, open_postgres_bus
from graphclient import ClientStateKeys, Credentials, Graph, open_graph, seal
from graphsim import Address, Options, Simulator, serve
from pgstore import Role, SecretBox, open_database
from pgstore.testing import TestDatabase
from servicekit.clock import utc_now
from servicekit.http import serve_http
from sync_worker.app import WorkerOptions, run_worker
from webhook_ingress.app import add_ingress

from .subscription_office import SECRETS, Office

KEYS = ClientStateKeys.parse("k1:" + base64.b64encode(b"k" * 32).decode())
TOMORROW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
MARA = {"id": str(uuid4()), "address": "mara@x.test", "name": "Mara Lind"}


def wall(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


@dataclass
class Tenant:
    """One room in the simulated tenant, imported here and subscribed to."""

    office: Office
    room_id: UUID
    mailbox: UUID
    address: Address
    http: aiohttp.ClientSession
    received: list[Booking] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep(self, delivery: Delivery) -> Outcome:
        event = decode_event(delivery.body)
        self.keys.append(delivery.routing_key)
        if isinstance(event.data, Booking):
            self.received.append(event.data)
        self.arrived.set()
        return Done()

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not reached():
                self.arrived.clear()
                await self.arrived.wait()

    def statuses(self) -> list[str]:
        return [each.status for each in self.received]

    def latest(self) -> dict[UUID, Booking]:
        newest: dict[UUID, Booking] = {}
        for each in self.received:
            if each.id not in newest or newest[each.id].version < each.version:
                newest[each.id] = each
        return newest

    def living(self) -> list[Booking]:
        return [each for each in self.latest().values() if each.status != "cancelled"]

    async def outlook(self, method: str, path: str, body: object = None) -> Any:
        url = f"{self.address.origin}/_sim/{path}"
        async with self.http.request(method, url, json=body) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json() if answer.status != 204 else None

    async def meeting(self, start: datetime = TOMORROW, hours: int = 1, **fields: object) -> str:
        body = {
            "organizer": MARA["address"],
            "subject": "Secret merger",
            "start": wall(start),
            "end": wall(start + timedelta(hours=hours)),
            **fields,
        }
        made = await self.outlook("POST", f"mailboxes/{self.mailbox}/meetings", body)
        return str(made["event_id"])

    async def change(self, event_id: str, **fields: object) -> None:
        await self.outlook("PATCH", f"mailboxes/{self.mailbox}/meetings/{event_id}", fields)


@pytest.fixture
async def tenant(database: TestDatabase) -> AsyncIterator[Tenant]:
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(SCHEMA)
    await owner.close()
    office = await Office(database.login_dsn).open()
    mailbox = uuid4()
    room_id = await office.room(mailbox)
    simulator = Simulator(Options(appear_seconds=0.3, allow_http=True))
    async with (
        serve(simulator) as address,
        # The control API is on loopback and carries nothing worth a certificate check.
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as http,
        open_graph(f"{address.origin}/v1.0", address.origin, address.ca_file) as graph,
        open_postgres_bus(database.login_dsn) as bus,
        open_database(database.login_dsn, Role.WORKER) as worker,
        asyncio.TaskGroup() as group,
    ):
        made = Tenant(office, room_id, mailbox, address, http)
        await made.outlook("POST", "tenants", _founding(office, mailbox))
        stop = asyncio.Event()
        group.create_task(bus.consume(UNCLAIMED, made.keep, stop))
        async with _subscribed(made, bus, graph):
            group.create_task(
                run_worker(
                    worker, bus, graph, lambda: SecretBox.parse(SECRETS),
                    WorkerOptions(poll_seconds=3_600), utc_now, stop,
                )
            )  # fmt: skip
            await made.until(lambda: "room.synced" in made.keys)
            yield made
            report = await made.outlook("GET", "report")
            stop.set()
        assert report["guard_violations"] == []


def _founding(office: Office, mailbox: UUID) -> dict[str, object]:
    roles = ["Calendars.ReadWrite", "Directory.Read.All", "Place.Read.All"]
    return {
        "tenant_id": str(office.tenant_id),
        "apps": [{"client_id": str(office.client_id), "secret": office.secret, "roles": roles}],
        "rooms": [{"id": str(mailbox), "mailbox": "room@x.test", "name": "Room"}],
        "users": [MARA],
    }


@asynccontextmanager
async def _subscribed(made: Tenant, bus: Bus, graph: Graph) -> AsyncIterator[None]:
    app = web.Application()
    add_ingress(app, bus, lambda: KEYS, utc_now)
    office = made.office
    async with serve_http(app, "127.0.0.1:0") as (host, port):
        credentials = Credentials(office.tenant_id, office.client_id, office.secret)
        await graph.tenant(credentials).create_subscription(
            mailbox=made.mailbox,
            notification_url=f"http://{host}:{port}/graph/notifications",
            lifecycle_url=f"http://{host}:{port}/graph/lifecycle",
            client_state=seal(KEYS, made.room_id, office.tenant_id, office.client_id),
            expires_at=utc_now() + timedelta(days=1),
        )
        yield


async def test_a_meeting_is_pending_then_confirmed_moved_and_cancelled(tenant: Tenant) -> None:
    event_id = await tenant.meeting()
    await tenant.until(lambda: "confirmed" in tenant.statuses())
    later = TOMORROW + timedelta(hours=3)
    await tenant.change(event_id, start=wall(later), end=wall(later + timedelta(hours=1)))
    await tenant.until(lambda: any(b.start == later for b in tenant.living()))
    await tenant.change(event_id, cancel=True)
    await tenant.until(lambda: tenant.living() == [])
    assert {b.subject for b in tenant.received} == {"Mara Lind"}
    versions = [b.version for b in tenant.received]
    assert versions == sorted(set(versions))
    report = await tenant.outlook("GET", "report")
    assert set(report["event_gets"].values()) <= {1}


async def test_a_series_with_an_exception_and_a_cancelled_occurrence(tenant: Tenant) -> None:
    event_id = await tenant.meeting(
        recurrence={
            "pattern": {"type": "daily", "interval": 1},
            "range": {"type": "numbered", "numberOfOccurrences": 5},
        }
    )
    await tenant.until(lambda: [b.status for b in tenant.living()] == ["confirmed"] * 5)
    second, third = (str((TOMORROW + timedelta(days=day)).date()) for day in (1, 2))
    moved = TOMORROW + timedelta(days=1, hours=4)
    await tenant.change(
        event_id, occurrence=second, start=wall(moved), end=wall(moved + timedelta(hours=1))
    )
    await tenant.until(lambda: any(b.start == moved for b in tenant.living()))
    await tenant.change(event_id, occurrence=third, cancel=True)
    await tenant.until(lambda: len(tenant.living()) == 4)
    assert len({b.series_id for b in tenant.received}) == 1
    assert len(tenant.latest()) == 5


async def test_an_all_day_meeting_keeps_its_dates_and_a_free_one_occupies_nothing(
    tenant: Tenant,
) -> None:
    midnight = TOMORROW.replace(hour=0) + timedelta(days=2)
    await tenant.meeting(midnight, 24, all_day=True, subject="Fair")
    await tenant.meeting(TOMORROW, show_as="free")
    # Unanswered it shows as tentative, whatever the organiser asked for: told, then taken back.
    await tenant.until(
        lambda: [(b.all_day, b.status) for b in tenant.living()] == [(True, "confirmed")]
    )
    [booking] = tenant.living()
    assert (booking.start, booking.end) == (midnight, midnight + timedelta(days=1))


async def test_a_throttled_read_is_made_later(tenant: Tenant) -> None:
    await tenant.outlook(
        "POST",
        "faults",
        {
            "match": {"method": "GET", "path": "/events/"},
            "status": 429,
            "retry_after": 1,
            "times": 2,
        },
    )
    await tenant.meeting()
    await tenant.until(lambda: "confirmed" in tenant.statuses())
    report = await tenant.outlook("GET", "report")
    assert report["faults"][0]["fired"] > 0

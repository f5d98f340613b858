"""A simulated tenant over HTTPS, notifications through the real ingress, the whole worker, and what it publishes."""

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
from aiohttp import web

from contracts.commands import Book, Cancel, Change, Command, Person, encode_command
from contracts.events import Booking, CommandResult, decode_event
from contracts.routing import COMMANDS, SYNC_COMMANDS, UNCLAIMED
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
TOMORROW = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
BOB = {"id": str(uuid4()), "address": "bob@x.test", "name": "Bob Ray"}
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
    bus: Bus
    results: list[CommandResult] = field(default_factory=list)
    received: list[Booking] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep(self, delivery: Delivery) -> Outcome:
        event = decode_event(delivery.body)
        self.keys.append(delivery.routing_key)
        if isinstance(event.data, Booking):
            self.received.append(event.data)
        if isinstance(event.data, CommandResult):
            self.results.append(event.data)
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

    async def remove(self, event_id: str) -> None:
        await self.outlook("DELETE", f"mailboxes/{self.mailbox}/meetings/{event_id}")

    async def calendar(self, mailbox: object = None) -> list[dict[str, Any]]:
        """The meetings that the simulated Outlook shows as taking place in a mailbox, by default the room's."""
        where = mailbox or self.mailbox
        span = f"?from={TOMORROW - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}&to={TOMORROW + timedelta(days=20):%Y-%m-%dT%H:%M:%SZ}"
        listed = await self.outlook("GET", f"mailboxes/{where}/meetings{span}")
        return [row for row in listed["items"] if not row["is_cancelled"]]

    async def fault(self, method: str, path: str, **how: object) -> None:
        await self.outlook("POST", "faults", {"match": {"method": method, "path": path}, **how})

    async def send(self, command: Command, message_id: str | None = None) -> str:
        """Send a command as the platform does; its id."""
        name = message_id or str(uuid4())
        body = encode_command(
            command,
            organisation_id=self.office.id,
            source="/tests",
            time=utc_now(),
            message_id=name,
        )
        await self.bus.publish(COMMANDS, SYNC_COMMANDS, body)
        return name

    async def result(self, command_id: str) -> CommandResult:
        """The command's result, once it is there."""
        await self.until(lambda: any(each.command_id == command_id for each in self.results))
        return next(each for each in self.results if each.command_id == command_id)

    async def ask(self, command: Command) -> CommandResult:
        """Send a command and wait for its result."""
        return await self.result(await self.send(command))

    def book(self, start: datetime = TOMORROW, *, by: str = MARA["address"], **fields: Any) -> Book:
        """A booking of an hour."""
        return Book(
            **{
                "booking_id": uuid4(),
                "room_id": self.room_id,
                "sequence": 1,
                "start": start,
                "end": start + timedelta(hours=1),
                "subject": "Ours",
                "organizer": Person(name=by.split("@", maxsplit=1)[0].title(), email=by),
                **fields,
            }
        )

    def booking(self, booking_id: UUID) -> Booking:
        """The newest state of a booking."""
        return self.latest()[booking_id]


def move(booking: Booking, start: datetime, *, sequence: int = 2, **fields: Any) -> Change:
    """Move a booking of an hour."""
    return Change(
        **{
            "booking_id": booking.id,
            "sequence": sequence,
            "base_version": booking.version,
            "start": start,
            "end": start + timedelta(hours=1),
            **fields,
        }
    )


def cancel(booking_id: UUID, *, sequence: int = 3) -> Cancel:
    """Cancel a booking."""
    return Cancel(booking_id=booking_id, sequence=sequence, reason="Not needed")


@asynccontextmanager
async def running_tenant(
    database: TestDatabase, *, workers: int = 1, **options: Any
) -> AsyncIterator[Tenant]:
    """Everything up, the room loaded; afterwards no forbidden field was asked for."""
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(SCHEMA)
    await owner.close()
    office = await Office(database.login_dsn).open()
    mailbox = uuid4()
    room_id = await office.room(mailbox)
    simulator = Simulator(Options(**({"appear_seconds": 0.3, "allow_http": True} | options)))
    async with (
        serve(simulator) as address,
        # The control API is on loopback and carries nothing worth a certificate check.
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as http,
        open_graph(f"{address.origin}/v1.0", address.origin, address.ca_file) as graph,
        open_postgres_bus(database.login_dsn) as bus,
        open_database(database.login_dsn, Role.WORKER) as worker,
        asyncio.TaskGroup() as group,
    ):
        made = Tenant(office, room_id, mailbox, address, http, bus)
        await made.outlook("POST", "tenants", _founding(office, mailbox))
        stop = asyncio.Event()
        group.create_task(bus.consume(UNCLAIMED, made.keep, stop))
        async with _subscribed(made, bus, graph):
            for _ in range(workers):
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
        "rooms": [
            {
                "id": str(mailbox),
                "mailbox": "room@x.test",
                "name": "Room",
                "processing": {"process_external_meeting_messages": True},
            }
        ],
        "users": [MARA, BOB],
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

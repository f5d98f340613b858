"""Two organisations side by side in one portal, for the tests of who may what."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg
from aiohttp import web

from eventbus import Bus
from eventbus.postgres import SCHEMA, open_postgres_bus
from graphclient import open_graph
from graphsim import Options, Simulator, serve
from pgstore import Role, SecretBox, open_database
from pgstore.testing import TestDatabase
from portal.app import PortalOptions, add_portal
from servicekit.clock import utc_now
from servicekit.http import serve_http

KEYS = "s1:" + base64.b64encode(b"s" * 32).decode()
OPERATOR = "operator-canary-5d1c"
PASSWORD = "password-canary-77aa"
SECRET = "secret~canary~c0ffee"
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9"/></svg>'
ROLES = ["Calendars.ReadWrite", "Directory.Read.All", "Place.Read.All"]


@dataclass
class House:
    """One organisation with something of everything, and who works there."""

    id: UUID
    administrator: str
    member: str
    ids: dict[str, str]


@dataclass
class Town:
    session: aiohttp.ClientSession
    database: TestDatabase
    address: tuple[str, int]
    bus: Bus
    seen: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def call(
        self, method: str, path: str, token: str, body: Any = None, inside: UUID | None = None
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if inside:
            headers["X-Organisation"] = str(inside)
        sent: Any = {"data": body} if isinstance(body, bytes) else {"json": body}
        async with self.session.request(method, path, headers=headers, **sent) as answer:
            text = await answer.text()
            if (method, path) != ("POST", "/api/session"):
                self.seen.append(text + str(answer.headers))
            self.headers.append(dict(answer.headers))
            spoken = answer.content_type.endswith("json")
            return answer.status, await answer.json(content_type=None) if spoken else text

    async def good(self, method: str, path: str, token: str, body: Any = None) -> Any:
        status, answer = await self.call(method, path, token, body)
        assert status < 300, answer
        return answer

    async def sign_in(self, email: str) -> str:
        body = {"email": email, "password": PASSWORD}
        return str((await self.good("POST", "/api/session", "", body))["token"])

    async def settle(self, name: str, tenant: UUID, client: UUID, mailbox: UUID) -> House:
        """An organisation with a member, an integration, an office, a room and a booking."""
        boss, other = f"boss@{name}.test", f"member@{name}.test"
        made = await self.good(
            "POST",
            "/api/organisations",
            OPERATOR,
            {"name": name, "administrator": {"email": boss, "password": PASSWORD}},
        )
        token = await self.sign_in(boss)
        user = await self.good(
            "POST", "/api/users", token, {"email": other, "password": PASSWORD, "role": "member"}
        )
        await self.good(
            "PUT",
            "/api/integration",
            token,
            {
                "enabled": True,
                "tenant_id": str(tenant),
                "client_id": str(client),
                "client_secret": SECRET,
                "secret_expires_at": "2031-01-31T00:00:00Z",
            },
        )
        assert (await self.good("POST", "/api/integration/test", token, {}))["ok"]
        office = await self.good(
            "POST", "/api/offices", token, {"name": "HQ", "time_zone": "Europe/Berlin"}
        )
        spare = await self.good(
            "POST", "/api/offices", token, {"name": "Spare", "time_zone": "UTC"}
        )
        room = await self.good(
            "POST", "/api/rooms", token, {"mailbox_id": str(mailbox), "office_id": office["id"]}
        )
        booking = await self.book(UUID(made["id"]), UUID(room["id"]))
        ids = {
            "organisation_id": made["id"],
            "user_id": user["id"],
            "office_id": spare["id"],
            "room_id": room["id"],
            "booking_id": str(booking),
        }
        for office_id in (office["id"], spare["id"]):
            await self.good("PUT", f"/api/offices/{office_id}/plan/image", token, PICTURE)
        return House(UUID(made["id"]), token, await self.sign_in(other), ids)

    async def book(self, organisation_id: UUID, room_id: UUID) -> UUID:
        """A booking, written as the worker does."""
        booking_id, start = uuid4(), datetime.now(UTC) + timedelta(hours=1)
        connection = await asyncpg.connect(self.database.login_dsn)
        try:
            await connection.execute(f"set role {Role.WORKER}")
            await connection.execute(f"set clearooms.organisation = '{organisation_id}'")
            await connection.execute(
                "insert into bookings (organisation_id, room_id, id, event_id, kind, etag, starts, ends, time_zone,"
                " subject, organizer_name, organizer_email, status, origin, version, changed_at)"
                " values ($1, $2, $3, 'E', 'single', 'e', $4, $5, 'UTC', 'Standup', 'Mara', 'm@x.test', 'confirmed',"
                " 'outlook', 1, $4)",
                organisation_id,
                room_id,
                booking_id,
                start,
                start + timedelta(hours=1),
            )
        finally:
            await connection.close()
        return booking_id


@asynccontextmanager
async def open_town(database: TestDatabase) -> AsyncIterator[tuple[Town, House, House]]:
    """The portal over HTTP with two organisations that have something of everything."""
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(SCHEMA)
    await owner.close()
    tenants = [(uuid4(), uuid4(), uuid4()) for _ in range(2)]
    app = web.Application()
    async with (
        serve(Simulator(Options())) as cloud,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as control,
        open_postgres_bus(database.login_dsn) as bus,
        open_database(database.login_dsn, Role.PORTAL) as rows,
        open_graph(f"{cloud.origin}/v1.0", cloud.origin, cloud.ca_file) as graph,
    ):
        for tenant, client, mailbox in tenants:
            body = {
                "tenant_id": str(tenant),
                "apps": [{"client_id": str(client), "secret": SECRET, "roles": ROLES}],
                "rooms": [{"id": str(mailbox), "mailbox": f"r@{mailbox}.test", "name": "Room"}],
                "users": [],
            }
            async with control.post(f"{cloud.origin}/_sim/tenants", json=body) as answer:
                assert answer.status < 300, await answer.text()
        options = PortalOptions(OPERATOR)  # polls: nobody listens for notifications here
        secrets = SecretBox.parse(KEYS)
        add_portal(app, rows, bus, graph, lambda: secrets, options, utc_now, result_seconds=0.1)
        async with (
            serve_http(app, "127.0.0.1:0") as (host, port),
            aiohttp.ClientSession(f"http://{host}:{port}") as session,
        ):
            made = Town(session, database, (host, port), bus)
            ours = await made.settle("ours", *tenants[0])
            theirs = await made.settle("theirs", *tenants[1])
            yield made, ours, theirs

"""The whole portal over HTTP in front of a simulated tenant, for what administrators do with its rooms."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg
from aiohttp import web

from eventbus.postgres import SCHEMA, open_postgres_bus
from graphclient import ClientStateKeys, open_graph
from graphsim import Options, Simulator, serve
from pgstore import Role, SecretBox, open_database
from pgstore.testing import TestDatabase
from portal.app import PortalOptions, add_portal
from servicekit.clock import utc_now
from servicekit.http import serve_http
from webhook_ingress.app import add_ingress

from .portal_scene import KEYS, OFFICE, OPERATOR, PASSWORD

SECRET = "s3~right-value"
ROLES = ("Calendars.ReadWrite", "Directory.Read.All", "Place.Read.All")

Json = dict[str, Any]


@dataclass
class Account:
    """An organisation of the portal, by its administrator's token."""

    id: UUID
    token: str
    office: str
    client: UUID


@dataclass
class PortalTenant:
    """One tenant that any number of organisations connect to, each with an app of its own."""

    session: aiohttp.ClientSession
    control: aiohttp.ClientSession
    origin: str
    tenant: UUID = field(default_factory=uuid4)

    async def call(self, method: str, path: str, token: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.session.request(method, path, json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def good(self, method: str, path: str, token: str, body: Any = None) -> Any:
        status, answer = await self.call(method, path, token, body)
        assert status < 300, answer
        return answer

    async def plant(self, path: str, body: Json) -> None:
        async with self.control.post(f"{self.origin}/_sim{path}", json=body) as answer:
            assert answer.status < 300, await answer.text()

    async def look(self, path: str) -> Any:
        async with self.control.get(f"{self.origin}/_sim{path}") as answer:
            return await answer.json()

    async def as_app(self, account: Account, path: str, body: Json) -> None:
        """A POST to Graph in the name of the organisation's app."""
        form = {
            "grant_type": "client_credentials",
            "client_id": str(account.client),
            "client_secret": SECRET,
            "scope": "https://graph.microsoft.com/.default",
        }
        url = f"{self.origin}/{self.tenant}/oauth2/v2.0/token"
        async with self.control.post(url, data=form) as answer:
            token = (await answer.json())["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Prefer": 'IdType="ImmutableId"'}
        async with self.control.post(
            f"{self.origin}/v1.0{path}", json=body, headers=headers
        ) as answer:
            assert answer.status < 300, await answer.text()

    async def found(self, **body: Any) -> None:
        await self.plant("/tenants", {"tenant_id": str(self.tenant), "domain": "x.example"} | body)

    async def organisation(self, name: str, **app: Any) -> Account:
        """An organisation that is connected, and has an office."""
        client = uuid4()
        given = {"client_id": str(client), "secret": SECRET, "roles": ROLES} | app
        await self.found(apps=[given])
        sign_in = {"email": f"admin@{name}.example", "password": PASSWORD}
        made = await self.good(
            "POST", "/api/organisations", OPERATOR, {"name": name, "administrator": sign_in}
        )
        token = (await self.good("POST", "/api/session", "", sign_in))["token"]
        await self.good(
            "PUT",
            "/api/integration",
            token,
            {
                "enabled": True,
                "tenant_id": str(self.tenant),
                "client_id": str(client),
                "client_secret": SECRET,
            },
        )
        office = await self.good("POST", "/api/offices", token, OFFICE)
        return Account(UUID(made["id"]), token, office["id"], client)


@asynccontextmanager
async def open_portal_tenant(
    database: TestDatabase, *, ingress: bool = False, upkeep_seconds: float = 3600.0, **options: Any
) -> AsyncIterator[PortalTenant]:
    """The portal on this database, the simulator with these options, and our own ingress where it is wanted."""
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(SCHEMA)
    await owner.close()
    app, hooks = web.Application(), web.Application()
    async with (
        serve(Simulator(Options(allow_http=True, **options))) as cloud,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as control,
        open_postgres_bus(database.login_dsn) as bus,
        open_database(database.login_dsn, Role.PORTAL) as rows,
        open_graph(f"{cloud.origin}/v1.0", cloud.origin, cloud.ca_file) as graph,
    ):
        add_ingress(hooks, bus, lambda: ClientStateKeys.parse(KEYS), utc_now)
        async with serve_http(hooks, "127.0.0.1:0") as (hook_host, hook_port):
            add_portal(
                app,
                rows,
                bus,
                graph,
                lambda: SecretBox.parse(KEYS),
                PortalOptions(OPERATOR, f"http://{hook_host}:{hook_port}" if ingress else ""),
                utc_now,
                upkeep_seconds=upkeep_seconds,
            )
            async with (
                serve_http(app, "127.0.0.1:0") as (host, port),
                aiohttp.ClientSession(f"http://{host}:{port}") as session,
            ):
                yield PortalTenant(session, control, cloud.origin)

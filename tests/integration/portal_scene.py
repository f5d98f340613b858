"""The whole portal in this process over HTTP, for tests."""

import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg
from aiohttp import web

from eventbus import Bus
from eventbus.postgres import SCHEMA, open_postgres_bus
from graphclient import open_graph
from pgstore import Role, SecretBox, open_database
from pgstore.testing import TestDatabase
from portal.app import PortalOptions, add_portal
from servicekit.clock import utc_now
from servicekit.http import serve_http

from .portal_graph import PortalGraph, serve_portal_graph

KEYS = "s1:" + base64.b64encode(b"s" * 32).decode()
OPERATOR = "operator-of-this-test-alone"
PASSWORD = "correct horse battery"
OFFICE = {"name": "HQ", "time_zone": "Europe/Berlin", "opens": "08:00", "closes": "18:00"}

Json = dict[str, Any]


@dataclass
class Answer:
    status: int
    body: Any
    headers: Any


@dataclass
class Scene:
    """The portal over HTTP and everything behind it; closing `serving` ends the portal as a stop does."""

    session: aiohttp.ClientSession
    graph: PortalGraph
    bus: Bus
    database: TestDatabase
    serving: AsyncExitStack
    texts: list[str] = field(default_factory=list)

    async def call(
        self, method: str, path: str, body: Any = None, token: str | None = None, **headers: str
    ) -> Answer:
        if token:
            headers["Authorization"] = f"Bearer {token}"
        async with self.session.request(method, path, json=body, headers=headers) as answer:
            text = await answer.text()
            self.texts.append(text + str(answer.headers))
            return Answer(
                answer.status,
                await answer.json(content_type=None) if text else None,
                answer.headers,
            )

    async def good(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        answer = await self.call(method, path, body, token)
        assert answer.status < 300, answer.body
        return answer.body

    async def organisation(self, name: str) -> tuple[UUID, str]:
        """A new organisation; its id and its administrator's token."""
        email = f"admin@{name}.example"
        made = await self.good(
            "POST",
            "/api/organisations",
            {"name": name, "administrator": {"email": email, "password": PASSWORD}},
            OPERATOR,
        )
        return UUID(made["id"]), await self.sign_in(email)

    async def sign_in(self, email: str) -> str:
        signed = await self.good("POST", "/api/session", {"email": email, "password": PASSWORD})
        return str(signed["token"])

    async def connected(self, token: str, tenant: UUID | None = None) -> UUID:
        """Save the integration and add an office; the office's id."""
        await self.good("PUT", "/api/integration", self.integration(tenant=tenant), token)
        office = await self.good("POST", "/api/offices", OFFICE, token)
        return UUID(office["id"])

    def integration(self, *, tenant: UUID | None = None, **more: Any) -> Json:
        return {
            "enabled": True,
            "tenant_id": str(tenant or uuid4()),
            "client_id": str(uuid4()),
            "client_secret": self.graph.secret,
        } | more

    async def room(self, token: str, office: UUID, nth: int = 0) -> Json:
        body = {"mailbox_id": str(self.graph.rooms[nth]), "office_id": str(office)}
        made: Json = await self.good("POST", "/api/rooms", body, token)
        return made


@asynccontextmanager
async def open_scene(
    database: TestDatabase, folder: Path, bus: Bus, *, result_seconds: float
) -> AsyncIterator[Scene]:
    """The portal on this database and bus; its requests wait so long for results."""
    app = web.Application()
    async with (
        serve_portal_graph(folder) as fake,
        open_database(database.login_dsn, Role.PORTAL) as rows,
        open_graph(f"{fake.url}/v1.0", fake.url, fake.ca_file) as graph,
        AsyncExitStack() as serving,
    ):
        add_portal(
            app,
            rows,
            bus,
            graph,
            lambda: SecretBox.parse(KEYS),
            PortalOptions(OPERATOR, "https://hooks.test"),
            utc_now,
            result_seconds=result_seconds,
        )
        host, port = await serving.enter_async_context(serve_http(app, "127.0.0.1:0"))
        async with aiohttp.ClientSession(f"http://{host}:{port}") as session:
            yield Scene(session, fake, bus, database, serving)


@asynccontextmanager
async def open_scene_on_postgres(database: TestDatabase, folder: Path) -> AsyncIterator[Scene]:
    """The same on the Postgres bus, where nobody answers commands."""
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(SCHEMA)
    await owner.close()
    async with (
        open_postgres_bus(database.login_dsn) as bus,
        open_scene(database, folder, bus, result_seconds=1) as made,
    ):
        yield made


@dataclass
class House:
    """An organisation with one room."""

    id: UUID
    token: str
    room: UUID


async def settled(scene: Scene, name: str, nth: int) -> House:
    """Founded, connected, its room imported."""
    organisation, token = await scene.organisation(name)
    room = await scene.room(token, await scene.connected(token), nth)
    return House(organisation, token, UUID(room["id"]))

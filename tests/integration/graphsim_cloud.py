"""A served simulator, spoken to with plain aiohttp: no client of ours."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
from aiohttp import web

from graphsim import Address, Options, Simulator, serve

TENANT, OTHER_TENANT = UUID(int=0x10), UUID(int=0x20)
CLIENT, ROOM, ANN, BOB = (UUID(int=0x11 + number) for number in range(4))
SECRET = "s3~value"
ROLES = ("Calendars.ReadWrite", "Directory.Read.All", "Place.Read.All")
SELECT = "subject,start,end,organizer,type,responseStatus"

IMMUTABLE = 'IdType="ImmutableId"'
INVITED = {"type": "resource", "emailAddress": {"name": "Room", "address": "room@x.example"}}


def moment(hours: float, zone: str = "UTC") -> dict[str, str]:
    """An hour from now as Graph takes it, in wall time of a zone at UTC."""
    when = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)
    return {"dateTime": when.strftime("%Y-%m-%dT%H:%M:%S"), "timeZone": zone}


def body_of(hours: float = 2, **more: Any) -> dict[str, Any]:
    """An event's body, half an hour long."""
    span = {"start": moment(hours), "end": moment(hours + 0.5)}
    return {"subject": "Secret plans", **span, **more}


@dataclass
class Reply:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])


@dataclass
class Hook:
    """A notification endpoint; `items` are what it took, `answers` what it says next."""

    url: str
    items: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    challenges: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        if "validationToken" in request.query:
            self.challenges += 1
            return web.Response(text=request.query["validationToken"])
        status = self.answers.pop(0) if self.answers else 202
        if status == 202:
            self.items += (await request.json())["value"]
            self.arrived.set()
        return web.Response(status=status)

    async def until(self, count: int) -> list[dict[str, Any]]:
        async with asyncio.timeout(5):
            while len(self.items) < count:
                self.arrived.clear()
                await self.arrived.wait()
        return self.items


@dataclass
class Cloud:
    simulator: Simulator
    address: Address
    session: aiohttp.ClientSession
    token: str = ""

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        async with self.session.request(
            method, self.address.origin + path, json=body, headers=headers
        ) as answer:
            content = await answer.json(content_type=None) if await answer.read() else None
            return Reply(answer.status, content, {k.lower(): v for k, v in answer.headers.items()})

    async def graph(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        if not self.token:
            self.token = (await self.sign_in()).body["access_token"]
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        return await self.call(method, f"/v1.0{path}", body, **sent)

    async def sign_in(self, tenant: object = TENANT, **form: str) -> Reply:
        data = {
            "grant_type": "client_credentials",
            "client_id": str(CLIENT),
            "client_secret": SECRET,
            "scope": "https://graph.microsoft.com/.default",
        } | form
        url = f"{self.address.origin}/{tenant}/oauth2/v2.0/token"
        async with self.session.post(url, data=data) as answer:
            return Reply(answer.status, await answer.json(), {})

    async def found(self, roles: tuple[str, ...] = ROLES, **room: Any) -> None:
        await self.call(
            "POST",
            "/_sim/tenants",
            {
                "tenant_id": str(TENANT),
                "apps": [{"client_id": str(CLIENT), "secret": SECRET, "roles": roles}],
                "rooms": [{"id": str(ROOM), "mailbox": "room@x.example", "name": "Room", **room}],
                "users": [
                    {"id": str(ANN), "address": "ann@x.example", "name": "Ann Lee"},
                    {"id": str(BOB), "address": "bob@x.example", "name": "Bob Ray"},
                ],
            },
        )

    async def meet(self, hours: float = 2, **more: Any) -> Reply:
        start = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)
        body = {
            "organizer": "ann@x.example",
            "subject": "Secret plans",
            "start": start.isoformat(),
            "end": (start + timedelta(minutes=30)).isoformat(),
        } | more
        return await self.call("POST", f"/_sim/mailboxes/{ROOM}/meetings", body)

    async def event(self, event_id: str, select: str = SELECT) -> Reply:
        path = f"/users/{ROOM}/events/{event_id}?$select={select}"
        return await self.graph("GET", path, Prefer=IMMUTABLE)

    async def create(self, owner: UUID, hours: float = 2, **more: Any) -> Reply:
        return await self.graph(
            "POST", f"/users/{owner}/events", body_of(hours, **more), Prefer=IMMUTABLE
        )

    async def act(self, owner: UUID, event: Any, action: str, **body: Any) -> Reply:
        return await self.graph("POST", f"/users/{owner}/events/{event}/{action}", body)

    async def patch(self, owner: UUID, event: Any, body: Any, **headers: str) -> Reply:
        path = f"/users/{owner}/events/{event}"
        return await self.graph("PATCH", path, body, Prefer=IMMUTABLE, **headers)

    async def delete(self, owner: UUID, event: Any, **headers: str) -> Reply:
        return await self.graph("DELETE", f"/users/{owner}/events/{event}", **headers)

    async def rows(self, mailbox: UUID) -> list[dict[str, Any]]:
        """What Outlook shows of a mailbox."""
        rows: list[dict[str, Any]] = (
            await self.call("GET", f"/_sim/mailboxes/{mailbox}/meetings")
        ).body["items"]
        return rows

    async def report(self) -> Any:
        return (await self.call("GET", "/_sim/report")).body

    def attend(self) -> None:
        """Lets the booking attendant answer everything that waits."""
        self.simulator.clock.advance(self.simulator.options.appear_seconds)
        self.simulator.state.agenda.run_due(self.simulator.clock.now())

    async def subscribe(self, hook: str, **more: Any) -> Reply:
        expires = datetime.now(UTC) + timedelta(minutes=1_000)
        body = {
            "changeType": "created,updated,deleted",
            "notificationUrl": hook,
            "lifecycleNotificationUrl": hook,
            "resource": f"users/{ROOM}/events",
            "expirationDateTime": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "clientState": "k3y",
        } | more
        return await self.graph("POST", "/subscriptions", body, Prefer=IMMUTABLE)


@asynccontextmanager
async def running_cloud(folder: Path, **options: Any) -> AsyncIterator[Cloud]:
    given = {"allow_http": True, "appear_seconds": 0.05, "retry_first_seconds": 0.05} | options
    simulator = Simulator(Options(**given), folder)
    async with serve(simulator) as address:
        tls = ssl.create_default_context(cafile=address.ca_file)
        connector = aiohttp.TCPConnector(ssl=tls)
        async with aiohttp.ClientSession(connector=connector) as session:
            cloud = Cloud(simulator, address, session)
            await cloud.found()
            yield cloud


@asynccontextmanager
async def running_hook() -> AsyncIterator[Hook]:
    hook = Hook("")
    app = web.Application()
    app.router.add_post("/n", hook.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/n?src=a"
    try:
        yield hook
    finally:
        await runner.cleanup()

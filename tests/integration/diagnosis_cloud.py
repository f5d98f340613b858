"""A simulated tenant with one thing planted in it, the real ingress in front of it, and Test Settings against both."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import trustme
from aiohttp import web

from contracts.hints import join_hints
from eventbus import Coalescer
from graphclient import ClientStateKeys, Credentials, open_graph
from graphsim import Options, Simulator, serve
from graphsim.certificates import server_context
from portal.domain.diagnosis import TestResult, diagnose
from portal.domain.evidence import Evidence
from portal.domain.scope import Scope, scope_of
from portal.domain.wire import looks_like_guid
from portal.handlers.probe import Questions, gather_evidence
from servicekit.clock import utc_now
from webhook_ingress.handlers import Reception
from webhook_ingress.routes import add_routes, count_items

TENANT, OTHER_TENANT = UUID(int=0xA0), UUID(int=0xA1)
CLIENT, OTHER_CLIENT = UUID(int=0xB0), UUID(int=0xB1)
ROOMS = tuple(UUID(int=0xC0 + n) for n in range(3))
ANN, BOB = UUID(int=0xD0), UUID(int=0xD1)
SECRET = "s3~right-value-of-forty-characters-or-so"
OTHER_SECRET = "o7~another-app's-secret"
KEY_ID = "1f0d3c52-0000-4000-8000-00000000beef"
ROLES = ("Calendars.ReadWrite", "Directory.Read.All", "Place.Read.All")
LIMITED = ("Directory.Read.All", "Place.Read.All")
ANNS, NOBODYS = "ann@x.example", "nobody@x.example"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plant:
    """What is different from a healthy tenant-wide set-up, before anybody presses Test Settings.

    `later` is a second founding of the tenant, when every lag of the first one is over. `webhook` is the ingress unless it
    names another kind of address.
    """

    options: Json = field(default_factory=dict)
    app: Json = field(default_factory=dict)
    later: Json | None = None
    rooms: dict[int, Json] = field(default_factory=dict)
    every_room: Json = field(default_factory=dict)
    room_count: int = 3
    many: int = 0
    faults: tuple[Json, ...] = ()
    defect: str | None = None
    meetings: tuple[Json, ...] = ()
    tenant_id: UUID = TENANT
    client_id: UUID = CLIENT
    secret: str = SECRET
    imported: frozenset[UUID] = frozenset()
    outside: str | None = None
    write: bool = False
    webhook: str = "ingress"


@dataclass(frozen=True, slots=True)
class Pressed:
    """The answer to one press, and what it left behind."""

    result: TestResult
    scope: Scope
    evidence: Evidence
    subscriptions: int
    events: int
    violations: list[object]

    @property
    def codes(self) -> set[str]:
        return {str(each.code) for each in self.result.causes}

    @property
    def failing(self) -> set[str]:
        return {each.name for each in self.result.checks if each.result == "fail"}


async def press(plant: Plant, folder: Path) -> Pressed:
    """Plant it and press Test Settings once, over HTTPS."""
    given: Json = {"allow_http": True, "appear_seconds": 0.01} | plant.options
    simulator = Simulator(Options.read(given), folder)
    async with (
        serve(simulator) as cloud,
        _ingress(plant.webhook, folder) as webhook_url,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as session,
        open_graph(f"{cloud.origin}/v1.0", cloud.origin, cloud.ca_file) as graph,
    ):

        async def control(path: str, body: Json | None = None) -> Any:
            async with session.request(
                "POST" if body is not None else "GET", f"{cloud.origin}/_sim{path}", json=body
            ) as answer:
                assert answer.status < 300, await answer.text()
                return await answer.json(content_type=None)

        await control("/tenants", _tenant(plant))
        await control("/tenants", {"tenant_id": str(OTHER_TENANT), "domain": "other.example"})
        if plant.later is not None:
            await control("/clock", {"advance": 400})
            await control("/tenants", plant.later)
        for meeting in plant.meetings:
            await control(f"/mailboxes/{ROOMS[0]}/meetings", meeting)
        if plant.meetings:
            await control("/clock", {"advance": 5})
        if plant.defect is not None:
            await control("/defects", {"kind": plant.defect, "times": None})
        for fault in plant.faults:
            await control("/faults", fault)
        credentials = Credentials(plant.tenant_id, plant.client_id, plant.secret)
        seen = await gather_evidence(
            graph.fresh_tenant(credentials),
            plant.client_id,
            secret_is_guid=looks_like_guid(plant.secret),
            imported=plant.imported,
            beyond=Questions(webhook_url, utc_now, plant.outside, plant.write),
        )
        now = utc_now()
        result = diagnose(seen, tenant_id=plant.tenant_id, client_id=plant.client_id, now=now)
        report = await control("/report")
        left = (await control("/subscriptions"))["items"]
        unfired = [each for each in report["faults"] if not each["fired"]]
        assert not unfired, unfired
        far = (
            f"?from={now + timedelta(days=1400):%Y-%m-%d}&to={now + timedelta(days=1600):%Y-%m-%d}"
        )
        events = 0
        for room in () if plant.many else ROOMS[: plant.room_count]:
            events += len((await control(f"/mailboxes/{room}/meetings{far}"))["items"])
        return Pressed(result, scope_of(seen), seen, len(left), events, report["guard_violations"])


def _tenant(plant: Plant) -> Json:
    rooms = [
        {"id": str(room), "mailbox": f"room{n}@x.example", "name": f"Room {n}"}
        | plant.every_room
        | plant.rooms.get(n, {})
        for n, room in enumerate(ROOMS[: plant.room_count])
    ]
    app = {
        "client_id": str(CLIENT),
        "secrets": [{"value": SECRET, "key_id": KEY_ID}],
        "roles": list(ROLES),
    } | plant.app
    return {
        "tenant_id": str(TENANT),
        "domain": "x.example",
        "apps": [app, {"client_id": str(OTHER_CLIENT), "secret": OTHER_SECRET}],
        "rooms": {"count": plant.many, "events": 0} if plant.many else rooms,
        "users": [
            {"id": str(ANN), "address": ANNS, "name": "Ann Lee"},
            {"id": str(BOB), "address": "bob@x.example", "name": "Bob Ray"},
        ],
    }


@asynccontextmanager
async def _ingress(kind: str, folder: Path) -> AsyncIterator[str]:
    """The address that Graph is given: our own ingress, or something that stands in its way."""
    async with AsyncExitStack() as resources:
        if kind == "none":
            yield ""
        elif kind == "nobody":
            yield "https://127.0.0.1:9"
        elif kind == "http":
            yield "http://hooks.x.example"
        else:
            app = web.Application()
            if kind in _IN_THE_WAY:
                app.router.add_post("/{path:.*}", _IN_THE_WAY[kind])
            else:
                _add_ingress(app)
            runner = web.AppRunner(app, shutdown_timeout=0.1)
            await runner.setup()
            resources.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=_context(kind, folder)).start()
            yield f"https://127.0.0.1:{runner.addresses[0][1]}"


def _add_ingress(app: web.Application) -> None:
    keys = ClientStateKeys.parse("k1:" + base64.b64encode(b"k" * 32).decode())

    async def unused(_body: bytes) -> None:
        raise AssertionError("nothing authentic arrives in these tests")

    out = [Coalescer(unused, join_hints) for _ in range(2)]
    add_routes(app, Reception(out[0], out[1], lambda: keys, utc_now, count_items), body_seconds=5.0)


def _context(kind: str, folder: Path) -> ssl.SSLContext:
    if kind != "self_signed":
        return server_context(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


async def _forbids(_request: web.Request) -> web.Response:
    return web.Response(status=403, text="<html>please sign in</html>", content_type="text/html")


async def _redirects(request: web.Request) -> web.Response:
    return web.Response(status=308, headers={"Location": f"{request.path}/"})


async def _alters(request: web.Request) -> web.Response:
    return web.Response(text=request.query["validationToken"] + "\n")


async def _quotes(request: web.Request) -> web.Response:
    return web.json_response(request.query["validationToken"])


async def _forbids_lifecycle(request: web.Request) -> web.Response:
    if request.path.endswith("/lifecycle"):
        return web.Response(status=403)
    return web.Response(text=request.query["validationToken"])


async def _keeps_silent(_request: web.Request) -> web.Response:
    await asyncio.Event().wait()
    return web.Response()


_IN_THE_WAY: Mapping[str, Any] = {
    "forbids": _forbids,
    "redirects": _redirects,
    "alters": _alters,
    "quotes": _quotes,
    "forbids_lifecycle": _forbids_lifecycle,
    "keeps_silent": _keeps_silent,
}


def meeting(organizer: str | None, hours: float, subject: str = "Plans") -> Json:
    """A meeting in the first room, an hour long, so many hours from today's noon."""
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    start = noon + timedelta(days=1, hours=hours)
    return {
        "organizer": organizer,
        "subject": subject,
        "start": start.isoformat(),
        "end": (start + timedelta(hours=1)).isoformat(),
    }

"""The portal with "Sign in with Microsoft" before the simulator, and browsers that remember nothing but their cookies."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

import aiohttp
import asyncpg
from aiohttp import web

from eventbus.postgres import SCHEMA, open_postgres_bus
from graphclient import Registration, open_graph
from graphsim import Options, Simulator, serve
from graphsim.tenants import Tenant
from graphsim.tokens import Tokens
from pgstore import Role, SecretBox, open_database
from pgstore.testing import TestDatabase
from portal.app import PortalOptions, add_portal
from servicekit.clock import utc_now
from servicekit.http import serve_http

from .portal_scene import KEYS, OPERATOR, PASSWORD

ORIGIN = "https://portal.test"
BACK = f"{ORIGIN}/sign-in/microsoft/back"
SECRET = "s3~right-value"
ROLES = ("Calendars.ReadWrite", "Directory.Read.All", "Place.Read.All")

Json = dict[str, Any]


@dataclass
class Doorstep:
    """`ahead` moves the portal's clock, `secret` is the registration's as the portal has it."""

    portal: aiohttp.ClientSession
    outside: aiohttp.ClientSession
    entra: str
    keys: Tokens
    app: UUID
    database: TestDatabase
    secret: str = SECRET
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return utc_now() + self.ahead

    async def sim(self, path: str, body: Json) -> None:
        async with self.outside.post(f"{self.entra}/_sim{path}", json=body) as answer:
            assert answer.status < 300, await answer.text()

    async def forget_faults(self) -> None:
        async with self.outside.delete(f"{self.entra}/_sim/faults") as answer:
            assert answer.status < 300

    async def rest(self, method: str, path: str, token: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.portal.request(method, path, json=body, headers=headers) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json(content_type=None) if answer.status != 204 else None

    async def house(self, *, saved: bool = True, tested: bool = True, **app: Any) -> "House":
        """An organisation whose administrator Ann is somebody of its own tenant, too."""
        name = f"h{uuid4().hex[:10]}"
        house = House(self, name, uuid4(), uuid4(), f"ann@{name}.example")
        given = {"client_id": str(house.client), "secret": SECRET, "roles": ROLES} | app
        room = {"id": str(uuid4()), "mailbox": f"room@{name}.example", "name": "Room"}
        await house.found(apps=[given], rooms=[room])
        await house.person(house.email)
        administrator = {"email": house.email, "password": PASSWORD}
        made = await self.rest(
            "POST", "/api/organisations", OPERATOR, {"name": name, "administrator": administrator}
        )
        house.organisation = UUID(made["id"])
        house.token = (await self.rest("POST", "/api/session", "", administrator))["token"]
        if saved:
            await house.save()
        if saved and tested:
            assert (await self.rest("POST", "/api/integration/test", house.token, {}))["ok"]
        return house


@dataclass
class House:
    """An organisation and its tenant."""

    doorstep: Doorstep
    name: str
    tenant: UUID
    client: UUID
    email: str
    token: str = ""
    organisation: UUID | None = None

    async def found(self, **body: Any) -> None:
        await self.doorstep.sim("/tenants", {"tenant_id": str(self.tenant)} | body)

    async def person(self, sign_in_name: str, person: UUID | None = None) -> UUID:
        """Somebody of the tenant, by the name they sign in with."""
        person = person or uuid4()
        one = {
            "id": str(person),
            "address": f"{person.hex[:8]}@{self.name}.example",
            "name": "Ann Lee",
        }
        await self.found(users=[one | {"sign_in_name": sign_in_name}])
        return person

    async def save(self, **changes: Any) -> None:
        """With a new secret where nothing is changed."""
        body = {"enabled": True, "tenant_id": str(self.tenant), "client_id": str(self.client)}
        await self.doorstep.rest(
            "PUT", "/api/integration", self.token, body | (changes or {"client_secret": SECRET})
        )

    async def member(self, email: str) -> str:
        """A member of the organisation; their id."""
        body = {"email": email, "password": PASSWORD, "role": "member"}
        made = await self.doorstep.rest("POST", "/api/users", self.token, body)
        return str(made["id"])

    async def audit(self, action: str) -> list[Json]:
        entries = (await self.doorstep.rest("GET", "/api/audit", self.token))["items"]
        return [entry["detail"] for entry in entries if entry["action"] == action]


@dataclass
class Browser:
    """One browser: its cookies and what it saw."""

    doorstep: Doorstep
    cookies: dict[str, str] = field(default_factory=dict)
    set_last: dict[str, Any] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    async def get(self, path: str) -> tuple[int, str]:
        """A page of the portal: its status and where it leads to."""
        header = "; ".join(f"{name}={text}" for name, text in self.cookies.items())
        async with self.doorstep.portal.get(
            path, headers={"Cookie": header} if header else {}, allow_redirects=False
        ) as answer:
            self.seen.append(await answer.text())
            self.set_last = {}
            for line in answer.headers.getall("Set-Cookie", []):
                for name, morsel in SimpleCookie(line).items():
                    self.set_last[name] = morsel
                    if morsel["max-age"] in {"0", 0}:
                        self.cookies.pop(name, None)
                    else:
                        self.cookies[name] = morsel.value
            return answer.status, answer.headers.get("Location", "")

    async def depart(self, to: str = "") -> str:
        """Off to Microsoft; the address there."""
        status, address = await self.get("/sign-in/microsoft" + to)
        assert (status, address.startswith(self.doorstep.entra)) == (303, True), address
        return address

    async def choose(self, address: str, **form: str) -> str:
        """A click at Microsoft; the path with which it comes back."""
        async with self.doorstep.outside.post(address, data=form, allow_redirects=False) as answer:
            place = answer.headers["Location"]
        assert place.startswith(BACK + "?")
        return place.removeprefix(ORIGIN)

    async def sign_in(self, account: UUID, to: str = "") -> str:
        """The whole way; where it ends."""
        back = await self.choose(await self.depart(to), account=str(account))
        return (await self.get(back))[1]

    async def inside(self) -> Json | None:
        """The status page's answer for this session, None where it is none."""
        async with self.doorstep.portal.get(
            "/api/status", headers={"Authorization": f"Bearer {self.session}"}
        ) as answer:
            return await answer.json() if answer.status == 200 else None

    @property
    def session(self) -> str:
        return self.cookies.get("__Host-session", "nobody's")


def asked(address: str) -> dict[str, str]:
    """What an address asks."""
    return dict(parse_qsl(urlsplit(address).query))


@asynccontextmanager
async def open_doorstep(database: TestDatabase, folder: Path) -> AsyncIterator[Doorstep]:
    """Both, running; the registration is in a tenant of its own."""
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(SCHEMA)
    await owner.close()
    application, app = web.Application(), uuid4()
    # Made before the simulator, which finds the key in its folder: what is signed with it looks like Entra's.
    keys = Tokens(folder / "token-key.pem", 3599)
    keys.sign(Tenant(UUID(int=1), "x"), {})
    async with (
        serve(Simulator(Options(), folder)) as cloud,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as outside,
        open_postgres_bus(database.login_dsn) as bus,
        open_database(database.login_dsn, Role.PORTAL) as rows,
        open_graph(f"{cloud.origin}/v1.0", cloud.origin, cloud.ca_file) as graph,
    ):
        made = Doorstep(outside, outside, cloud.origin, keys, app, database)
        issuer = f"{cloud.origin}/organizations/v2.0"
        options = PortalOptions(
            OPERATOR,
            portal_url=ORIGIN,
            registration=Registration(issuer, str(app), lambda: made.secret),
        )
        add_portal(
            application, rows, bus, graph, lambda: SecretBox.parse(KEYS), options, made.now,
            upkeep_seconds=3600.0,
        )  # fmt: skip
        given = {
            "client_id": str(app),
            "secret": SECRET,
            "multi_tenant": True,
            "redirect_uris": [BACK],
        }
        await made.sim("/tenants", {"tenant_id": str(uuid4()), "apps": [given]})
        async with (
            serve_http(application, "127.0.0.1:0") as (host, port),
            aiohttp.ClientSession(
                f"http://{host}:{port}", cookie_jar=aiohttp.DummyCookieJar()
            ) as portal,
        ):
            made.portal = portal
            yield made

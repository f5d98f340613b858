"""Everything behind the pages as two processes: the simulated cloud and standalone on a real PostgreSQL."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import aiohttp

from demo.ports import free_port
from pgstore.testing import TestDatabase

from ..e2e.office import Api, Office
from ..e2e.processes import Program, trusting, until

OPERATOR_TOKEN = "operator-" + secrets.token_urlsafe(24)


REGISTRATION, REGISTRATION_SECRET = str(uuid4()), "s3~" + secrets.token_hex(16)
"""Through what people sign in with Microsoft: the operator's, in a tenant of its own."""


def _key(name: str) -> str:
    return f"{name}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


@dataclass(slots=True)
class Account:
    """Who signs in at the pages."""

    email: str
    password: str
    token: str


@dataclass(slots=True)
class Premises:
    """The running product; every test founds an organisation of its own in it."""

    origin: str
    standalone: Program
    sim: Api
    session: aiohttp.ClientSession
    operator: Api = field(repr=False)
    database: TestDatabase

    async def organisation(self, name: str) -> tuple[Api, Account]:
        """An organisation that has nothing yet: its administrator's REST and account."""
        email, password = f"admin@{name}-{uuid4().hex[:6]}.example", "correct horse battery"
        administrator = {"email": email, "password": password}
        await self.operator.call(
            "POST", "/api/organisations", {"name": name, "administrator": administrator}
        )
        api = Api(self.session, self.origin)
        api.token = (await api.call("POST", "/api/session", administrator))["token"]
        return api, Account(email, password, api.token or "")

    async def member(self, api: Api) -> Account:
        """Somebody of this organisation who is no administrator."""
        email, password = f"member-{uuid4().hex[:6]}@example.test", "correct horse battery"
        body = {"email": email, "password": password, "role": "member"}
        await api.call("POST", "/api/users", body)
        signed = await api.call("POST", "/api/session", {"email": email, "password": password})
        return Account(email, password, signed["token"])

    async def tenant(self, name: str, rooms: int = 2, people: int = 3) -> Office:
        """A tenant at the simulator that nobody has connected yet."""
        office = Office(name, self.sim, Api(self.session, self.origin))
        await office.found(rooms, people)
        return office

    async def office(self, name: str, rooms: int = 2, people: int = 3) -> tuple[Office, Account]:
        """A connected organisation, every room loaded and live; its administrator's account."""
        office = await self.tenant(f"{name}-{uuid4().hex[:6]}", rooms, people)
        await office.connect(self.operator)
        async with asyncio.timeout(60):
            await until(lambda: self._all_live(office))
        return office, Account(f"admin@{office.name}.example", "", office.portal.token or "")

    async def connected(self, name: str, rooms: int) -> tuple[Office, Account]:
        """A connected organisation with an office and nothing imported; its administrator's account."""
        office = await self.tenant(f"{name}-{uuid4().hex[:6]}", rooms)
        await office.connect(self.operator, importing=False)
        return office, Account(f"admin@{office.name}.example", "", office.portal.token or "")

    async def _all_live(self, office: Office) -> bool:
        rooms = (await office.portal.call("GET", "/api/rooms"))["items"]
        return all(room["state"] == "live" for room in rooms)


@asynccontextmanager
async def open_premises(folder: Path, database: TestDatabase) -> AsyncIterator[Premises]:
    """Start both, hand them over, stop them; raises NotReady with the log of what does not start."""
    sim_port, port, ops = free_port(), free_port(), free_port()
    ca = folder / "simulator" / "ca.pem"
    simulator = Program(
        "graphsim",
        {},
        folder / "graphsim.log",
        f"https://127.0.0.1:{sim_port}/_sim/report",
        ("--port", str(sim_port), "--state-dir", str(ca.parent), "--allow-http", "--appear-seconds", "0.3"),
        ca,
    )  # fmt: skip
    standalone = Program(
        "standalone",
        {
            "DATABASE_URL": database.owner_dsn,
            "AMQP_URL": "postgres",
            "GRAPH_URL": f"https://127.0.0.1:{sim_port}/v1.0",
            "ENTRA_URL": f"https://127.0.0.1:{sim_port}",
            "GRAPH_CA_FILE": str(ca),
            "WEBHOOK_URL": f"http://127.0.0.1:{port}",
            "PORTAL_URL": f"http://127.0.0.1:{port}",
            "OIDC_ISSUER": f"https://127.0.0.1:{sim_port}/organizations/v2.0",
            "OIDC_CLIENT_ID": REGISTRATION,
            "OIDC_CLIENT_SECRET": REGISTRATION_SECRET,
            "CLIENT_STATE_KEYS": _key("c1"),
            "SECRET_KEYS": _key("s1"),
            "PORTAL_OPERATOR_TOKEN": OPERATOR_TOKEN,
            "LISTEN": f"127.0.0.1:{port}",
            "OPS_LISTEN": f"127.0.0.1:{ops}",
        },
        folder / "standalone.log",
        f"http://127.0.0.1:{ops}/readyz",
    )
    async with AsyncExitStack() as resources:
        session = await resources.enter_async_context(
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        )
        for program in (simulator, standalone):
            resources.push_async_callback(program.stop)
            await program.start()
        origin = f"http://127.0.0.1:{port}"
        sim = Api(session, f"https://127.0.0.1:{sim_port}", tls=trusting(ca))
        operator = Api(session, origin, OPERATOR_TOKEN)
        app = {
            "client_id": REGISTRATION, "secret": REGISTRATION_SECRET, "name": "Clearooms", "multi_tenant": True,
            "redirect_uris": [f"{origin}/sign-in/microsoft/back"],
        }  # fmt: skip
        await sim.call("POST", "/_sim/tenants", {"tenant_id": str(uuid4()), "apps": [app]})
        yield Premises(origin, standalone, sim, session, operator, database)

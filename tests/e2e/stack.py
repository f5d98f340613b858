"""The whole product as processes: four services, the simulator, real PostgreSQL and a real broker."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from demo.ports import free_port

from .office import Api, Office
from .platform import Ledger, platform_queue
from .processes import Program, trusting, until

OPERATOR_TOKEN = "operator-" + secrets.token_urlsafe(24)


def _key(name: str) -> str:
    return f"{name}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


@dataclass(slots=True)
class Stack:
    simulator: Program
    ingress: Program
    worker: Program
    manager: Program
    portal: Program
    sim: Api
    operator: Api
    session: aiohttp.ClientSession
    ledger: Ledger
    folder: Path
    offices: list[Office] = field(default_factory=list)

    @property
    def services(self) -> tuple[Program, ...]:
        return (self.ingress, self.worker, self.manager, self.portal)

    async def office(self, name: str, rooms: int = 2, people: int = 3) -> Office:
        """A connected organisation, every room loaded and with a live subscription."""
        office = Office(name, self.sim, Api(self.session, self.operator.origin))
        await office.found(rooms, people)
        await office.connect(self.operator)
        self.offices.append(office)
        async with asyncio.timeout(30):
            await until(lambda: self.all_live(office))
        return office

    async def all_live(self, office: Office) -> bool:
        rooms = (await office.portal.call("GET", "/api/rooms"))["items"]
        return all(room["state"] == "live" for room in rooms)

    def logs(self) -> str:
        return "\n".join(f"--- {program.module}\n{program.tail(25)}" for program in self.services)


@asynccontextmanager
async def running_stack(
    folder: Path, login_dsn: str, amqp_url: str, *, environ: dict[str, str] | None = None
) -> AsyncIterator[Stack]:
    """Start everything, hand it over, stop everything; a service that does not drain in time fails the test."""
    sim_port, hook_port, portal_port = free_port(), free_port(), free_port()
    ca = folder / "simulator" / "ca.pem"
    shared = {
        "DATABASE_URL": login_dsn,
        "AMQP_URL": amqp_url,
        "GRAPH_URL": f"https://127.0.0.1:{sim_port}/v1.0",
        "ENTRA_URL": f"https://127.0.0.1:{sim_port}",
        "GRAPH_CA_FILE": str(ca),
        "WEBHOOK_URL": f"http://127.0.0.1:{hook_port}",
        "CLIENT_STATE_KEYS": _key("c1"),
        "SECRET_KEYS": _key("s1"),
        "PORTAL_OPERATOR_TOKEN": OPERATOR_TOKEN,
        "PORTAL_URL": f"http://127.0.0.1:{portal_port}",
        "LOG_FORMAT": "json",
    }

    def service(module: str, needs: tuple[str, ...], listen: int | None = None) -> Program:
        ops = free_port()
        own = {name: shared[name] for name in (*needs, "LOG_FORMAT")} | (environ or {})
        own |= {"OPS_LISTEN": f"127.0.0.1:{ops}"}
        if listen is not None:
            own["LISTEN"] = f"127.0.0.1:{listen}"
        return Program(module, own, folder / f"{module}.log", f"http://127.0.0.1:{ops}/readyz")

    graph = ("GRAPH_URL", "ENTRA_URL", "GRAPH_CA_FILE")
    simulator = Program(
        "graphsim",
        {},
        folder / "graphsim.log",
        f"https://127.0.0.1:{sim_port}/_sim/report",
        (
            "--port",
            str(sim_port),
            "--state-dir",
            str(ca.parent),
            "--allow-http",
            "--appear-seconds",
            "0.3",
        ),
        ca,
    )
    ingress = service(
        "webhook_ingress",
        ("AMQP_URL", "CLIENT_STATE_KEYS", "ENTRA_URL", "GRAPH_CA_FILE"),
        hook_port,
    )
    worker = service("sync_worker", ("DATABASE_URL", "AMQP_URL", "SECRET_KEYS", *graph))
    manager = service(
        "subscription_manager",
        ("DATABASE_URL", "AMQP_URL", "SECRET_KEYS", "CLIENT_STATE_KEYS", "WEBHOOK_URL", *graph),
    )
    portal = service(
        "portal",
        (
            "DATABASE_URL",
            "AMQP_URL",
            "SECRET_KEYS",
            "PORTAL_OPERATOR_TOKEN",
            "PORTAL_URL",
            "WEBHOOK_URL",
            *graph,
        ),
        portal_port,
    )
    async with AsyncExitStack() as resources:
        session = await resources.enter_async_context(
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        )
        for program in (simulator, ingress, worker, manager, portal):
            resources.push_async_callback(program.stop)
        await simulator.start()
        async with asyncio.TaskGroup() as starting:
            for program in (ingress, worker, manager, portal):
                starting.create_task(program.start())
        ledger = await resources.enter_async_context(platform_queue(amqp_url))
        sim = Api(session, f"https://127.0.0.1:{sim_port}", tls=trusting(ca))
        operator = Api(session, f"http://127.0.0.1:{portal_port}", OPERATOR_TOKEN)
        yield Stack(
            simulator, ingress, worker, manager, portal, sim, operator, session, ledger, folder
        )
        for program in (portal, manager, worker, ingress):
            code = await program.stop()
            assert code == 0, f"{program.module} ended with {code} on SIGTERM\n{program.tail()}"

"""The simulator: reads of events against a bare aiohttp handler, and 100,000 rooms in memory.

One run, one machine, one client; HTTPS on kept connections, one process each, rounds interleaved.
Rates are per core: reads by the processor time that the server itself used.
"""

import asyncio
import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from aiohttp import web

from demo.ports import free_port
from graphsim.certificates import server_context

from .processes import cpu_seconds

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))
ROOMS = int(os.environ.get("BENCH_ROOMS", "100000"))
EVENTS = 100
LOOKED_AT = 3_000
READ = 200
CONNECTIONS = 8
TENANT, CLIENT = uuid.UUID(int=0x10), uuid.UUID(int=0x11)
SELECT = "subject,start,end,organizer,type,responseStatus,iCalUId"


def bench() -> bool:
    """Print the figures; tell whether the speed and the size that the simulator promises hold."""
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as processes:
        folder = Path(scratch)
        server_context(folder)  # makes the CA that both use
        ports = {"bare aiohttp": free_port(), "graphsim": free_port()}
        port = ports["graphsim"]
        pids = {}
        for name, command in (
            ("bare aiohttp", ["bench.graphsim", scratch, str(ports["bare aiohttp"])]),
            ("graphsim", ["graphsim", "--port", str(port), "--state-dir", scratch]),
        ):
            pids[name] = processes.enter_context(_running(command))
        tls = ssl.create_default_context(cafile=folder / "ca.pem")
        return asyncio.run(_measure(ports, pids, tls))


async def _measure(ports: dict[str, int], pids: dict[str, int], tls: ssl.SSLContext) -> bool:
    connector = aiohttp.TCPConnector(ssl=tls)
    async with aiohttp.ClientSession(connector=connector) as session:
        for port in ports.values():
            await _answers(session, port)
        simulator = _Simulator(session, f"https://127.0.0.1:{ports['graphsim']}")
        founded = await simulator.found()
        empty = _resident(pids["graphsim"])
        requests, looked = await simulator.look()
        full = _resident(pids["graphsim"])
    per_core: dict[str, list[float]] = {name: [] for name in ports}
    walls: dict[str, list[float]] = {name: [] for name in ports}
    for turn in range(ROUNDS + 1):
        for name, port in ports.items():
            used, began = cpu_seconds(pids[name]), time.perf_counter()
            reads = await _load(port, requests[-READ:], tls)
            if turn:  # the first round warms up
                per_core[name].append(reads / (cpu_seconds(pids[name]) - used))
                walls[name].append(reads / (time.perf_counter() - began))
    print(
        f"GET of one event, {CONNECTIONS} connections, medians of {ROUNDS} rounds, {SECONDS:g} s\n"
    )
    print("| form | reads/s per core | min-max | reads/s beside the client |\n|---|---|---|---|")
    for name, rates in per_core.items():
        print(
            f"| {name} | {statistics.median(rates):,.0f} | {min(rates):,.0f}-{max(rates):,.0f} "
            f"| {statistics.median(walls[name]):,.0f} |"
        )
    print(
        f"\n{ROOMS:,} rooms with {ROOMS * EVENTS:,} events: founded in {founded:.1f} s, "
        f"{empty:,.0f} MiB; after a window of {len(requests):,} of them "
        f"({looked:.1f} s) {full:,.0f} MiB"
    )
    rate = statistics.median(per_core["graphsim"])
    lines = (
        (
            "graphsim / bare aiohttp",
            rate / statistics.median(per_core["bare aiohttp"]),
            0.25,
            ".0%",
        ),
        ("reads/s per core", rate, 1_500, ",.0f"),
        ("peak memory, MiB", _resident(pids["graphsim"], "VmHWM"), -2_048, ",.0f"),
    )
    print("\n| budget | measured | must | |\n|---|---|---|---|")
    good = True
    for what, measured, must, form in lines:
        # A negative bound is one from above.
        held = measured >= must if must > 0 else measured <= -must
        good &= held
        bound = f"{'≥' if must > 0 else '≤'} {abs(must):{form}}"
        print(f"| {what} | {measured:{form}} | {bound} | {'ok' if held else 'MISSED'} |")
    return good


class _Simulator:
    """A tenant with very many rooms, and the bytes that read one event of some of them."""

    def __init__(self, session: aiohttp.ClientSession, origin: str) -> None:
        self._session = session
        self._origin = origin

    async def found(self) -> float:
        """Found the tenant; the seconds it took."""
        app = {"client_id": str(CLIENT), "secret": "s", "roles": ["Calendars.Read"]}
        rooms = {"count": ROOMS, "events": ROOMS * EVENTS, "first_day": "2026-11-23"}
        body = {"tenant_id": str(TENANT), "domain": "x.test", "apps": [app], "rooms": rooms}
        began = time.perf_counter()
        async with self._session.post(f"{self._origin}/_sim/tenants", json=body) as answer:
            answer.raise_for_status()
        return time.perf_counter() - began

    async def look(self) -> tuple[list[bytes], float]:
        """Look at a window of some rooms; requests of one event in each, and the seconds it took."""
        token, began = await self._token(), time.perf_counter()
        window = "startDateTime=2026-11-23&endDateTime=2027-03-23&$top=1&$select=subject"
        requests = []
        for number in range(1, min(ROOMS, LOOKED_AT) + 1):
            user = f"/v1.0/users/{quote(f'room-{number:06}@x.test')}"
            shown = await self._get(f"{self._origin}{user}/calendarView?{window}", token)
            event = quote(shown["value"][0]["id"], safe="")
            requests.append(
                f"GET {user}/events/{event}?$select={SELECT} HTTP/1.1\r\nHost: x\r\n"
                f"Accept: application/json\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
            )
        return requests, time.perf_counter() - began

    async def _token(self) -> str:
        form = {"grant_type": "client_credentials", "client_id": str(CLIENT), "client_secret": "s"}
        form["scope"] = "https://graph.microsoft.com/.default"
        url = f"{self._origin}/{TENANT}/oauth2/v2.0/token"
        async with self._session.post(
            url,
            data=urlencode(form),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        ) as answer:
            return str((await answer.json())["access_token"])

    async def _get(self, url: str, token: str) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        async with self._session.get(url, headers=headers) as answer:
            answer.raise_for_status()
            return await answer.json()


async def _load(port: int, requests: list[bytes], tls: ssl.SSLContext) -> int:
    """How many reads were answered with 200 until the time was up."""
    ends, waiting, reads = time.perf_counter() + SECONDS, cycle(requests), 0

    async def call() -> None:
        nonlocal reads
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=tls, server_hostname="localhost"
        )
        while time.perf_counter() < ends:
            writer.write(next(waiting))
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"not a read: {head[:40]!r}")
            length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
            await reader.readexactly(int(length))
            reads += 1
        writer.close()

    async with asyncio.TaskGroup() as callers:
        for _ in range(CONNECTIONS):
            callers.create_task(call())
    return reads


async def _bare(folder: Path, port: int) -> None:
    event = dict.fromkeys(SELECT.split(","), "some text of forty characters, as it goes")

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=json.dumps(event).encode(), content_type="application/json")

    runner = web.ServerRunner(web.Server(answer), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=server_context(folder)).start()
    await asyncio.Event().wait()


@contextmanager
def _running(command: list[str]) -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.DEVNULL) as process:
        try:
            yield process.pid
        finally:
            process.terminate()


async def _answers(session: aiohttp.ClientSession, port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                async with session.get(f"https://127.0.0.1:{port}/_sim/report"):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)  # a port can only be asked


def _resident(pid: int, what: str = "VmRSS") -> float:
    """Mebibytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(one.split()[1]) for one in lines if one.startswith(f"{what}:")) / 1024


if __name__ == "__main__":
    asyncio.run(_bare(Path(sys.argv[1]), int(sys.argv[2])))

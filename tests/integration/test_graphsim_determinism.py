"""graph-notifications §10, the virtual clock: the same scenario, seed and calls make the same trace, in any process and at any hour."""

import asyncio
import json
import signal
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import time_machine

from graphsim import Clock, Options, Simulator, serve
from graphsim.scenario import MONDAY, Scenario
from graphsim.wire import Call, query_of, segments_of

from .graphsim_cloud import ANN, CLIENT, IMMUTABLE, ROLES, ROOM, SECRET, TENANT, running_hook

FOUNDING = {
    "tenant_id": str(TENANT),
    "apps": [{"client_id": str(CLIENT), "secret": SECRET, "roles": ROLES}],
    "rooms": [{"id": str(ROOM), "mailbox": "room@x.example", "name": "Room"}],
    "users": [{"id": str(ANN), "address": "ann@x.example", "name": "Ann Lee"}],
}
SCENARIO = {
    "options": {"set": "observed", "seed": 11, "allow_http": True, "exchange_lag": 0},
    "clock": "virtual",
    "tenants": [FOUNDING],
    "faults": [
        {"match": {"path": "/events", "share": 0.3}, "times": None, "status": 503},
        {"match": {"path": "/calendarView", "nth": 2}, "page": "partial"},
    ],
}
DAY = "2027-03-02"


def _moment(hour: int) -> dict[str, str]:
    return {"dateTime": f"{DAY}T{hour:02}:00:00", "timeZone": "UTC"}


@dataclass
class Client:
    """Calls a simulator as the story wants it."""

    session: aiohttp.ClientSession
    origin: str
    token: str = ""

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        async with self.session.request(
            method, self.origin + path, json=body, headers=headers
        ) as answer:
            return await answer.json() if await answer.read() else None

    async def sign_in(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": str(CLIENT),
            "client_secret": SECRET,
            "scope": "https://graph.microsoft.com/.default",
        }
        url = f"{self.origin}/{TENANT}/oauth2/v2.0/token"
        async with self.session.post(url, data=form) as answer:
            self.token = (await answer.json())["access_token"]

    async def graph(self, method: str, path: str, body: Any = None) -> Any:
        sent = {"Authorization": f"Bearer {self.token}", "Prefer": IMMUTABLE}
        return await self.call(method, f"/v1.0{path}", body, **sent)

    async def settled(self) -> Any:
        """The report once nothing is on its way: `advance` would run its deadline out."""
        async with asyncio.timeout(10):
            while (report := await self.call("GET", "/_sim/report"))["deliveries"]["waiting"]:
                continue
            return report


async def _story(client: Client, subject: str = "Story") -> dict[str, Any]:
    """Bookings, changes, reads, faults and notifications; the trace they leave."""
    await client.sign_in()
    async with running_hook() as hook:
        await client.graph(
            "POST",
            "/subscriptions",
            {
                "changeType": "created,updated,deleted",
                "notificationUrl": hook.url,
                "resource": f"users/{ROOM}/events",
                "expirationDateTime": "2027-03-03T08:00:00Z",
                "clientState": "k3y",
            },
        )
        made = []
        for hour in range(8, 18):
            body = {"subject": subject, "start": _moment(hour), "end": _moment(hour + 1)}
            invited = [
                {"type": "resource", "emailAddress": {"name": "Room", "address": "room@x.example"}}
            ]
            owner = ANN if hour % 2 else ROOM
            answer = await client.graph(
                "POST", f"/users/{owner}/events", {**body, "attendees": invited * (owner == ANN)}
            )
            made += [(owner, answer["id"])] if "id" in answer else []
            await client.settled()
            await client.call("POST", "/_sim/clock", {"advance": 5})
        for owner, event in made[:3]:
            await client.graph("PATCH", f"/users/{owner}/events/{event}", {"subject": "Moved"})
        await client.graph("DELETE", f"/users/{made[3][0]}/events/{made[3][1]}")
        window = f"startDateTime={DAY}T00:00:00Z&endDateTime={DAY}T23:00:00Z"
        for _ in range(3):
            path = f"/users/{ROOM}/calendarView?{window}&$select=subject,start,end"
            await client.graph("GET", path)
        await client.settled()
        await client.call("POST", "/_sim/clock", {"advance": 60})
        report = await client.settled()
        assert report["faults"][0]["fired"] > 0
        assert report["faults"][1]["fired"] == 1
        assert report["trace"]["items"] == len(hook.items) > 20
        assert len(made) > 4
        trace: dict[str, Any] = report["trace"]
        return trace


@asynccontextmanager
async def _client(origin: str, ca_file: Path) -> AsyncIterator[Client]:
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=ca_file))
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Client(session, origin)


async def _here(folder: Path, subject: str = "Story", **more: Any) -> dict[str, Any]:
    scenario = Scenario.read(json.dumps(SCENARIO).encode())
    simulator = Simulator(scenario.options(**more), folder, scenario.clock())
    scenario.play(simulator.state, simulator.faults)
    async with (
        serve(simulator) as address,
        _client(address.origin, address.ca_file) as client,
    ):
        return await _story(client, subject)


async def _elsewhere(folder: Path, file: Path) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "graphsim", "--state-dir", str(folder / "state")),
        *("--scenario", str(file)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            origin = (await process.stdout.readline()).decode().split()[2]
        async with _client(origin, folder / "state" / "ca.pem") as client:
            return await _story(client)
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


async def test_two_runs_in_one_process_and_two_processes_leave_one_trace(tmp_path: Path) -> None:
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(SCENARIO))
    traces = [
        await _here(tmp_path / "a"),
        await _here(tmp_path / "b"),
        await _elsewhere(tmp_path / "c", file),
        await _elsewhere(tmp_path / "d", file),
    ]
    assert traces == [traces[0]] * 4


@pytest.mark.parametrize("changed", [{"seed": 12}, {"subject": "Other"}])
async def test_another_seed_or_another_call_leaves_another_trace(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    first = await _here(tmp_path / "a")
    second = await _here(tmp_path / "b", **changed)
    assert first["hash"] != second["hash"]


async def _without_a_wire(wall: datetime) -> list[Any]:
    """What a simulator in `wall` time answers, spoken to in the process."""
    clock = Clock(stands_at=MONDAY)
    simulator = Simulator(Options.worst(seed=3), clock=clock)
    answers: list[Any] = []

    async def call(method: str, target: str, body: Any = None, raw: bytes = b"") -> Any:
        path, _, query = target.partition("?")
        sent = raw or (json.dumps(body).encode() if body is not None else b"")
        headers = {"authorization": f"Bearer {token}"}
        asked = Call(
            method,
            path,
            segments_of(path),
            query_of(query),
            headers,
            sent,
            "https://sim",
            clock.now(),
        )
        answer = await simulator.handle(asked)
        answers.append((answer.status, answer.payload))
        return answer.payload

    token = ""
    with time_machine.travel(wall, tick=True):
        await call("POST", "/_sim/tenants", FOUNDING)
        form = f"grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET}"
        form += "&scope=https://graph.microsoft.com/.default"
        issued = await call("POST", f"/{TENANT}/oauth2/v2.0/token", raw=form.encode())
        token = issued.pop("access_token")
        body = {"subject": "A", "start": _moment(9), "end": _moment(10)}
        event = (await call("POST", f"/v1.0/users/{ROOM}/events", body))["id"]
        await call("POST", "/_sim/clock", {"advance": 10})
        one = f"/v1.0/users/{ROOM}/events/{event.replace('/', '%2F')}"
        await call("GET", one)
        await call("PATCH", one, {"subject": "B"})
        await call("GET", one)
        await call("POST", "/_sim/clock", {"advance": 3600})
        await call("GET", one)
        await call("GET", "/_sim/report")
    return answers


async def test_the_machines_time_has_no_part_in_what_is_answered() -> None:
    now = MONDAY - timedelta(days=90)
    first = await _without_a_wire(now)
    assert first == await _without_a_wire(now + timedelta(days=3_000))
    # The token's life is over on the clock, though the machine's has hardly moved.
    assert [status for status, _ in first] == [201, 200, 201, 200, 200, 200, 200, 200, 401, 200]

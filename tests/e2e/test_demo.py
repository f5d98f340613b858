"""`python -m demo` as somebody starts it: ready in seconds, a change crosses over, Ctrl-C leaves nothing, data stays."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from demo.ports import free_port

READY_SECONDS = 60.0
ARRIVES_SECONDS = 20.0
STOPS_SECONDS = 30.0
# Before anybody's working day: nothing of the demo's own week is there.
EARLY: dict[str, Any] = {
    "day": (date.today() + timedelta(days=1)).isoformat(),  # noqa: DTZ011  # any day does
    "start": "06:30",
    "minutes": 30,
}


@dataclass(slots=True)
class Demo:
    process: asyncio.subprocess.Process
    session: aiohttp.ClientSession
    origin: str
    said: str
    stream: aiohttp.ClientResponse
    seen: list[tuple[str, Any]] = field(default_factory=list)

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        async with self.session.request(method, self.origin + path, json=body) as answer:
            assert answer.status < 400, (path, answer.status, await answer.text())
            return await answer.json() if answer.status != 204 else None

    async def booking(self, start: str, status: set[str]) -> dict[str, Any]:
        """Return the next booking event with this wall time and one of these states."""
        event, data = "", ""
        async with asyncio.timeout(ARRIVES_SECONDS):
            async for raw in self.stream.content:
                line = raw.decode().rstrip("\r\n")
                if line.startswith("event:"):
                    event = line[6:].strip()
                elif line.startswith("data:"):
                    data = line[5:].strip()
                elif not line and data:
                    self.seen.append((event, data))
                    change = json.loads(data)
                    data = ""
                    if (
                        event == "booking"
                        and change["entry"]["start"] == start
                        and change["entry"]["status"] in status
                    ):
                        return dict(change)
        raise AssertionError(f"the stream ended; seen: {self.seen}")

    async def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(STOPS_SECONDS):
            return await self.process.wait()


@asynccontextmanager
async def running_demo(folder: Path) -> AsyncIterator[Demo]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "demo", "--port", str(port), "--data-dir", str(folder),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    said: list[str] = []
    try:
        async with asyncio.timeout(READY_SECONDS):
            async for line in process.stdout:
                said.append(line.decode())
                if "Ctrl-C" in said[-1]:
                    break
            else:
                raise AssertionError("the demo ended:\n" + "".join(said))
        origin = f"http://127.0.0.1:{port}"
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(origin + "/api/stream") as stream,
        ):
            yield Demo(process, session, origin, "".join(said), stream)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def left_running(folder: Path) -> list[str]:
    """Return the command lines of processes that still name the demo's folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in command:
            found.append(command)
    return found


def shown(entries: list[dict[str, Any]]) -> set[tuple[str, str, bool]]:
    return {
        (entry["start"], entry["end"], entry["all_day"])
        for entry in entries
        if not entry.get("free")
    }


async def both_sides(demo: Demo) -> dict[tuple[str, str], Any]:
    """Return what each side shows for every room, today and the next seven days."""
    found = {}
    for office in (await demo.ask("GET", "/api/setup"))["offices"]:
        for room in office["rooms"]:
            for ahead in range(8):
                day = (date.today() + timedelta(days=ahead)).isoformat()  # noqa: DTZ011  # any day does
                found[room["name"], day] = await demo.ask(
                    "GET", f"/api/day?room={room['id']}&day={day}"
                )
    return found


async def test_a_change_in_outlook_crosses_over_and_survives_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    start = f"{EARLY['day']}T{EARLY['start']}"
    async with running_demo(folder) as demo:
        assert demo.origin in demo.said
        assert "admin@" in demo.said
        setup = await demo.ask("GET", "/api/setup")
        room, person = setup["offices"][0]["rooms"][0], setup["people"][0]
        path = f"/api/outlook/{room['id']}/meetings"
        day = f"/api/day?room={room['id']}&day={EARLY['day']}"

        await demo.ask(
            "POST", path, {**EARLY, "subject": "Crossing over", "organizer": person["address"]}
        )
        arrived = await demo.booking(start, {"pending", "confirmed"})
        assert arrived["lag_ms"] is not None
        await demo.booking(start, {"confirmed"}) if arrived["entry"][
            "status"
        ] == "pending" else None
        sides = await demo.ask("GET", day)
        assert start in {entry["start"] for entry in sides["platform"]}
        event = next(entry["id"] for entry in sides["outlook"] if entry["start"] == start)

        moved = {**EARLY, "start": "07:00"}
        await demo.ask("PATCH", f"{path}/{event}", moved)
        await demo.booking(f"{EARLY['day']}T07:00", {"confirmed"})

        await demo.ask("DELETE", f"{path}/{event}?start={EARLY['day']}T07:00")
        gone = await demo.booking(f"{EARLY['day']}T07:00", {"cancelled"})
        assert gone["what"] == "cancelled in Outlook"
        sides = await demo.ask("GET", day)
        assert "07:00" not in {entry["start"][11:] for entry in sides["platform"]}

        await demo.ask("POST", path, {**EARLY, "subject": "Stays", "organizer": person["address"]})
        await demo.booking(start, {"confirmed"})
        before = await both_sides(demo)
        for where, sides in before.items():
            assert shown(sides["outlook"]) == shown(sides["platform"]), where
        assert sum(len(sides["platform"]) for sides in before.values()) > 50
        assert await demo.interrupt() == 0
    assert left_running(folder) == []

    async with running_demo(folder) as demo:
        after = await both_sides(demo)
        for where, sides in after.items():
            assert shown(sides["platform"]) == shown(before[where]["platform"]), where
            assert shown(sides["outlook"]) == shown(before[where]["outlook"]), where
        # And it is live again, not only a picture of before.
        event = next(
            entry["id"]
            for entry in after[room["name"], EARLY["day"]]["outlook"]
            if entry["start"] == start
        )
        await demo.ask("DELETE", f"{path}/{event}?start={start}")
        await demo.booking(start, {"cancelled"})
        assert await demo.interrupt() == 0
    assert left_running(folder) == []

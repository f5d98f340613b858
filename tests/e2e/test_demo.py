"""`python -m demo` as somebody starts it: ready in seconds, a change crosses over, Ctrl-C leaves nothing, data stays."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

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
        status, answer = await self.answer(method, path, body)
        assert status < 400, (path, status, answer)
        return answer

    async def answer(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        async with self.session.request(method, self.origin + path, json=body) as answer:
            return answer.status, await answer.json() if answer.status != 204 else None

    async def outlook(self, room: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Return what Outlook shows on the early day, by subject."""
        day = await self.ask("GET", f"/api/day?room={room['id']}&day={EARLY['day']}&side=outlook")
        return {entry["title"]: entry for entry in day["outlook"]}

    async def events(self) -> AsyncIterator[tuple[str, Any]]:
        event, data = "", ""
        async for raw in self.stream.content:
            line = raw.decode().rstrip("\r\n")
            if line.startswith("event:"):
                event = line[6:].strip()
            elif line.startswith("data:"):
                data = line[5:].strip()
            elif not line and data:
                self.seen.append((event, data))
                yield event, json.loads(data)
                data = ""
        raise AssertionError(f"the stream ended; seen: {self.seen}")

    async def booking(self, start: str, status: set[str]) -> dict[str, Any]:
        """Return the next booking event with this wall time and one of these states."""
        async with asyncio.timeout(ARRIVES_SECONDS):
            async for event, change in self.events():
                if event != "booking" or change["entry"]["start"] != start:
                    continue
                if change["entry"]["status"] in status:
                    return dict(change)
        raise AssertionError("the stream does not end silently")

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Wait until something holds that changes with an event."""
        async with asyncio.timeout(ARRIVES_SECONDS):
            if await holds():
                return
            async for _ in self.events():
                if await holds():
                    return

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


async def opens_the_portal(demo: Demo) -> None:
    """The printed link leads to the portal, signed in; another site's link does not."""
    link = f"{demo.origin}/portal"
    assert link in demo.said
    async with demo.session.get(link, headers={"Sec-Fetch-Site": "cross-site"}) as answer:
        assert answer.status == 403
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as visitor:
        async with visitor.get(link) as answer:
            page = await answer.text()
        assert answer.status == 200
        assert "<h1>Overview</h1>" in page
        assert "admin@" in page


async def test_a_change_in_outlook_crosses_over_and_survives_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    start = f"{EARLY['day']}T{EARLY['start']}"
    async with running_demo(folder) as demo:
        assert demo.origin in demo.said
        assert "admin@" in demo.said
        await opens_the_portal(demo)
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


def new_booking(subject: str, organizer: dict[str, str], start: str = "06:30") -> dict[str, Any]:
    return {
        **EARLY,
        "start": start,
        "booking_id": str(uuid4()),
        "subject": subject,
        "organizer": organizer,
    }


async def test_bookings_on_the_platform_cross_over_and_survive_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    async with running_demo(folder) as demo:
        setup = await demo.ask("GET", "/api/setup")
        room, person = setup["offices"][0]["rooms"][0], setup["people"][0]
        path = f"/api/platform/{room['id']}/bookings"
        ada = {"name": person["name"], "email": person["address"]}
        guest = {"name": "Gina", "email": "gina@elsewhere.example"}

        booked = await demo.ask("POST", path, new_booking("By Ada", ada))
        assert (booked["outcome"], booked["booking"]["status"]) == ("done", "confirmed")
        told = await demo.booking(booked["booking"]["start"], {"confirmed"})
        assert (told["way"], told["what"]) == ("answered", "booked on the platform")
        event = (await demo.outlook(room))["By Ada"]
        assert (event["organizer"], event["start"]) == (ada["name"], booked["booking"]["start"])
        written = [json.loads(data) for name, data in demo.seen if name == "outlook"]
        assert [lag for each in written for lag in each["lags_ms"]]

        guests = await demo.ask("POST", path, new_booking("By Gina", guest, "07:15"))
        assert guests["booking"]["organizer"] == guest["name"]

        async def invited() -> bool:
            event = (await demo.outlook(room))["By Gina"]
            return bool(event["guests"] == [guest["email"]])

        await demo.until(invited)

        booking = booked["booking"]
        seen = f"?start={booking['start']}"
        change = {**EARLY, "start": "05:30", "subject": "Earlier", "version": booking["version"]}
        moved = await demo.ask("PATCH", f"{path}/{booking['id']}{seen}", change)
        assert moved["booking"]["start"].endswith("T05:30")
        assert (await demo.outlook(room))["Earlier"]["start"] == moved["booking"]["start"]

        # Outlook is faster than somebody who still sees the booking where it was.
        event = (await demo.outlook(room))["Earlier"]
        late = {**EARLY, "start": "04:30"}
        await demo.ask("PATCH", f"/api/outlook/{room['id']}/meetings/{event['id']}", late)
        await demo.booking(f"{EARLY['day']}T04:30", {"confirmed"})
        again = {**EARLY, "start": "03:30", "version": moved["booking"]["version"]}
        status, refused = await demo.answer("PATCH", f"{path}/{booking['id']}", again)
        assert (status, refused["reason"]) == (409, "stale")
        assert refused["now"]["start"].endswith("T04:30")

        before = await both_sides(demo)
        assert await demo.interrupt() == 0

    async with running_demo(folder) as demo:
        after = await both_sides(demo)
        for where, sides in after.items():
            assert shown(sides["platform"]) == shown(before[where]["platform"]), where
            assert shown(sides["outlook"]) == shown(before[where]["outlook"]), where
            assert shown(sides["outlook"]) == shown(sides["platform"]), where
        # What was written before the restart can still be changed after it.
        cancelled = await demo.ask("DELETE", f"{path}/{booking['id']}?start={EARLY['day']}T04:30")
        assert cancelled["booking"]["status"] == "cancelled"
        left = await demo.outlook(room)
        assert "By Gina" in left
        assert "Earlier" not in left
        assert await demo.interrupt() == 0
    assert left_running(folder) == []


async def test_double_bookings_are_refused_with_alternatives_or_shown_on_both_sides(
    tmp_path: Path,
) -> None:
    async with running_demo(tmp_path / "demo") as demo:
        setup = await demo.ask("GET", "/api/setup")
        room, person = setup["offices"][0]["rooms"][0], setup["people"][0]
        meetings = f"/api/outlook/{room['id']}/meetings"
        ada = {"name": person["name"], "email": person["address"]}
        await demo.ask(
            "POST", meetings, {**EARLY, "subject": "First", "organizer": person["address"]}
        )
        start = f"{EARLY['day']}T{EARLY['start']}"
        await demo.booking(start, {"confirmed"})

        path = f"/api/platform/{room['id']}/bookings"
        status, refused = await demo.answer("POST", path, new_booking("Second", ada))
        assert (status, refused["reason"]) == (409, "overlap")
        assert set(await demo.outlook(room)) >= {"First"}
        assert "Second" not in await demo.outlook(room)
        elsewhere = next(each for each in refused["alternatives"] if each["room_id"] != room["id"])
        assert elsewhere["start"] == start
        taken = await demo.ask(
            "POST",
            f"/api/platform/{elsewhere['room_id']}/bookings",
            {**new_booking("Second", ada), "minutes": elsewhere["minutes"]},
        )
        assert taken["outcome"] == "done"

        # Directly in the room's calendar nobody looks for conflicts: both sides show what came of it.
        made = await demo.ask("POST", meetings, {**EARLY, "subject": "Direct", "direct": True})
        await demo.booking(start, {"conflicted"})

        async def both_conflicted() -> bool:
            sides = await demo.ask("GET", f"/api/day?room={room['id']}&day={EARLY['day']}")
            return all(
                sorted(e["status"] for e in sides[side] if e["start"] == start)
                == ["conflicted", "conflicted"]
                for side in ("outlook", "platform")
            )

        await demo.until(both_conflicted)
        await demo.ask("DELETE", f"{meetings}/{made['event_id']}?start={start}")
        await demo.booking(start, {"confirmed"})
        assert await demo.interrupt() == 0

"""Each named set of options as a whole and each hard reading alone: a day's work over plain HTTP.

graph-calendar §7.1 (token), §6.1 (directory), §3 (places), §1.1 (view), §2.2 to §2.5 (writes);
graph-notifications §2 and §3 (subscription), §4 (notification), §7 (renewal and removal).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import pytest
from aiohttp import web

from graphsim import Options
from graphsim.option_sets import SWITCHES, option_set

from .graphsim_cloud import ANN, CLIENT, IMMUTABLE, INVITED, ROOM, Cloud, body_of, running_cloud

ROLES = (
    "Application.Read.All",
    "Calendars.Read",
    "Calendars.ReadWrite",
    "Directory.Read.All",
    "Place.Read.All",
)
HARD = [name for name, values in SWITCHES.items() if values[2] != getattr(Options(), name)]
"""The options whose worst reading is not the default one."""


@asynccontextmanager
async def _hook() -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """An endpoint that takes the token under either spelling, and what it was sent."""
    items: list[dict[str, Any]] = []

    async def answer(request: web.Request) -> web.Response:
        query = {name.lower(): value for name, value in request.query.items()}
        if "validationtoken" in query:
            return web.Response(text=query["validationtoken"])
        items.extend((await request.json())["value"])
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/n", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/n", items
    finally:
        await runner.cleanup()


async def _later(cloud: Cloud, seconds: float) -> None:
    """Moves the clock once nothing is on its way."""
    while (await cloud.report())["deliveries"]["waiting"]:
        continue
    await cloud.call("POST", "/_sim/clock", {"advance": seconds})
    while (await cloud.report())["deliveries"]["waiting"]:
        continue


async def _view(cloud: Cloud, mailbox: object) -> list[dict[str, Any]]:
    """The next days of a calendar."""
    now = cloud.simulator.clock.now()
    first, last = (
        quote((now + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")) for days in (-1, 9)
    )
    window = f"startDateTime={first}&endDateTime={last}&$select=subject,isCancelled"
    reply = await cloud.graph("GET", f"/users/{mailbox}/calendarView?{window}", Prefer=IMMUTABLE)
    assert reply.status == 200
    return cast("list[dict[str, Any]]", reply.body["value"])


async def _reads(cloud: Cloud) -> None:
    application = await cloud.graph("GET", f"/applications(appId='{CLIENT}')")
    assert (application.status, application.body["appId"]) == (200, str(CLIENT))
    places = await cloud.graph("GET", "/places/microsoft.graph.room")
    assert [one["emailAddress"] for one in places.body["value"]] == ["room@x.example"]
    assert await _view(cloud, ROOM) == []


async def _subscribed(cloud: Cloud, url: str) -> str:
    made = await cloud.subscribe(url, expirationDateTime=_expiry(cloud, 1_000))
    assert (made.status, made.body["clientState"]) == (201, "k3y")
    return str(made.body["id"])


def _expiry(cloud: Cloud, minutes: int) -> str:
    when = cloud.simulator.clock.now() + timedelta(minutes=minutes)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


async def _booked_moved_and_cancelled(cloud: Cloud) -> None:
    made = await cloud.graph(
        "POST", f"/users/{ANN}/events", body_of(attendees=[INVITED]), Prefer=IMMUTABLE
    )
    assert made.status == 201
    await _later(cloud, 60)
    assert len(await _view(cloud, ROOM)) == 1
    path = f"/users/{ANN}/events/{made.body['id']}"
    seen = await cloud.graph("GET", f"{path}?$select=attendees", Prefer=IMMUTABLE)
    assert seen.body["attendees"][0]["status"]["response"] == "accepted"
    patched = await cloud.graph("PATCH", path, {"subject": "Other plans"}, Prefer=IMMUTABLE)
    assert (patched.status, patched.body["subject"]) == (200, "Other plans")
    await _later(cloud, 60)
    assert [one["subject"] for one in await _view(cloud, ANN)] == ["Other plans"]
    cancelled = await cloud.graph("POST", f"{path}/cancel", {"comment": ""}, Prefer=IMMUTABLE)
    assert cancelled.status == 202
    await _later(cloud, 60)
    assert [one for one in await _view(cloud, ROOM) if not one["isCancelled"]] == []


async def _days_work(cloud: Cloud) -> None:
    await cloud.found(roles=ROLES)
    await cloud.call("POST", "/_sim/clock", {"stands": True})
    await _later(cloud, 600)  # the directory may lag
    async with _hook() as (url, items):
        await _reads(cloud)
        subscription = await _subscribed(cloud, url)
        await _booked_moved_and_cancelled(cloud)
        kinds = {one["changeType"] for one in items if "changeType" in one}
        assert {"created", "updated"} <= kinds <= {"created", "updated", "deleted"}
        assert {(one["subscriptionId"], one["clientState"]) for one in items} == {
            (subscription, "k3y")
        }
        path = f"/subscriptions/{subscription}"
        renewed = await cloud.graph("PATCH", path, {"expirationDateTime": _expiry(cloud, 1_200)})
        assert renewed.status == 200
        assert len((await cloud.graph("GET", "/subscriptions")).body["value"]) == 1
        assert (await cloud.graph("DELETE", path)).status == 204
        assert (await cloud.graph("GET", path)).status == 404


@pytest.mark.parametrize("name", ["documented", "observed", "worst"])
async def test_a_days_work_is_done_under_each_set_as_a_whole(tmp_path: Path, name: str) -> None:
    async with running_cloud(tmp_path, **option_set(name)) as cloud:
        await _days_work(cloud)


@pytest.mark.parametrize("name", HARD)
async def test_a_days_work_is_done_under_each_hard_reading_alone(tmp_path: Path, name: str) -> None:
    async with running_cloud(tmp_path, **{name: option_set("worst")[name]}) as cloud:
        await _days_work(cloud)

"""graph-calendar §1.8, §2.8, §3 (pages), graph-notifications §10: faults, and what is there afterwards."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from .graphsim_cloud import ANN, IMMUTABLE, ROOM, Cloud, running_cloud


async def _fault(cloud: Cloud, **more: Any) -> int:
    match = {"method": "POST", "path": "/events"}
    return (await cloud.call("POST", "/_sim/faults", {"match": match, **more})).status


async def test_a_connection_dropped_after_the_effect_leaves_the_event_there(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _fault(cloud, when="after", drop=True)
        await cloud.graph("GET", "/users")
        with pytest.raises(aiohttp.ClientConnectionError):
            await cloud.create(ROOM)
        assert len(await cloud.rows(ROOM)) == 1
        report = await cloud.report()
        assert (report["writes"], report["faults"][0]["fired"]) == ({"POST events": 1}, 1)


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
async def test_a_status_before_the_effect_hides_nothing_and_after_it_an_event(
    tmp_path: Path, when: str, made: int
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _fault(cloud, when=when, status=504)
        assert (await cloud.create(ANN)).status == 504
        assert len(await cloud.rows(ANN)) == made
        assert sum((await cloud.report())["writes"].values()) == made


async def test_a_delayed_answer_outlasts_the_client_and_the_effect_is_there(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _fault(cloud, delay=30)
        await cloud.graph("GET", "/users")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await cloud.create(ROOM)
        assert len(await cloud.rows(ROOM)) == 1
        (fault,) = (await cloud.report())["faults"]
        assert (fault["delay"], fault["fired"]) == (30, 1)


async def test_a_delayed_call_has_its_own_answer(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        assert await _fault(cloud, delay=0.05, status=500) == 400
        await _fault(cloud, delay=0.05)
        assert (await cloud.create(ROOM)).status == 201


async def _ids(cloud: Cloud, path: str, most: int = 20) -> list[str]:
    """What a client gathers that follows every nextLink, `most` pages long."""
    found: list[str] = []
    for _ in range(most):
        page = (await cloud.graph("GET", path, Prefer=IMMUTABLE)).body
        found += [one["id"] for one in page["value"]]
        link = page.get("@odata.nextLink")
        if link is None:
            return found
        path = link.removeprefix(f"{cloud.address.origin}/v1.0")
    return found


@pytest.mark.parametrize(
    ("page", "times", "gathered"),
    [
        ("partial", 1, [0, 1, 2, 3, 4, 5]),
        ("unlinked", 1, [0, 1]),
        ("sliding", 1, [0, 1, 3, 4, 5]),
        ("repeating", 1, [0, 1, 1, 2, 3, 4, 5]),
        ("endless", None, [0, 1] * 20),
        ("endless", 1, [0, 1, 0, 1, 2, 3, 4, 5]),
    ],
)
async def test_a_spoiled_page_loses_repeats_or_never_ends(
    tmp_path: Path, page: str, times: int | None, gathered: list[int]
) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = [(await cloud.create(ROOM, hours)).body["id"] for hours in range(1, 7)]
        fault = {"match": {"method": "GET", "path": "/events"}, "page": page, "times": times}
        assert (await cloud.call("POST", "/_sim/faults", fault)).status == 201
        ids = await _ids(cloud, f"/users/{ROOM}/events?$select=subject&$top=2")
        assert [made.index(one) for one in ids] == gathered


async def test_an_endless_list_gives_a_new_token_on_every_page(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.call("POST", "/_sim/faults", {"page": "endless", "times": None})
        path = f"/users/{ROOM}/events?$select=subject"
        links = {(await cloud.graph("GET", path)).body["@odata.nextLink"] for _ in range(3)}
        assert len(links) == 3


async def test_headers_and_body_of_a_fault_come_as_they_were_ordered(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        fault = {"status": 429, "headers": {"Retry-After": "7", "X-Odd": "1"}, "body": {"a": 1}}
        await cloud.graph("GET", "/users")
        await cloud.call("POST", "/_sim/faults", fault)
        answer = await cloud.graph("GET", "/users")
        assert (answer.status, answer.body) == (429, {"a": 1})
        assert (answer.headers["retry-after"], answer.headers["x-odd"]) == ("7", "1")


async def test_latency_holds_a_call_back_until_the_clock_has_moved(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.graph("GET", "/users")
        await cloud.call("POST", "/_sim/clock", {"stands": True})
        await _fault(cloud, latency=30)
        async with asyncio.TaskGroup() as tasks, asyncio.timeout(5):
            waiting = tasks.create_task(cloud.create(ROOM))
            while (await cloud.report())["faults"][0]["fired"] == 0:
                continue
            assert await cloud.rows(ROOM) == []
            await cloud.call("POST", "/_sim/clock", {"advance": 30})
        assert waiting.result().status == 201


async def _subjects(cloud: Cloud, event: str) -> tuple[int, list[str], list[str]]:
    """What the event, the view and the list show."""
    window = "startDateTime=2025-01-01T00:00:00Z&endDateTime=2029-12-01T00:00:00Z"
    one = await cloud.event(event)
    view = await cloud.graph("GET", f"/users/{ROOM}/calendarView?{window}&$select=subject")
    rows = await cloud.graph("GET", f"/users/{ROOM}/events?$select=subject")
    shown = [[each["subject"] for each in answer.body["value"]] for answer in (view, rows)]
    return one.status, shown[0], shown[1]


async def test_reads_lag_behind_a_struck_write_whose_own_answer_is_new(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        event = (await cloud.create(ROOM, subject="Old")).body["id"]
        await cloud.call("POST", "/_sim/clock", {"stands": True})
        fault = {"match": {"method": "PATCH"}, "lag": 10}
        await cloud.call("POST", "/_sim/faults", fault)
        fresh = await cloud.patch(ROOM, event, {"subject": "New"})
        assert fresh.body["subject"] == "New"
        assert await _subjects(cloud, event) == (200, ["Old"], ["Old"])
        assert (await cloud.event(event)).body["@odata.etag"] != fresh.body["@odata.etag"]
        assert [one["subject"] for one in await cloud.rows(ROOM)] == ["New"]
        await cloud.call("POST", "/_sim/clock", {"advance": 10})
        assert await _subjects(cloud, event) == (200, ["New"], ["New"])


async def test_with_read_lag_created_events_are_missing_and_deleted_ones_linger(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path, read_lag=5) as cloud:
        await cloud.call("POST", "/_sim/clock", {"stands": True})
        event = (await cloud.create(ROOM, subject="A")).body["id"]
        assert await _subjects(cloud, event) == (404, [], [])
        await cloud.call("POST", "/_sim/clock", {"advance": 5})
        assert await _subjects(cloud, event) == (200, ["A"], ["A"])
        assert (await cloud.patch(ROOM, event, {"subject": "B"})).status == 200
        await cloud.call("POST", "/_sim/clock", {"advance": 2})
        assert (await cloud.delete(ROOM, event)).status == 204
        assert (await cloud.delete(ROOM, event)).status == 404
        assert await _subjects(cloud, event) == (200, ["A"], ["A"])
        await cloud.call("POST", "/_sim/clock", {"advance": 3})
        assert await _subjects(cloud, event) == (200, ["B"], ["B"])
        await cloud.call("POST", "/_sim/clock", {"advance": 2})
        assert await _subjects(cloud, event) == (404, [], [])


async def test_a_filter_by_marker_lags_too(tmp_path: Path) -> None:
    name = "String {00020329-0000-0000-c000-000000000046} Name marker"
    held = [{"id": name, "value": "m1"}]
    query = (
        f"$select=subject&$filter=singleValueExtendedProperties/Any(ep: ep/id eq '{name}' "
        "and ep/value eq 'm1')"
    )
    async with running_cloud(tmp_path, read_lag=5) as cloud:
        await cloud.call("POST", "/_sim/clock", {"stands": True})
        await cloud.create(ROOM, singleValueExtendedProperties=held)
        path = f"/users/{ROOM}/events?{query}"
        assert (await cloud.graph("GET", path)).body["value"] == []
        await cloud.call("POST", "/_sim/clock", {"advance": 5})
        assert len((await cloud.graph("GET", path)).body["value"]) == 1

"""Item 8 of "a tenant in a box", over HTTPS: many rooms by number, listed, read and booked."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from .graphsim_cloud import ANN, IMMUTABLE, TENANT, Cloud, running_cloud

MANY = {"count": 250, "events": 2_500, "first_day": "2030-01-07"}
NINETY_DAYS = "startDateTime=2030-01-07&endDateTime=2030-04-07"


async def _founded(cloud: Cloud, rooms: Any = MANY) -> Any:
    body = {"tenant_id": str(TENANT), "rooms": rooms}
    return await cloud.call("POST", "/_sim/tenants", body)


async def test_all_rooms_are_listed_by_pages_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        assert (await _founded(cloud)).status == 201
        path, seen = "/places/microsoft.graph.room", set()
        while path:
            page = (await cloud.graph("GET", path)).body
            seen |= {one["emailAddress"] for one in page["value"]}
            path = page.get("@odata.nextLink", "").removeprefix(f"{cloud.address.origin}/v1.0")
        assert len([one for one in seen if one.startswith("room-")]) == 250


async def test_a_derived_calendar_is_read_changed_and_found_again_1_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _founded(cloud)
        tenant = cloud.simulator.state.tenants[TENANT]
        address = f"room-000250@{tenant.domain}"
        filtered = quote(f"mail eq '{address}'")
        (user,) = (await cloud.graph("GET", f"/users?$filter={filtered}")).body["value"]
        view = f"/users/{user['id']}/calendarView?{NINETY_DAYS}&$top=50&$select=subject"
        rows = (await cloud.graph("GET", view, Prefer=IMMUTABLE)).body["value"]
        assert len(rows) == 10
        assert all(one["subject"].startswith("Person ") for one in rows)
        path = f"/users/{user['id']}/events/{rows[0]['id']}"
        changed = await cloud.graph("PATCH", path, {"subject": "Changed"}, Prefer=IMMUTABLE)
        assert changed.status == 200
        assert (
            await cloud.graph("DELETE", f"/users/{user['id']}/events/{rows[1]['id']}")
        ).status == 204
        await _founded(cloud)
        again = (await cloud.graph("GET", view, Prefer=IMMUTABLE)).body["value"]
        assert [one["subject"] for one in again] == [
            "Changed",
            *(one["subject"] for one in rows[2:]),
        ]
        assert again[0]["@odata.etag"] != rows[0]["@odata.etag"]


async def test_every_fifth_derived_event_is_a_day_of_a_series_that_can_be_changed_1_5(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _founded(cloud, {**MANY, "count": 3, "events": 300})
        domain = cloud.simulator.state.tenants[TENANT].domain
        room = f"/users/room-000001%40{domain}"
        view = f"{room}/calendarView?{NINETY_DAYS}&$top=500&$select=type,start,subject"
        rows = (await cloud.graph("GET", view, Prefer=IMMUTABLE)).body["value"]
        days = [one for one in rows if one["type"] == "occurrence"]
        assert (len(rows), len(days)) == (100, 20)
        path = f"{room}/events/{days[0]['id']}"
        changed = await cloud.graph("PATCH", path, {"subject": "Changed"}, Prefer=IMMUTABLE)
        assert (changed.status, changed.body["type"]) == (200, "exception")
        assert (await cloud.graph("DELETE", f"{room}/events/{days[1]['id']}")).status == 204
        again = (await cloud.graph("GET", view, Prefer=IMMUTABLE)).body["value"]
        assert [one["id"] for one in again] == [
            one["id"] for one in rows if one["id"] != days[1]["id"]
        ]
        assert [one["subject"] for one in again if one["type"] == "exception"] == ["Changed"]


async def test_a_room_by_number_answers_requests_like_any_other_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _founded(cloud)
        domain = cloud.simulator.state.tenants[TENANT].domain
        invited = {"type": "resource", "emailAddress": {"address": f"room-000007@{domain}"}}
        await cloud.create(ANN, attendees=[invited])
        cloud.attend()
        (row,) = await cloud.rows(ANN)
        assert [one["response"] for one in row["attendees"]] == ["accepted"]


@pytest.mark.parametrize(
    "wrong", [{"count": 3}, {"count": 3, "events": -1}, {"count": 3, "events": 1, "names": []}]
)
async def test_rooms_by_number_are_counted_and_nothing_else(
    tmp_path: Path, wrong: dict[str, Any]
) -> None:
    async with running_cloud(tmp_path) as cloud:
        assert (await _founded(cloud, wrong)).status == 400

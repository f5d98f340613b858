"""graph-calendar §3: rooms and room lists as Places show them, over HTTPS."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from .graphsim_cloud import ROOM, TENANT, Cloud, running_cloud

FIRST_FLOOR, EMPTY, OTHER_ROOM = UUID(int=0x71), UUID(int=0x72), UUID(int=0x73)


async def _found_lists(cloud: Cloud, **room: Any) -> None:
    other = {"id": str(OTHER_ROOM), "mailbox": "other@x.example", "name": "Other", **room}
    first = {"id": str(FIRST_FLOOR), "address": "First@x.example", "name": "First floor"}
    empty = {"id": str(EMPTY), "address": "empty@x.example"}
    body = {
        "tenant_id": str(TENANT),
        "rooms": [other],
        "room_lists": [{**first, "rooms": [str(ROOM), str(OTHER_ROOM)]}, empty],
    }
    assert (await cloud.call("POST", "/_sim/tenants", body)).status == 201


async def _names(cloud: Cloud, path: str) -> list[str]:
    reply = await cloud.graph("GET", path)
    assert reply.status == 200, reply.body
    return [one["displayName"] for one in reply.body["value"]]


@pytest.mark.parametrize("cast", ["microsoft.graph.roomlist", "microsoft.graph.roomList"])
async def test_room_lists_and_the_rooms_in_each_are_listed_3(tmp_path: Path, cast: str) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _found_lists(cloud)
        assert await _names(cloud, f"/places/{cast}") == ["First floor", "empty@x.example"]
        for key in ("first@x.example", str(FIRST_FLOOR)):
            assert await _names(cloud, f"/places/{key}/{cast}/rooms") == ["Room", "Other"]
            one = (await cloud.graph("GET", f"/places/{key}")).body
            assert one["@odata.type"] == "#microsoft.graph.roomList"
            assert one["emailAddress"] == "First@x.example"
        assert await _names(cloud, f"/places/empty@x.example/{cast}/rooms") == []


async def test_an_unknown_list_is_not_found_and_a_room_is_none_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        for key in ("nobody@x.example", "room@x.example"):
            reply = await cloud.graph("GET", f"/places/{key}/microsoft.graph.roomlist/rooms")
            assert (reply.status, reply.code) == (404, "ResourceNotFound")


async def test_a_list_shows_no_room_that_the_address_list_hides_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _found_lists(cloud, hidden=True)
        path = "/places/first@x.example/microsoft.graph.roomlist/rooms"
        assert await _names(cloud, path) == ["Room"]


async def test_the_rooms_of_a_list_are_paged_selected_counted_and_filtered_3(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _found_lists(cloud, building="B2")
        path = "/places/first@x.example/microsoft.graph.roomlist/rooms"
        first = (await cloud.graph("GET", f"{path}?$top=1&$select=displayName&$count=true")).body
        assert (first["value"], first["@odata.count"]) == ([{"displayName": "Room"}], 2)
        rest = first["@odata.nextLink"].partition("/v1.0")[2]
        assert await _names(cloud, rest) == ["Other"]
        assert await _names(cloud, f"{path}?$filter=building eq 'B2'") == ["Other"]
        assert (await cloud.graph("GET", f"{path}?$filter=capacity gt 5")).status == 400


@pytest.mark.parametrize(
    ("revision", "numbers", "wheels"),
    [
        ("current", (6, 2), "isWheelChairAccessible"),
        ("older", ("6", "2"), "isWheelchairAccessible"),
    ],
)
async def test_an_older_revision_has_texts_for_numbers_and_other_names_3(
    tmp_path: Path, revision: str, numbers: tuple[object, object], wheels: str
) -> None:
    async with running_cloud(tmp_path, places_revision=revision) as cloud:
        await cloud.found(capacity=6, floor_number=2)
        (row,) = (await cloud.graph("GET", "/places/microsoft.graph.room")).body["value"]
        assert (row["capacity"], row["floorNumber"]) == numbers
        assert {name for name in row if "wheel" in name.lower()} == {wheels}
        assert ("isManaged" in row, "displayDevice" in row) == (revision == "older",) * 2
        one = (await cloud.graph("GET", f"/places/{ROOM}")).body
        assert one["capacity"] == numbers[0]
        await cloud.found()
        assert (await cloud.graph("GET", f"/places/{ROOM}")).body["capacity"] is None

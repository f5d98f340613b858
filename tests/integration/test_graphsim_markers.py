"""graph-calendar §11.2, Graph's pages of extended properties: written, found by $filter, shown by $expand."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from .graphsim_cloud import ANN, IMMUTABLE, INVITED, ROOM, Cloud, Reply, running_cloud

MARKER = "String {6F7B3C2A-0D7E-4C55-9D0B-3E7A2B1C4D5E} Name clearooms"
OTHER = "String {6F7B3C2A-0D7E-4C55-9D0B-3E7A2B1C4D5E} Name other"


def _marked(value: str, name: str = MARKER) -> list[dict[str, str]]:
    return [{"id": name, "value": value}]


async def _found(cloud: Cloud, value: str, name: str = MARKER, owner: Any = ROOM) -> Reply:
    wanted = f"singleValueExtendedProperties/Any(ep: ep/id eq '{name}' and ep/value eq '{value}')"
    path = f"/users/{owner}/events?$filter={quote(wanted)}&$select=subject"
    return await cloud.graph("GET", path, Prefer=IMMUTABLE)


def _expand(name: str = MARKER) -> str:
    wanted = f"singleValueExtendedProperties($filter=id eq '{name}')"
    return f"$select=subject&$expand={quote(wanted)}"


async def test_a_filter_finds_the_events_of_one_mailbox_that_carry_the_value(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        wanted = await cloud.create(ROOM, singleValueExtendedProperties=_marked("it's 1"))
        await cloud.create(ROOM, singleValueExtendedProperties=_marked("2"))
        await cloud.create(ROOM, singleValueExtendedProperties=_marked("it's 1", OTHER))
        await cloud.create(ANN, singleValueExtendedProperties=_marked("it's 1"))
        found = await _found(cloud, "it''s 1", MARKER.lower())
        assert [one["id"] for one in found.body["value"]] == [wanted.body["id"]]
        assert sorted(found.body["value"][0]) == ["@odata.etag", "id", "subject"]


async def test_an_expand_shows_the_property_where_there_is_one(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = await cloud.create(ROOM, singleValueExtendedProperties=_marked("1"))
        await cloud.create(ROOM)
        one = f"/users/{ROOM}/events/{made.body['id']}"
        shown = (await cloud.graph("GET", f"{one}?{_expand()}")).body
        assert shown["singleValueExtendedProperties"] == _marked("1")
        other = (await cloud.graph("GET", f"{one}?{_expand(OTHER)}")).body
        assert "singleValueExtendedProperties" not in other
        rows = (await cloud.graph("GET", f"/users/{ROOM}/events?{_expand()}")).body["value"]
        assert [one.get("singleValueExtendedProperties") for one in rows] == [_marked("1"), None]


LIST = "StringArray {6F7B3C2A-0D7E-4C55-9D0B-3E7A2B1C4D5E} Name tags"


async def test_a_property_of_several_values_is_written_and_shown_whole(tmp_path: Path) -> None:
    """multiValueLegacyExtendedProperty, create and get: a collection of values under one id."""
    wanted = quote(f"multiValueExtendedProperties($filter=id eq '{LIST}'),")
    query = f"$select=subject&$expand={wanted}{_expand().partition('$expand=')[2]}"
    async with running_cloud(tmp_path) as cloud:
        made = await cloud.create(
            ROOM,
            singleValueExtendedProperties=_marked("1"),
            multiValueExtendedProperties=[{"id": LIST, "value": ["a", "b"]}],
        )
        one = f"/users/{ROOM}/events/{made.body['id']}?{query}"
        shown = (await cloud.graph("GET", one)).body
        assert shown["multiValueExtendedProperties"] == [{"id": LIST, "value": ["a", "b"]}]
        assert shown["singleValueExtendedProperties"] == _marked("1")
        assert (await cloud.report())["guard_violations"] == []
        as_single = f"/users/{ROOM}/events/{made.body['id']}?{_expand(LIST)}"
        assert (await cloud.graph("GET", as_single)).body.keys() == {
            "@odata.context",
            "@odata.etag",
            "id",
            "subject",
        }
        body = {"multiValueExtendedProperties": [{"id": LIST, "value": ["c"]}]}
        await cloud.patch(ROOM, made.body["id"], body)
        shown = (await cloud.graph("GET", one)).body
        assert shown["multiValueExtendedProperties"] == [{"id": LIST, "value": ["c"]}]
        assert shown["singleValueExtendedProperties"] == _marked("1")
        wrong = {"multiValueExtendedProperties": [{"id": "tags", "value": ["c"]}]}
        assert (await cloud.patch(ROOM, made.body["id"], wrong)).status == 400


async def test_marker_reads_are_counted_and_no_violations(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = await cloud.create(ROOM, singleValueExtendedProperties=_marked("1"))
        one = f"/users/{ROOM}/events/{made.body['id']}"
        await _found(cloud, "1")
        await cloud.graph("GET", f"{one}?{_expand()}")
        report = await cloud.report()
        assert report["guard_violations"] == []
        assert report["marker_reads"] == {"events $filter": 1, "events/{id} $expand": 1}
        await cloud.graph("GET", f"{one}?$select=subject&$expand=attachments")
        (violation,) = (await cloud.report())["guard_violations"]
        assert (violation["field"], violation["how"]) == ("attachments", "asked for by $expand")


async def test_another_filter_is_not_answered_as_if_it_had_been_understood(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        path = f"/users/{ROOM}/events?$filter=iCalUId%20eq%20'x'&$select=subject"
        assert (await cloud.graph("GET", path)).status == 501


async def test_a_patch_sets_a_property_and_leaves_the_others(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = await cloud.create(ROOM, singleValueExtendedProperties=_marked("1"))
        body = {
            "singleValueExtendedProperties": [*_marked("2", MARKER.lower()), *_marked("3", OTHER)]
        }
        await cloud.patch(ROOM, made.body["id"], body)
        (row,) = await cloud.rows(ROOM)
        assert row["properties"] == {MARKER.lower(): "2", OTHER: "3"}


@pytest.mark.parametrize("carried", [False, True])
async def test_whether_the_rooms_copy_carries_the_property_is_a_switch_11_2(
    tmp_path: Path, carried: bool
) -> None:
    async with running_cloud(tmp_path, room_copy_has_properties=carried) as cloud:
        await cloud.create(ANN, attendees=[INVITED], singleValueExtendedProperties=_marked("1"))
        cloud.attend()
        assert len((await _found(cloud, "1")).body["value"]) == int(carried)
        assert len((await _found(cloud, "1", owner=ANN)).body["value"]) == 1

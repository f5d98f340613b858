"""graph-notifications §2.2, §4.4, §5.1: `$filter`, `$expand` and `$select` of a subscription's resource."""

from pathlib import Path
from typing import Any

import pytest

from .graphsim_cloud import ANN, ROOM, Cloud, Hook, Reply, running_cloud, running_hook
from .test_graphsim_rich_receiver import Pair, decrypted, running_receiver

PAIR = Pair.made("cert-1")
MARKER = "String {5f6a3c1e-0d0b-4a57-9a52-0d4c35b1d1aa} Name marker"
WANTED = f"$filter=id eq '{MARKER}'"


async def _filtered(cloud: Cloud, hook: Hook, condition: str, owner: Any = ROOM) -> Reply:
    return await cloud.subscribe(hook.url, resource=f"users/{owner}/events?$filter={condition}")


async def _kinds(cloud: Cloud, hook: Hook) -> list[str]:
    """The kinds of all that was delivered, once nothing waits."""
    while (await cloud.report())["deliveries"]["waiting"]:
        continue
    return [one["changeType"] for one in hook.items]


async def test_what_enters_and_leaves_a_filter_is_created_and_deleted_4_4(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, room_echoes=False) as cloud, running_hook() as hook:
        assert (await _filtered(cloud, hook, "showAs eq 'free'", ANN)).status == 201
        event = (await cloud.create(ANN, showAs="busy")).body["id"]
        await cloud.patch(ANN, event, {"subject": "Still outside"})
        assert await _kinds(cloud, hook) == []
        await cloud.patch(ANN, event, {"showAs": "free"})
        assert await _kinds(cloud, hook) == ["created"]
        await cloud.patch(ANN, event, {"subject": "Inside"})
        assert await _kinds(cloud, hook) == ["created", "updated"]
        await cloud.patch(ANN, event, {"showAs": "busy"})
        assert await _kinds(cloud, hook) == ["created", "updated", "deleted"]
        await cloud.delete(ANN, event)
        assert len(await _kinds(cloud, hook)) == 3, "what is outside is deleted in silence"
        assert {one["resourceData"]["id"] for one in hook.items} == {event}


async def test_a_filter_knows_what_met_it_before_the_subscription_4_4(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, room_echoes=False) as cloud, running_hook() as hook:
        inside = (await cloud.create(ANN, showAs="free")).body["id"]
        await _filtered(cloud, hook, "showAs eq 'free'", ANN)
        await cloud.patch(ANN, inside, {"subject": "Inside"})
        await cloud.delete(ANN, inside)
        assert await _kinds(cloud, hook) == ["updated", "deleted"]


async def test_the_change_types_are_those_that_the_filter_tells_4_4(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, room_echoes=False) as cloud, running_hook() as hook:
        resource = f"users/{ANN}/events?$filter=showAs eq 'free'"
        await cloud.subscribe(hook.url, resource=resource, changeType="deleted")
        event = (await cloud.create(ANN, showAs="free")).body["id"]
        await cloud.patch(ANN, event, {"showAs": "busy"})
        assert await _kinds(cloud, hook) == ["deleted"]


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("subject eq 'SECRET plans'", True),
        ("subject ne 'Secret plans'", False),
        ("isAllDay eq false and ShowAs ne 'free'", True),
        ("isAllDay eq true or isCancelled eq false", True),
        ("isAllDay eq true and isCancelled eq false or subject eq 'a or b'", False),
        ("organizer/emailAddress/address eq 'ann@x.example'", True),
        ("onlineMeeting eq null", True),
        ("subject eq 'it''s and that'", False),
    ],
)
async def test_a_filter_compares_properties_joined_by_and_and_or_4_4(
    tmp_path: Path, condition: str, told: bool
) -> None:
    async with running_cloud(tmp_path, room_echoes=False) as cloud, running_hook() as hook:
        made = await _filtered(cloud, hook, condition, ANN)
        assert (made.status, made.body["resource"].endswith(condition)) == (201, True)
        await cloud.create(ANN)
        assert await _kinds(cloud, hook) == (["created"] if told else [])


@pytest.mark.parametrize(
    "query",
    [
        "$filter=start/dateTime ge '2023-01-05T00:00:00Z'",
        "$filter=(isAllDay eq true)",
        "$filter=nonsense eq 1",
        "$filter=colour eq 'red'",
        "$filter=",
        "$expand=attachments",
        "$expand=exceptionOccurrences",
        "$top=5",
        "$skip=5",
        "$orderby=subject",
        "$select=subject,body",
        "$select=uniqueBody",
        "$select=colour",
    ],
)
async def test_what_a_resource_may_not_ask_for_is_400_5_1(tmp_path: Path, query: str) -> None:
    async with running_cloud(tmp_path) as cloud, running_hook() as hook:
        made = await cloud.subscribe(hook.url, resource=f"users/{ROOM}/events?{query}")
        assert (made.status, made.code) == (400, "InvalidRequest")
        assert hook.challenges == 0


async def test_filters_of_events_in_the_reading_of_who_was_refused_2_2(tmp_path: Path) -> None:
    async with (
        running_cloud(tmp_path, subscription_filters=False) as cloud,
        running_hook() as hook,
    ):
        assert (await _filtered(cloud, hook, "showAs eq 'free'")).status == 400


@pytest.mark.parametrize(
    ("name", "value"),
    [("singleValueExtendedProperties", "42"), ("multiValueExtendedProperties", ["4", "2"])],
)
async def test_expanded_properties_are_in_the_content_5_1(
    tmp_path: Path, name: str, value: Any
) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        resource = f"users/{ROOM}/events?$select=subject&$expand={name}({WANTED})&$filter=isAllDay eq false"
        made = await cloud.subscribe(receiver.url, resource=resource, **PAIR.asked())
        assert made.status == 201
        held = {"id": MARKER, "value": value}
        await cloud.create(ROOM, 2, **{name: [held]})
        (item, *_) = await receiver.until(1)
        event = decrypted(item["encryptedContent"], {PAIR.id: PAIR})
        assert event[name] == [held]

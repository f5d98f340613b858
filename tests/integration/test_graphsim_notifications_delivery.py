"""graph-notifications §4: deadlines, retries, batches, disorder, slow and dead endpoints."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from graphsim.slowness import ERA_2025, ERA_2026

from .graphsim_cloud import ANN, ROOM, TENANT, Cloud, running_cloud
from .test_graphsim_rich_receiver import Receiver, report_when, running_receiver

QUICK = {"reauthorization": False}


async def spoil(cloud: Cloud, kind: str, **more: Any) -> None:
    assert (await cloud.call("POST", "/_sim/defects", {"kind": kind, **more})).status == 201


async def test_a_first_attempt_has_3_seconds_and_a_retry_10_4_2(tmp_path: Path) -> None:
    async with (
        running_cloud(tmp_path, retry_first_seconds=60.0) as cloud,
        running_receiver() as receiver,
    ):
        await cloud.subscribe(receiver.url)
        receiver.held = asyncio.Event()
        await cloud.meet(organizer=None)
        await receiver.asked()
        cloud.simulator.clock.advance(1.5)
        assert (await cloud.report())["deliveries"]["statuses"] == {}
        cloud.simulator.clock.advance(1.5)
        await report_when(cloud, "deliveries.statuses.timeout", 1)
        cloud.simulator.clock.advance(60)
        await receiver.asked()
        cloud.simulator.clock.advance(7)
        assert (await cloud.report())["deliveries"]["statuses"] == {"timeout": 1}
        cloud.simulator.clock.advance(3)
        await report_when(cloud, "deliveries.statuses.timeout", 2)


async def test_pauses_double_up_to_ten_minutes_and_the_rest_is_lost_after_four_hours_4_2(
    tmp_path: Path,
) -> None:
    options = {"retry_first_seconds": 60.0, **QUICK}
    async with running_cloud(tmp_path, **options) as cloud, running_receiver() as receiver:
        await cloud.subscribe(receiver.url)
        receiver.statuses = [503, 422, 500, 404, 503, 503, *[503] * 40]
        await cloud.meet(organizer=None)
        await report_when(cloud, "deliveries.posts", 1)
        await report_when(cloud, "deliveries.retried", 4)
        for number, pause in enumerate((60, 120, 240, 480, 600, 600), start=2):
            cloud.simulator.clock.advance(pause - 10)
            assert (await cloud.report())["deliveries"]["posts"] == number - 1
            cloud.simulator.clock.advance(10)
            await report_when(cloud, "deliveries.retried", 4 * number)
        receiver.statuses = [503]
        cloud.simulator.clock.advance(4 * 3600)
        (item,) = await receiver.until(1)
        assert item["lifecycleEvent"] == "missed"
        assert (await cloud.report())["deliveries"]["lost"] == 4


async def test_any_2xx_means_delivered_4_2(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        await cloud.subscribe(receiver.url)
        for status in (200, 201, 204):
            receiver.statuses = [status]
            await cloud.meet(organizer=None)
        report = await report_when(cloud, "deliveries.delivered", 12)
        assert "retried" not in report["deliveries"]


async def test_one_post_mixes_the_items_of_several_subscriptions_4_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        for mailbox in (ROOM, ANN):
            await cloud.subscribe(receiver.url, resource=f"users/{mailbox}/events")
        await cloud.call("POST", "/_sim/pause-deliveries", {"paused": True})
        await cloud.meet(organizer=None)
        await cloud.create(ANN)
        await cloud.call("POST", "/_sim/pause-deliveries", {"paused": False})
        await receiver.until(6)
        (body,) = receiver.bodies
        assert len({one["subscriptionId"] for one in body["value"]}) == 2


async def test_the_most_items_of_a_post_is_a_switch_4_1(tmp_path: Path) -> None:
    async with (
        running_cloud(tmp_path, items_per_post=3) as cloud,
        running_receiver() as receiver,
    ):
        await cloud.subscribe(receiver.url)
        await cloud.meet(organizer=None)
        await receiver.until(4)
        assert sorted(len(one["value"]) for one in receiver.bodies) == [1, 3]


async def test_items_come_twice_at_once_or_later_4_4(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        await cloud.subscribe(receiver.url)
        await spoil(cloud, "duplicated")
        await spoil(cloud, "duplicated_late", seconds=90)
        await cloud.meet(organizer=None)
        first = list(await receiver.until(5))
        assert first[0] == first[1]
        cloud.simulator.clock.advance(90)
        items = await receiver.until(6)
        assert items[5] == items[0]
        fired = {one["kind"]: one["fired"] for one in (await cloud.report())["defects"]}
        assert fired == {"duplicated": 1, "duplicated_late": 1}


async def test_items_come_in_disorder_within_and_between_posts_4_4(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        await cloud.subscribe(receiver.url)
        await spoil(cloud, "reversed")
        await cloud.meet(organizer=None)
        kinds = [one["changeType"] for one in await receiver.until(4)]
        assert kinds == ["updated", "updated", "updated", "created"]
        await spoil(cloud, "late", seconds=60)
        await cloud.meet(hours=4, organizer=None)
        await receiver.until(7)
        cloud.simulator.clock.advance(60)
        kinds = [one["changeType"] for one in await receiver.until(8)]
        assert kinds[4:] == ["updated", "updated", "updated", "created"]


async def test_a_lost_item_is_followed_by_missed_and_a_vanished_one_by_nothing_10(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        await cloud.subscribe(receiver.url)
        await spoil(cloud, "vanished")
        await spoil(cloud, "lost")
        await cloud.meet(organizer=None)
        items = await receiver.until(3)
        told = sorted(one.get("lifecycleEvent") or one["changeType"] for one in items)
        assert told == ["missed", "updated", "updated"]


async def test_a_share_of_all_items_can_be_spoiled_repeatably_10(tmp_path: Path) -> None:
    seen = []
    for folder in ("a", "b"):
        async with running_cloud(tmp_path / folder) as cloud, running_receiver() as receiver:
            await cloud.subscribe(receiver.url)
            await spoil(cloud, "vanished", share=0.5, times=None)
            for hours in range(2, 12):
                await cloud.meet(hours=hours, organizer=None)
            seen.append((await cloud.report())["defects"][0]["fired"])
    assert seen[0] == seen[1]
    assert 10 <= seen[0] <= 30


async def test_an_unknown_subscription_and_an_unknown_kind_may_come_4_1_4_4(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        made = (await cloud.subscribe(receiver.url)).body
        await spoil(cloud, "orphaned")
        await spoil(cloud, "unknown_change_type")
        await cloud.meet(organizer=None)
        first, second = (await receiver.until(4))[:2]
        assert first["subscriptionId"] != made["id"] == second["subscriptionId"]
        assert first["changeType"] == "unknownFutureValue"


@pytest.mark.parametrize(
    ("shape", "path", "kind"),
    [
        ("slashes", "Users/{room}/Events/{id}", "#Microsoft.Graph.Event"),
        ("parentheses", "Users('{room}')/Events('{id}')", "#microsoft.graph.event"),
        ("tenant", "users/{room}@{tenant}/events/{id}", "#microsoft.graph.event"),
    ],
)
async def test_the_resource_has_one_of_three_shapes_4_1(
    tmp_path: Path, shape: str, path: str, kind: str
) -> None:
    async with (
        running_cloud(tmp_path, resource_shape=shape) as cloud,
        running_receiver() as receiver,
    ):
        await cloud.subscribe(receiver.url)
        event = (await cloud.meet(organizer=None)).body["event_id"]
        item = (await receiver.until(4))[0]
        expected = path.format(room=ROOM, tenant=TENANT, id=event)
        assert item["resource"] == item["resourceData"]["@odata.id"] == expected
        assert (item["resourceData"]["@odata.type"], item["resourceData"]["id"]) == (kind, event)


@pytest.mark.parametrize("offset", ["Z", "+00:00", "+05:30"])
async def test_the_expiry_of_an_item_has_one_of_three_offsets_4_1(
    tmp_path: Path, offset: str
) -> None:
    async with (
        running_cloud(tmp_path, expiry_offset=offset) as cloud,
        running_receiver() as receiver,
    ):
        await cloud.subscribe(receiver.url)
        await cloud.meet(organizer=None)
        item = (await receiver.until(4))[0]
        assert item["subscriptionExpirationDateTime"].endswith(offset)


@pytest.mark.parametrize("has", [True, False])
async def test_an_id_of_the_item_and_an_etag_of_the_deleted_are_switches_4_1(
    tmp_path: Path, has: bool
) -> None:
    options = {"items_have_id": has, "etag_on_deleted": has}
    async with running_cloud(tmp_path, **options) as cloud, running_receiver() as receiver:
        await cloud.subscribe(receiver.url, changeType="deleted")
        event = (await cloud.meet(organizer=None)).body["event_id"]
        await cloud.call("DELETE", f"/_sim/mailboxes/{ROOM}/meetings/{event}")
        (item,) = await receiver.until(1)
        assert ("id" in item) == ("@odata.etag" in item["resourceData"]) == has


async def made_slow(cloud: Cloud, receiver: Receiver, seconds: float) -> None:
    """Lets one delivery pass its deadline; its retry is answered at once."""
    receiver.held = asyncio.Event()
    await cloud.meet(organizer=None)
    await receiver.asked()
    cloud.simulator.clock.advance(seconds)
    await report_when(cloud, "deliveries.statuses.timeout", 1)
    receiver.held.set()
    receiver.held = None
    receiver.bodies.clear()
    cloud.simulator.clock.advance(120)
    await receiver.until(4)


async def test_a_slow_endpoint_hears_ten_minutes_late_and_probes_free_it_4_3(
    tmp_path: Path,
) -> None:
    options = {"delivery_era": replace(ERA_2026, least=1), "retry_first_seconds": 60.0, **QUICK}
    async with running_cloud(tmp_path, **options) as cloud, running_receiver() as receiver:
        await cloud.subscribe(receiver.url)
        await made_slow(cloud, receiver, 3)
        report = await cloud.report()
        assert list(report["deliveries"]["endpoints"].values()) == ["slow"]
        assert report["deliveries"]["became_slow"] == 1
        await cloud.meet(hours=4, organizer=None)
        cloud.simulator.clock.advance(590)
        report = await cloud.report()
        assert (report["deliveries"]["delayed"], len(receiver.items)) == (4, 4)
        cloud.simulator.clock.advance(10)
        await receiver.until(8)
        report = await report_when(cloud, "deliveries.became_normal", 1)
        await cloud.meet(hours=6, organizer=None)
        await receiver.until(12)


@pytest.mark.parametrize("follows", [True, False])
async def test_a_dead_endpoint_loses_what_is_new_and_one_missed_follows_4_3(
    tmp_path: Path, follows: bool
) -> None:
    options = {
        "delivery_era": replace(ERA_2025, least=1, probes=1),
        "retry_first_seconds": 60.0,
        "missed_after_drop": follows,
        **QUICK,
    }
    async with running_cloud(tmp_path, **options) as cloud, running_receiver() as receiver:
        await cloud.subscribe(receiver.url)
        await made_slow(cloud, receiver, 10)
        await cloud.meet(hours=4, organizer=None)
        report = await cloud.report()
        assert report["deliveries"]["dropped"] == 4
        assert report["deliveries"]["waiting"] == 0
        cloud.simulator.clock.advance(600)
        if not follows:
            await cloud.meet(hours=6, organizer=None)
        await report_when(cloud, "deliveries.became_normal", 1)
        report = await report_when(cloud, "deliveries.waiting", 0)
        told = [one.get("lifecycleEvent") for one in receiver.items[4:]]
        assert told == (["missed"] if follows else [None] * 4)
        assert list(report["deliveries"]["endpoints"].values()) == ["normal"]


@pytest.mark.parametrize(("of_host", "count"), [(True, 1), (False, 2)])
async def test_an_endpoint_is_a_host_or_a_url_4_3(
    tmp_path: Path, of_host: bool, count: int
) -> None:
    async with (
        running_cloud(tmp_path, endpoint_is_host=of_host) as cloud,
        running_receiver() as receiver,
    ):
        await cloud.subscribe(receiver.url)
        await cloud.subscribe(f"{receiver.url}?tenant=2", changeType="created")
        await cloud.meet(organizer=None)
        await receiver.until(5)
        assert len((await cloud.report())["deliveries"]["endpoints"]) == count


async def test_an_unset_client_state_comes_as_null_4_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        later = cloud.simulator.clock.now() + timedelta(minutes=60)
        asked = {"clientState": None, "expirationDateTime": later.isoformat()}
        assert (await cloud.subscribe(receiver.url, **asked)).status == 201
        await cloud.meet(organizer=None)
        assert (await receiver.until(4))[0]["clientState"] is None


@pytest.mark.parametrize("agent", [None, "Graph/1.0"])
async def test_the_urls_own_query_is_kept_and_the_user_agent_is_a_switch_2_1_11(
    tmp_path: Path, agent: str | None
) -> None:
    async with (
        running_cloud(tmp_path, delivery_user_agent=agent) as cloud,
        running_receiver() as receiver,
    ):
        await cloud.subscribe(f"{receiver.url}?src=a%2Bb%20c&x=%C3%A9")
        await cloud.meet(organizer=None)
        await receiver.until(4)
        assert receiver.seen[0].raw_path == "/n?src=a%2Bb%20c&x=%C3%A9"
        assert receiver.seen[0].headers.get("User-Agent") == agent
        assert receiver.seen[0].headers["Content-Type"] == "application/json; charset=utf-8"


async def test_an_event_may_be_missing_for_a_while_after_its_notification_10(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        await cloud.subscribe(receiver.url)
        missing = {"error": {"code": "ErrorItemNotFound", "message": "Not in the store."}}
        match = {"method": "GET", "path": "/events/"}
        fault = {"match": match, "status": 404, "body": missing, "times": 2}
        await cloud.call("POST", "/_sim/faults", fault)
        event = (await cloud.meet(organizer=None)).body["event_id"]
        await receiver.until(4)
        statuses = [(await cloud.event(event)).status for _ in range(3)]
        assert statuses == [404, 404, 200]

"""graph-notifications §6 and §7: the token behind a subscription, and what becomes of both."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from .graphsim_cloud import ROOM, Cloud, Reply, running_cloud
from .test_graphsim_rich_receiver import Receiver, report_when, running_receiver

MINUTE = 60.0


async def later(cloud: Cloud, minutes: float) -> None:
    """Moves the clock and signs in anew."""
    cloud.simulator.clock.advance(minutes * MINUTE)
    cloud.token = (await cloud.sign_in()).body["access_token"]


async def renew(cloud: Cloud, subscription: str, minutes: float = 2_000) -> Reply:
    when = cloud.simulator.clock.now() + timedelta(minutes=minutes)
    body = {"expirationDateTime": when.strftime("%Y-%m-%dT%H:%M:%SZ")}
    return await cloud.graph("PATCH", f"/subscriptions/{subscription}", body)


async def reauthorize(cloud: Cloud, subscription: str) -> Reply:
    return await cloud.graph("POST", f"/subscriptions/{subscription}/reauthorize")


def told(receiver: Receiver) -> list[str]:
    return [one["lifecycleEvent"] for one in receiver.items if "lifecycleEvent" in one]


def changes(receiver: Receiver) -> list[dict[str, Any]]:
    return [one for one in receiver.items if "changeType" in one]


async def test_challenges_come_at_shrinking_intervals_before_the_token_ends_10(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        await cloud.subscribe(receiver.url)
        for minutes, count in ((29.5, 0), (1, 1), (14, 1), (1, 2), (14, 2), (1, 3), (15, 4)):
            cloud.simulator.clock.advance(minutes * MINUTE)
            await receiver.until(count)
            assert len((await cloud.report())["notified"]) == 0
            assert told(receiver) == ["reauthorizationRequired"] * count


@pytest.mark.parametrize("how", ["PATCH", "reauthorize"])
async def test_either_answer_begins_the_cycle_anew_6(tmp_path: Path, how: str) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        made = (await cloud.subscribe(receiver.url)).body
        await later(cloud, 31)
        await receiver.until(1)
        act = renew if how == "PATCH" else reauthorize
        reply = await act(cloud, made["id"])
        assert reply.status == (200 if how == "PATCH" else 204)
        await later(cloud, 29)
        assert (await cloud.report())["reauthorization"]["challenged"] == 1
        await later(cloud, 2)
        await receiver.until(2)
        read = (await cloud.graph("GET", f"/subscriptions/{made['id']}")).body
        extended = read["expirationDateTime"] != made["expirationDateTime"]
        assert extended == (how == "PATCH")


async def test_a_short_subscription_is_challenged_before_its_own_end_6(tmp_path: Path) -> None:
    async with (
        running_cloud(tmp_path, token_seconds=10 * 3600) as cloud,
        running_receiver() as receiver,
    ):
        when = cloud.simulator.clock.now() + timedelta(minutes=60)
        await cloud.subscribe(receiver.url, expirationDateTime=when.strftime("%Y-%m-%dT%H:%M:%SZ"))
        cloud.simulator.clock.advance(31 * MINUTE)
        await receiver.until(1)
        assert told(receiver) == ["reauthorizationRequired"]


@pytest.mark.parametrize("flushes", [True, False])
async def test_delivery_pauses_at_the_tokens_end_and_may_flush_4_3_6(
    tmp_path: Path, flushes: bool
) -> None:
    async with (
        running_cloud(tmp_path, flushes_after_pause=flushes) as cloud,
        running_receiver() as receiver,
    ):
        made = (await cloud.subscribe(receiver.url)).body
        await later(cloud, 61)
        await cloud.meet(organizer=None)
        report = await cloud.report()
        assert report["reauthorization"]["waiting"] == 4
        assert list(report["deliveries"]["endpoints"].values()) == ["normal"]
        await later(cloud, 180)
        assert changes(receiver) == []
        assert (await reauthorize(cloud, made["id"])).status == 204
        if flushes:
            await report_when(cloud, "reauthorization.waiting", 0)
        else:
            await report_when(cloud, "reauthorization.not_replayed", 4)
        await cloud.meet(hours=9, organizer=None)
        count = 8 if flushes else 4
        await receiver.until(len(told(receiver)) + count)
        assert len(changes(receiver)) == count


async def test_what_waits_for_four_hours_is_lost_and_missed_follows_4_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        made = (await cloud.subscribe(receiver.url)).body
        await later(cloud, 61)
        await cloud.meet(organizer=None)
        await later(cloud, 241)
        await report_when(cloud, "reauthorization.given_up", 4)
        await reauthorize(cloud, made["id"])
        report = await report_when(cloud, "deliveries.waiting", 0)
        assert report["deliveries"]["lost_unsent"] == 1
        assert told(receiver).count("missed") == 1
        assert changes(receiver) == []


@pytest.mark.parametrize(("pauses", "count"), [(True, 0), (False, 4)])
async def test_without_a_lifecycle_url_nobody_is_asked_and_the_pause_is_a_switch_6(
    tmp_path: Path, pauses: bool, count: int
) -> None:
    async with (
        running_cloud(tmp_path, pauses_without_lifecycle_url=pauses) as cloud,
        running_receiver() as receiver,
    ):
        await cloud.subscribe(receiver.url, lifecycleNotificationUrl=None)
        await later(cloud, 61)
        await cloud.meet(organizer=None)
        await report_when(cloud, "deliveries.delivered", count)
        assert (told(receiver), len(changes(receiver))) == ([], count)


async def test_a_cloud_that_never_challenges_is_a_switch_6(tmp_path: Path) -> None:
    async with (
        running_cloud(tmp_path, reauthorization=False) as cloud,
        running_receiver() as receiver,
    ):
        await cloud.subscribe(receiver.url)
        await later(cloud, 600)
        await cloud.meet(organizer=None)
        await receiver.until(4)
        assert told(receiver) == []


@pytest.mark.parametrize(
    ("first", "second", "apart", "count"),
    [
        (renew, reauthorize, 9, 1),
        (reauthorize, renew, 0, 1),
        (renew, reauthorize, 10, 0),
        (renew, renew, 0, 0),
        (reauthorize, reauthorize, 0, 0),
    ],
)
async def test_patch_and_reauthorize_within_ten_minutes_are_flagged_6(
    tmp_path: Path, first: Any, second: Any, apart: float, count: int
) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        made = (await cloud.subscribe(receiver.url)).body
        await first(cloud, made["id"])
        await later(cloud, apart)
        assert (await second(cloud, made["id"])).status < 300
        violations = (await cloud.report())["reauthorization"]["violations"]
        assert [one["subscription"] for one in violations] == [made["id"]] * count
        assert {one["broke"] for one in violations} <= {None}


async def test_in_chaos_a_violation_breaks_one_of_three_things_6(tmp_path: Path) -> None:
    options = {"ten_minute_rule": "chaos", "duplicate_conflict": False}
    async with running_cloud(tmp_path, **options) as cloud, running_receiver() as receiver:
        seen = set()
        for _ in range(20):
            made = (await cloud.subscribe(receiver.url)).body
            path = f"/subscriptions/{made['id']}"
            await reauthorize(cloud, made["id"])
            answered = await renew(cloud, made["id"])
            assert answered.status == 200
            read = await cloud.graph("GET", path)
            broke = (await cloud.report())["reauthorization"]["violations"][-1]["broke"]
            seen.add(broke)
            assert (read.status == 404) == (broke == "forgotten")
            if broke != "forgotten":
                kept = read.body["expirationDateTime"] == made["expirationDateTime"]
                assert kept == (broke == "not_extended")
        counts = (await cloud.report())["reauthorization"]
        assert seen == {"not_extended", "forgotten", "not_authorized"}
        assert sum(counts[f"broke_{one}"] for one in seen) == 20


async def test_a_mailbox_that_goes_takes_its_subscriptions_along_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        made = (await cloud.subscribe(receiver.url)).body
        await cloud.found(hosting="none")
        await receiver.until(1)
        assert told(receiver) == ["subscriptionRemoved"]
        assert (await cloud.graph("GET", f"/subscriptions/{made['id']}")).status == 404
        await cloud.found(hosting="none")
        assert (await cloud.report())["deliveries"]["items"] == 1


async def test_rows_that_outlive_their_mailbox_cannot_be_deleted_9(tmp_path: Path) -> None:
    async with (
        running_cloud(tmp_path, rows_outlive_mailbox=True) as cloud,
        running_receiver() as receiver,
    ):
        made = (await cloud.subscribe(receiver.url)).body
        await cloud.found(hosting="none")
        rows = (await cloud.graph("GET", "/subscriptions")).body["value"]
        assert [one["id"] for one in rows] == [made["id"]]
        reply = await cloud.graph("DELETE", f"/subscriptions/{made['id']}")
        assert (reply.status, reply.code) == (404, "ExtensionError")
        words = reply.body["error"]["message"]
        start = "Operation: Delete; Exception: [Status Code: NotFound; Reason: The requested user '"
        assert words.startswith(f"{start}{ROOM}@")
        assert told(receiver) == []
        assert (await cloud.report())["subscribing"]["rows_without_mailbox"] == 1


async def test_a_lost_permission_ends_the_subscription_with_the_token_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        await cloud.subscribe(receiver.url)
        await cloud.found(roles=())
        cloud.simulator.clock.advance(61 * MINUTE)
        await receiver.until(3)
        assert told(receiver) == ["reauthorizationRequired"] * 2 + ["subscriptionRemoved"]
        assert (await cloud.call("GET", "/_sim/subscriptions")).body["items"] == []


async def test_silent_removal_tells_nobody_9(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        made = (await cloud.subscribe(receiver.url)).body
        await cloud.call("DELETE", f"/_sim/subscriptions/{made['id']}")
        await cloud.meet(organizer=None)
        assert (await cloud.graph("GET", f"/subscriptions/{made['id']}")).status == 404
        assert (await cloud.report())["deliveries"]["waiting"] == 0
        assert receiver.items == []


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("event", ["missed", "tomorrowsEvent"])
async def test_an_item_may_name_an_empty_resource_6(
    tmp_path: Path, named: bool, event: str
) -> None:
    async with (
        running_cloud(tmp_path, lifecycle_has_resource=named) as cloud,
        running_receiver() as receiver,
    ):
        await cloud.subscribe(receiver.url)
        await cloud.call("POST", "/_sim/lifecycle", {"room": str(ROOM), "event": event})
        (item,) = await receiver.until(1)
        assert ("resource" in item, "resourceData" in item) == (named, named)
        assert (item.get("resource", ""), item.get("resourceData")) == ("", None)
        assert item["lifecycleEvent"] == event
        assert "changeType" not in item


@pytest.mark.parametrize("channel", ["lifecycle", "notification"])
async def test_an_item_may_come_on_either_url_6(tmp_path: Path, channel: str) -> None:
    async with (
        running_cloud(tmp_path) as cloud,
        running_receiver() as changed,
        running_receiver() as lifecycle,
    ):
        await cloud.subscribe(changed.url, lifecycleNotificationUrl=lifecycle.url)
        body = {"room": str(ROOM), "event": "missed", "on": channel}
        await cloud.call("POST", "/_sim/lifecycle", body)
        at, other = (lifecycle, changed) if channel == "lifecycle" else (changed, lifecycle)
        await at.until(1)
        assert (told(at), told(other)) == (["missed"], [])


async def test_a_lifecycle_event_may_have_a_name_nobody_knows_yet_10(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        await cloud.subscribe(receiver.url)
        body = {"room": str(ROOM), "event": "unknownFutureValue"}
        assert (await cloud.call("POST", "/_sim/lifecycle", body)).body == {"sent": 1}
        await receiver.until(1)
        assert told(receiver) == ["unknownFutureValue"]
        assert len((await cloud.call("GET", "/_sim/subscriptions")).body["items"]) == 1


async def test_a_nearly_ended_token_is_challenged_at_its_end_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_receiver() as receiver:
        made = (await cloud.subscribe(receiver.url)).body
        cloud.simulator.clock.advance(55 * MINUTE)
        assert (await renew(cloud, made["id"])).status == 200
        count = len(await receiver.until(2))
        cloud.simulator.clock.advance(5 * MINUTE)
        await receiver.until(count + 1)
        assert set(told(receiver)) == {"reauthorizationRequired"}

"""graph-notifications §2 to §7, over HTTPS with plain aiohttp and a listening hook."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from .graphsim_cloud import ROOM, TENANT, running_cloud, running_hook


async def test_both_urls_are_challenged_before_the_answer_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_hook() as hook:
        made = await cloud.subscribe(hook.url)
        assert (made.status, hook.challenges) == (201, 2)
        assert (made.body["clientState"], made.body["resource"]) == ("k3y", f"users/{ROOM}/events")
        read = await cloud.graph("GET", f"/subscriptions/{made.body['id']}")
        assert read.body["id"] == made.body["id"]


async def test_a_booking_comes_as_one_created_and_three_updated_4_4(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_hook() as hook:
        subscription = (await cloud.subscribe(hook.url)).body["id"]
        made = (await cloud.meet()).body
        items = await hook.until(4)
        assert sorted(one["changeType"] for one in items) == ["created"] + ["updated"] * 3
        assert {one["resourceData"]["id"] for one in items} == {made["event_id"]}
        first = items[0]
        assert (first["subscriptionId"], first["tenantId"], first["clientState"]) == (
            subscription,
            str(TENANT),
            "k3y",
        )
        assert first["resource"] == f"Users/{ROOM}/Events/{made['event_id']}"
        assert first["resourceData"]["@odata.etag"].startswith('W/"')


async def test_a_refused_delivery_is_tried_again_4_2(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_hook() as hook:
        await cloud.subscribe(hook.url)
        hook.answers = [503, 503]
        await cloud.meet()
        assert len(await hook.until(4)) == 4
        report = (await cloud.call("GET", "/_sim/report")).body["deliveries"]
        assert report["statuses"]["503"] == 2
        assert report["delivered"] == 4


async def test_paused_deliveries_wait_4_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_hook() as hook:
        await cloud.subscribe(hook.url)
        await cloud.call("POST", "/_sim/pause-deliveries", {"paused": True})
        await cloud.meet(organizer=None)
        report = (await cloud.call("GET", "/_sim/report")).body["deliveries"]
        assert (report["waiting"], hook.items) == (4, [])
        await cloud.call("POST", "/_sim/pause-deliveries", {"paused": False})
        assert len(await hook.until(4)) == 4


async def test_a_cancelled_day_is_reported_as_its_master_4_4(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_hook() as hook:
        daily = {
            "pattern": {"type": "daily"},
            "range": {"type": "numbered", "numberOfOccurrences": 3},
        }
        made = (await cloud.meet(organizer=None, recurrence=daily)).body
        await cloud.subscribe(hook.url)
        day = (datetime.now(UTC) + timedelta(days=1, hours=2)).date().isoformat()
        path = f"/_sim/mailboxes/{ROOM}/meetings/{made['event_id']}"
        await cloud.call("PATCH", path, {"occurrence": day, "cancel": True})
        items = await hook.until(3)
        assert {(one["changeType"], one["resourceData"]["id"]) for one in items} == {
            ("updated", made["event_id"])
        }


@pytest.mark.parametrize("event", ["missed", "reauthorizationRequired", "somethingNew"])
async def test_a_lifecycle_item_names_no_resource_6(tmp_path: Path, event: str) -> None:
    async with running_cloud(tmp_path) as cloud, running_hook() as hook:
        await cloud.subscribe(hook.url)
        await cloud.call("POST", "/_sim/lifecycle", {"room": str(ROOM), "event": event})
        (item,) = await hook.until(1)
        assert item["lifecycleEvent"] == event
        assert "resource" not in item
        assert "changeType" not in item


async def test_a_removed_subscription_is_gone_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_hook() as hook:
        made = (await cloud.subscribe(hook.url)).body
        body = {"room": str(ROOM), "event": "subscriptionRemoved"}
        await cloud.call("POST", "/_sim/lifecycle", body)
        await hook.until(1)
        reply = await cloud.graph("GET", f"/subscriptions/{made['id']}")
        assert (reply.status, reply.code) == (404, "ResourceNotFound")


def _in(minutes: float) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"expirationDateTime": _in(11_000)}, 400, "ExtensionError"),
        ({"expirationDateTime": _in(100)[:-1]}, 400, "InvalidRequest"),
        ({"expirationDateTime": None}, 400, "InvalidRequest"),
        ({"resource": f"users/{ROOM}/events/x"}, 400, "ExtensionError"),
        ({"changeType": "made"}, 400, "InvalidRequest"),
        ({"notificationUrl": "https:////x"}, 400, "InvalidRequest"),
        ({"notificationUrl": "http://127.0.0.1:1/x"}, 400, "ValidationError"),
    ],
)
async def test_a_wrong_subscription_is_refused_2_6(
    tmp_path: Path, changed: dict[str, Any], status: int, code: str
) -> None:
    async with running_cloud(tmp_path) as cloud, running_hook() as hook:
        reply = await cloud.subscribe(hook.url, **changed)
        assert (reply.status, reply.code) == (status, code)


async def test_http_is_refused_unless_allowed_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, allow_http=False) as cloud, running_hook() as hook:
        reply = await cloud.subscribe(hook.url)
        assert reply.body["error"]["message"] == "NotificationUrl scheme='http' is not supported."


async def test_the_documented_lifetime_is_a_switch_0(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, lifetime_minutes=10_080) as cloud, running_hook() as hook:
        assert (await cloud.subscribe(hook.url, expirationDateTime=_in(10_075))).status == 201


async def test_less_than_45_minutes_becomes_45_0(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_hook() as hook:
        made = (await cloud.subscribe(hook.url, expirationDateTime=_in(5))).body
        granted = datetime.fromisoformat(made["expirationDateTime"][:19] + "+00:00")
        assert granted > datetime.now(UTC) + timedelta(minutes=44)


@pytest.mark.parametrize(("conflict", "status"), [(True, 409), (False, 201)])
async def test_a_duplicate_is_a_conflict_or_not_2_7(
    tmp_path: Path, conflict: bool, status: int
) -> None:
    async with (
        running_cloud(tmp_path, duplicate_conflict=conflict) as cloud,
        running_hook() as hook,
    ):
        first = (await cloud.subscribe(hook.url)).body
        second = await cloud.subscribe(hook.url)
        assert second.status == status
        if conflict:
            assert first["id"] in second.body["error"]["message"]


async def test_the_list_hides_the_client_state_2_5(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_hook() as hook:
        await cloud.subscribe(hook.url)
        (row,) = (await cloud.graph("GET", "/subscriptions")).body["value"]
        assert row["clientState"] is None


async def test_a_subscription_is_renewed_by_patch_and_ends_on_time_7(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_hook() as hook:
        made = (await cloud.subscribe(hook.url, expirationDateTime=_in(60))).body
        path = f"/subscriptions/{made['id']}"
        renewed = await cloud.graph("PATCH", path, {"expirationDateTime": _in(600)})
        assert renewed.status == 200
        assert renewed.body["expirationDateTime"] > made["expirationDateTime"]
        assert (await cloud.graph("PATCH", path, {"clientState": "x"})).status == 400
        await cloud.call("POST", "/_sim/clock", {"advance": 700 * 60})
        cloud.token = ""
        late = await cloud.graph("PATCH", path, {"expirationDateTime": _in(2_000)})
        assert (late.status, late.code) == (404, "ResourceNotFound")


async def test_deleting_twice_is_404_7(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_hook() as hook:
        path = f"/subscriptions/{(await cloud.subscribe(hook.url)).body['id']}"
        assert (await cloud.graph("DELETE", path)).status == 204
        assert (await cloud.graph("DELETE", path)).status == 404


async def test_items_lost_for_four_hours_are_followed_by_missed_4_3(tmp_path: Path) -> None:
    async with (
        running_cloud(tmp_path, retry_first_seconds=60.0, reauthorization=False) as cloud,
        running_hook() as hook,
    ):
        await cloud.subscribe(hook.url)
        hook.answers = [503, 503]
        await cloud.meet(organizer=None)
        while not (await cloud.call("GET", "/_sim/report")).body["deliveries"]["statuses"]:
            pass
        await cloud.call("POST", "/_sim/clock", {"advance": 4 * 3600 + 1})
        items = await hook.until(1)
        assert [one.get("lifecycleEvent") for one in items] == ["missed"]


async def test_a_restart_forgets_subscriptions_and_never_gives_their_ids_again_7(
    tmp_path: Path,
) -> None:
    ids = []
    for _ in range(2):
        async with running_cloud(tmp_path) as cloud, running_hook() as hook:
            ids.append((await cloud.subscribe(hook.url)).body["id"])
            listed = (await cloud.graph("GET", "/subscriptions")).body["value"]
            assert [one["id"] for one in listed] == ids[-1:]
    assert ids[0] != ids[1]

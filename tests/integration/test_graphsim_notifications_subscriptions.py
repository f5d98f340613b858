"""graph-notifications §2 and §7: lifetimes, bodies, quotas, lists and ends, over HTTPS."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from .graphsim_cloud import ANN, ROOM, Cloud, Reply, running_cloud, running_hook

GONE = (404, "ResourceNotFound")


def moment_in(cloud: Cloud, minutes: float) -> str:
    when = cloud.simulator.clock.now() + timedelta(minutes=minutes)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def left(cloud: Cloud, body: dict[str, Any]) -> float:
    """Minutes until the shown expiry."""
    text = body["expirationDateTime"]
    shown = datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
    return (shown - cloud.simulator.clock.now()).total_seconds() / 60


def told(reply: Reply) -> tuple[int, str, str]:
    return reply.status, reply.code, reply.body["error"]["message"]


@pytest.mark.parametrize("minutes", [10_070, 10_080, 4_230])
async def test_the_longest_life_is_enforced_in_graphs_words_0(tmp_path: Path, minutes: int) -> None:
    async with running_cloud(tmp_path, lifetime_minutes=minutes) as cloud, running_hook() as hook:
        late = await cloud.subscribe(hook.url, expirationDateTime=moment_in(cloud, minutes + 2))
        words = f"Subscription expiration can only be {minutes} minutes in the future."
        assert told(late) == (400, "ExtensionError", words)
        fine = await cloud.subscribe(hook.url, expirationDateTime=moment_in(cloud, minutes - 1))
        assert fine.status == 201
        path = f"/subscriptions/{fine.body['id']}"
        body = {"expirationDateTime": moment_in(cloud, minutes + 2)}
        assert (await cloud.graph("PATCH", path, body)).code == "ExtensionError"


async def test_the_floor_of_45_minutes_rewrites_the_value_of_both_answers_0(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_hook() as hook:
        asked = {"expirationDateTime": moment_in(cloud, 5)}
        made = (await cloud.subscribe(hook.url, **asked)).body
        assert 44 < left(cloud, made) <= 45
        renewed = (await cloud.graph("PATCH", f"/subscriptions/{made['id']}", asked)).body
        assert 44 < left(cloud, renewed) <= 45
        assert (await cloud.report())["subscribing"]["raised_to_45_minutes"] == 2


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"expirationDateTime": "2031-01-01T00:00:00"}, "Could not process subscription creation"),
        ({"expirationDateTime": "soon"}, "Could not process subscription creation payload."),
        ({"expirationDateTime": None}, "expirationDateTime is a required property"),
        ({"resource": None}, "resource is a required property"),
        ({"changetype": "created"}, "Could not process subscription creation payload."),
        ({"clientState": "x" * 129}, "clientState is longer than 128 characters."),
        ({"vapidPublicKey": "x"}, "'vapidPublicKey' is for browser push only."),
        ({"latestSupportedTlsVersion": "v9"}, "Invalid 'latestSupportedTlsVersion'"),
    ],
)
async def test_a_body_that_graph_does_not_take_2_1(
    tmp_path: Path, changed: dict[str, Any], message: str
) -> None:
    async with running_cloud(tmp_path) as cloud, running_hook() as hook:
        reply = await cloud.subscribe(hook.url, **changed)
        assert (reply.status, reply.code) == (400, "InvalidRequest")
        assert reply.body["error"]["message"].startswith(message)
        assert hook.challenges == 0


async def test_broken_json_is_refused_in_graphs_words_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.graph("GET", "/subscriptions")
        async with cloud.session.post(
            f"{cloud.address.origin}/v1.0/subscriptions",
            data=b"{'changeType': 1}",
            headers={"Authorization": f"Bearer {cloud.token}"},
        ) as answer:
            error = (await answer.json())["error"]
        assert (answer.status, error["code"]) == (400, "InvalidRequest")
        assert error["message"].startswith("Could not process subscription creation payload.")


@pytest.mark.parametrize(("length", "status"), [(128, 400), (255, 201)])
async def test_how_long_a_client_state_may_be_is_a_switch_0(
    tmp_path: Path, length: int, status: int
) -> None:
    options = {"client_state_length": length}
    async with running_cloud(tmp_path, **options) as cloud, running_hook() as hook:
        assert (await cloud.subscribe(hook.url, clientState="x" * 200)).status == status


@pytest.mark.parametrize(("reading", "text", "flag"), [("null", None, None), ("empty", "", False)])
async def test_unset_members_are_null_or_empty_2_4(
    tmp_path: Path, reading: str, text: str | None, flag: bool | None
) -> None:
    options = {"unset_members": reading}
    async with running_cloud(tmp_path, **options) as cloud, running_hook() as hook:
        made = (await cloud.subscribe(hook.url, lifecycleNotificationUrl=None)).body
        assert (made["encryptionCertificate"], made["includeResourceData"]) == (text, flag)
        assert made["lifecycleNotificationUrl"] == text


async def test_a_mailbox_has_a_quota_of_all_apps_together_0(tmp_path: Path) -> None:
    options = {"subscriptions_per_mailbox": 2, "duplicate_conflict": False}
    async with running_cloud(tmp_path, **options) as cloud, running_hook() as hook:
        for _ in range(2):
            assert (await cloud.subscribe(hook.url)).status == 201
        reply = await cloud.subscribe(hook.url)
        assert (reply.status, reply.code) == (403, "ExtensionError")
        assert "Maximum number of subscriptions has been reached" in reply.body["error"]["message"]
        other = await cloud.subscribe(hook.url, resource=f"users/{ANN}/events")
        assert other.status == 201
        assert (await cloud.report())["subscribing"] == {"quota": 1, "duplicates_allowed": 1}


async def test_another_change_type_is_another_subscription_2_7(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_hook() as hook:
        assert (await cloud.subscribe(hook.url)).status == 201
        assert (await cloud.subscribe(hook.url, changeType="created")).status == 201
        assert (await cloud.subscribe(hook.url, changeType="created")).status == 409
        assert (await cloud.report())["subscribing"]["conflicts"] == 1


async def made_three(cloud: Cloud, url: str) -> list[str]:
    kinds = ("created", "updated", "deleted")
    return [(await cloud.subscribe(url, changeType=kind)).body["id"] for kind in kinds]


async def test_the_list_comes_in_pages_2_5(tmp_path: Path) -> None:
    options = {"subscriptions_per_page": 2}
    async with running_cloud(tmp_path, **options) as cloud, running_hook() as hook:
        ids = await made_three(cloud, hook.url)
        first = (await cloud.graph("GET", "/subscriptions")).body
        assert [one["id"] for one in first["value"]] == ids[:2]
        link = first["@odata.nextLink"]
        assert "$skiptoken" in link or "%24skiptoken" in link
        path = link.removeprefix(f"{cloud.address.origin}/v1.0")
        second = (await cloud.graph("GET", path)).body
        assert [one["id"] for one in second["value"]] == ids[2:]
        assert "@odata.nextLink" not in second
        assert {one["clientState"] for one in first["value"] + second["value"]} == {None}


async def test_an_incidents_list_shows_dead_rows_and_omits_live_ones_2_5(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_hook() as hook:
        ids = await made_three(cloud, hook.url)
        await cloud.graph("DELETE", f"/subscriptions/{ids[0]}")
        for kind in ("list_stale", "list_omits"):
            await cloud.call("POST", "/_sim/defects", {"kind": kind})
        shown = [one["id"] for one in (await cloud.graph("GET", "/subscriptions")).body["value"]]
        assert shown == [ids[2], ids[0]]
        shown = [one["id"] for one in (await cloud.graph("GET", "/subscriptions")).body["value"]]
        assert shown == ids[1:]
        fired = {one["kind"]: one["fired"] for one in (await cloud.report())["defects"]}
        assert fired == {"list_stale": 1, "list_omits": 1}


async def test_a_row_vanishes_at_its_expiry_on_the_clock_10(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_hook() as hook:
        made = (await cloud.subscribe(hook.url, expirationDateTime=moment_in(cloud, 50))).body
        path = f"/subscriptions/{made['id']}"
        cloud.simulator.clock.advance(49 * 60)
        assert (await cloud.graph("GET", path)).status == 200
        cloud.simulator.clock.advance(60)
        later = {"expirationDateTime": moment_in(cloud, 600)}
        for method, suffix, body in (
            ("GET", "", None),
            ("PATCH", "", later),
            ("POST", "/reauthorize", None),
            ("DELETE", "", None),
        ):
            reply = await cloud.graph(method, path + suffix, body)
            assert told(reply) == (*GONE, "The object was not found.")
        assert (await cloud.graph("GET", "/subscriptions")).body["value"] == []
        await cloud.meet(organizer=None)
        assert (await cloud.report())["notified"] == {}


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("mailbox_stale", 503, "[Status Code: ServiceUnavailable; Reason: Mailbox info is stale.]"),
        ("backend_unknown", 503, "is currently on backend 'Unknown'"),
        ("quarantined", 500, "Request has been quarantined by condition."),
    ],
)
async def test_one_mailbox_may_be_impossible_to_subscribe_to_2_6(
    tmp_path: Path, kind: str, status: int, words: str
) -> None:
    async with running_cloud(tmp_path) as cloud, running_hook() as hook:
        defect = {"kind": kind, "mailbox": str(ROOM), "times": None}
        await cloud.call("POST", "/_sim/defects", defect)
        for _ in range(2):
            reply = await cloud.subscribe(hook.url)
            assert (reply.status, reply.code) == (status, "ExtensionError")
            assert words in reply.body["error"]["message"]
        assert (await cloud.subscribe(hook.url, resource=f"users/{ANN}/events")).status == 201
        assert (await cloud.report())["defects"][0]["fired"] == 2
        await cloud.call("DELETE", "/_sim/defects")
        assert (await cloud.subscribe(hook.url)).status == 201


async def test_an_unknown_defect_is_refused_with_the_known_ones_10(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        reply = await cloud.call("POST", "/_sim/defects", {"kind": "gremlin"})
        assert (reply.status, "duplicated_late" in reply.body["error"]) == (400, True)


@pytest.mark.parametrize(("taken", "status"), [(True, 201), (False, 400)])
@pytest.mark.parametrize("path", ["calendar/events", "calendars/AAMk/events"])
async def test_the_paths_below_a_calendar_are_a_switch_2_2(
    tmp_path: Path, path: str, taken: bool, status: int
) -> None:
    async with running_cloud(tmp_path, calendar_paths=taken) as cloud, running_hook() as hook:
        reply = await cloud.subscribe(hook.url, resource=f"users/{ROOM}/{path}")
        assert reply.status == status
        event = await cloud.subscribe(hook.url, resource=f"users/{ROOM}/{path}/AAMkEvent")
        assert event.code == "ExtensionError"
        assert "of parameter 'Resource' is not supported." in event.body["error"]["message"]

"""graph-calendar §11, graph-notifications §8: limits as a client sees them over HTTPS."""

import asyncio
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from .graphsim_cloud import ROOM, Cloud, Reply, running_cloud

CALENDAR = f"/users/{ROOM}/calendar?$select=id"


async def _many(cloud: Cloud, method: str, path: str, times: int) -> list[Reply]:
    """Sends the calls at once."""
    await cloud.graph("GET", "/users")
    async with asyncio.TaskGroup() as calls:
        sent = [calls.create_task(cloud.graph(method, path)) for _ in range(times)]
    return [one.result() for one in sent]


@pytest.mark.parametrize(
    ("status", "code"), [(429, "ApplicationThrottled"), (503, "MailboxConcurrency")]
)
async def test_a_fifth_call_at_once_is_refused_in_both_readings_11(
    tmp_path: Path, status: int, code: str
) -> None:
    async with running_cloud(tmp_path, latency=0.2, concurrency_status=status) as cloud:
        replies = await _many(cloud, "GET", CALENDAR, 6)
        refused = [one for one in replies if one.status != 200]
        assert [(one.status, one.code) for one in refused] == [(status, code)] * 2
        message = "Application is over its MailboxConcurrency limit."
        assert {one.body["error"]["message"] for one in refused} == {message}


@pytest.mark.parametrize("form", ["integer", "fraction", "date", "zero", "absent"])
async def test_retry_after_comes_in_the_form_asked_for_8_1(tmp_path: Path, form: str) -> None:
    async with running_cloud(tmp_path, latency=0.2, retry_after=form) as cloud:
        replies = await _many(cloud, "GET", CALENDAR, 5)
        (refused,) = [one for one in replies if one.status == 429]
        told: Any = refused.headers.get("retry-after")
        match form:
            case "date":
                ahead = parsedate_to_datetime(told) - cloud.simulator.clock.now()
                assert abs(ahead.total_seconds()) < 3
            case _:
                assert told == {"integer": "1", "fraction": "1.000", "zero": "0"}.get(form)


async def test_the_26th_list_of_subscriptions_in_20_seconds_is_refused_8_2(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        replies = await _many(cloud, "GET", "/subscriptions", 26)
        (refused,) = [one for one in replies if one.status != 200]
        assert (refused.status, refused.code) == (429, "TooManyRequests")
        assert 1 <= int(refused.headers["retry-after"]) <= 20
        error = refused.body["error"]
        assert error["message"] == "Please retry again later."
        assert (error["innerError"]["code"], error["innerError"]["status"]) == ("429", "429")
        assert (await cloud.graph("DELETE", "/subscriptions/x")).status == 404
        assert (await cloud.graph("GET", "/users")).status == 200
        cloud.simulator.clock.advance(20)
        assert (await cloud.graph("GET", "/subscriptions")).status == 200


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
async def test_writes_of_subscriptions_share_a_limit_and_reads_pass_8_2(
    tmp_path: Path, method: str
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _many(cloud, "DELETE", "/subscriptions/x", 500)
        path = "/subscriptions" if method == "POST" else "/subscriptions/x"
        assert (await cloud.graph(method, path)).status == 429
        assert (await cloud.graph("GET", "/subscriptions/x")).status == 404
        assert (await cloud.graph("POST", "/subscriptions/x/reauthorize")).status == 404


async def test_an_app_has_a_limit_over_everything_8_2(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, calls_per_10_seconds=5) as cloud:
        replies = await _many(cloud, "GET", "/places/microsoft.graph.room", 5)
        assert sorted(one.status for one in replies) == [200] * 4 + [429]
        cloud.simulator.clock.advance(10)
        assert (await cloud.graph("GET", "/users")).status == 200


async def test_directory_reads_tell_their_units_6_2(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        for path, units in (
            ("/users", "2"),
            ("/users?$select=id", "1"),
            (f"/users/{ROOM}", "1"),
            ("/applications", "2"),
            ("/servicePrincipals", "1"),
            ("/oauth2PermissionGrants", "1"),
        ):
            reply = await cloud.graph("GET", path)
            assert (reply.status, reply.headers["x-ms-resource-unit"]) == (200, units)
            assert "x-ms-throttle-limit-percentage" not in reply.headers
        assert "x-ms-resource-unit" not in (await cloud.graph("GET", CALENDAR)).headers


async def test_without_throttling_nobody_is_refused_11(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, throttle=False) as cloud:
        replies = await _many(cloud, "GET", "/subscriptions", 30)
        assert {one.status for one in replies} == {200}

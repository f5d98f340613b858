"""Scenarios (issue "a tenant in a box", item 7), by the control API and by the command line."""

import asyncio
import json
import signal
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from graphsim.option_sets import option_set

from .graphsim_cloud import (
    ANN,
    CLIENT,
    IMMUTABLE,
    INVITED,
    ROLES,
    ROOM,
    SECRET,
    TENANT,
    running_cloud,
)

DOCS = Path(__file__).parents[2] / "docs" / "graphsim.md"
TENANT_BODY = {
    "tenant_id": str(TENANT),
    "apps": [{"client_id": str(CLIENT), "secret": SECRET, "roles": ROLES}],
    "rooms": [{"id": str(ROOM), "mailbox": "room@x.example", "name": "Room"}],
}


@asynccontextmanager
async def started(folder: Path, *flags: str) -> AsyncIterator[Any]:
    """`python -m graphsim`, and how to call it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "graphsim", "--state-dir", str(folder / "state"), *flags),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(20):
            assert process.stdout is not None
            line = (await process.stdout.readline()).decode()
        origin = line.split()[2]
        tls = ssl.create_default_context(cafile=folder / "state" / "ca.pem")
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as session:

            async def call(method: str, path: str, body: Any = None) -> Any:
                async with session.request(method, origin + path, json=body) as answer:
                    return await answer.json()

            yield call
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


async def refused(folder: Path, *flags: str) -> str:
    """What `python -m graphsim` complains of."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "graphsim", "--state-dir", str(folder / "state"), *flags),
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(20):
        _, said = await process.communicate()
    assert process.returncode == 2
    return said.decode()


async def test_a_scenario_file_sets_options_clock_tenants_and_faults(tmp_path: Path) -> None:
    file = tmp_path / "scenario.json"
    scenario = {
        "options": {"set": "worst", "seed": 7, "read_lag": 2},
        "clock": "2027-05-03T09:00:00Z",
        "tenants": [TENANT_BODY],
        "faults": [{"match": {"path": "/calendarView", "nth": 2}, "status": 503}],
    }
    file.write_text(json.dumps(scenario))
    async with started(tmp_path, "--scenario", str(file)) as call:
        report = await call("GET", "/_sim/report")
        assert report["now"] == "2027-05-03T09:00:00Z"
        assert [(one["path"], one["fired"]) for one in report["faults"]] == [("/calendarView", 0)]
        assert (await call("GET", f"/_sim/mailboxes/{ROOM}/meetings"))["items"] == []


async def test_flags_go_before_the_scenario_and_set_before_any(tmp_path: Path) -> None:
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps({"options": {"set": "observed"}, "clock": "real"}))
    flags = ("--clock", "virtual", "--options", "documented", "--set", "blocked_error=surprise")
    said = await refused(tmp_path, "--scenario", str(file), *flags)
    assert said.count("\n") == 1
    assert "$.options.blocked_error" in said
    async with started(tmp_path, "--scenario", str(file), *flags[:-2]) as call:
        assert (await call("GET", "/_sim/clock")) == {
            "now": "2027-03-01T08:00:00Z",
            "stands": True,
        }


@pytest.mark.parametrize(
    ("scenario", "named"),
    [
        ({"faluts": []}, "faluts"),
        ({"options": {"set": "best"}}, "$.options.set"),
        ({"options": {"latncy": 1}}, "$.options.latncy"),
        ({"options": {"latency": "slow"}}, "$.options.latency"),
        ({"clock": "soon"}, "$.clock"),
        ({"faults": [{}, {"match": {"nth": "x"}}]}, "$.faults[1].match.nth"),
        ({"faults": [{"match": {"path": "/oauth2/"}, "page": "endless"}]}, "$.faults[0].page"),
        ({"tenants": [{"domain": "x.example"}]}, "$.tenants[0].tenant_id"),
        ({"tenants": [{"tenant_id": "no"}]}, "$.tenants[0]"),
    ],
)
async def test_a_bad_scenario_is_refused_in_one_line_that_names_the_field(
    tmp_path: Path, scenario: dict[str, Any], named: str
) -> None:
    async with running_cloud(tmp_path) as cloud:
        answer = await cloud.call("POST", "/_sim/scenario", scenario)
        assert answer.status == 400
        assert named in answer.body["error"]
        assert "\n" not in answer.body["error"]
        assert (await cloud.report())["faults"] == []


async def test_a_missing_or_broken_file_is_one_clear_line(tmp_path: Path) -> None:
    said = await refused(tmp_path, "--scenario", str(tmp_path / "none.json"))
    assert (said.count("\n"), "cannot be read" in said) == (1, True)
    (tmp_path / "broken.json").write_text('{"faults": [')
    assert "truncated" in await refused(tmp_path, "--scenario", str(tmp_path / "broken.json"))


async def test_a_scenario_replaces_the_faults_and_leaves_options_to_the_start(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.call("POST", "/_sim/faults", {"status": 500})
        fault = {"match": {"path": "/users", "tenant": str(TENANT)}, "status": 418}
        scenario = {"tenants": [TENANT_BODY], "faults": [fault]}
        assert (await cloud.call("POST", "/_sim/scenario", scenario)).body == {
            "tenants": 1,
            "faults": 1,
        }
        assert (await cloud.graph("GET", "/users")).status == 418
        assert [one["fired"] for one in (await cloud.report())["faults"]] == [1]
        late = await cloud.call("POST", "/_sim/scenario", {"options": {"latency": 1}})
        assert (late.status, "$.options" in late.body["error"]) == (400, True)


@pytest.mark.parametrize("name", ["documented", "observed", "worst"])
async def test_a_meeting_is_booked_answered_and_read_under_each_set(
    tmp_path: Path, name: str
) -> None:
    async with running_cloud(tmp_path, **option_set(name)) as cloud:
        event = (await cloud.create(ANN, attendees=[INVITED])).body["id"]
        await cloud.call("POST", "/_sim/clock", {"advance": 10})
        await cloud.call("POST", "/_sim/clock", {"advance": 10})
        seen = await cloud.graph("GET", f"/users/{ANN}/events/{event}", Prefer=IMMUTABLE)
        assert seen.body["attendees"][0]["status"]["response"] == "accepted"
        assert len(await cloud.rows(ROOM)) == 1


async def test_a_load_keeps_its_rate_on_a_standing_clock(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.call("POST", "/_sim/clock", {"stands": True})
        plan = {"rooms": [str(ROOM)], "rate": 2, "seconds": 5}
        await cloud.call("POST", "/_sim/load", plan)
        loads = []
        for seconds in (0.2, 2, 60):
            await cloud.call("POST", "/_sim/clock", {"advance": seconds})
            loads.append((await cloud.call("GET", "/_sim/load")).body)
        assert [len(one["changes"]) for one in loads] == [1, 5, 10]
        assert [one["running"] for one in loads] == [True, True, False]
        times = [datetime.fromisoformat(one["at"]) for one in loads[-1]["changes"]]
        assert {later - one for one, later in pairwise(times)} == {timedelta(seconds=0.5)}


async def test_the_tenant_in_the_documentation_is_founded_as_it_stands(tmp_path: Path) -> None:
    text = DOCS.read_text().partition("\nPOST /_sim/tenants\n")[2].partition("\n```")[0]
    async with running_cloud(tmp_path) as cloud:
        made = await cloud.call("POST", "/_sim/tenants", json.loads(text))
        assert (made.status, made.body.get("mailboxes")) == (201, 2), made.body

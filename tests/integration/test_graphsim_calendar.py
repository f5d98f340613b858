"""graph-calendar §1 to §3, over HTTPS with plain aiohttp."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from .graphsim_cloud import CLIENT, OTHER_TENANT, ROOM, SELECT, TENANT, Cloud, running_cloud

WEEKLY = {
    "pattern": {"type": "daily", "interval": 1},
    "range": {"type": "numbered", "numberOfOccurrences": 4},
}


def _view(extra: str = "", days: int = 10) -> str:
    now = datetime.now(UTC)
    first, last = (
        quote((now + timedelta(days=one)).strftime("%Y-%m-%dT%H:%M:%SZ")) for one in (-1, days)
    )
    return f"/users/{ROOM}/calendarView?startDateTime={first}&endDateTime={last}{extra}"


async def _answered(cloud: Cloud, event_id: str) -> Any:
    async with asyncio.timeout(5):
        while True:
            body = (await cloud.event(event_id)).body
            if body["responseStatus"]["response"] != "notResponded":
                return body
            await asyncio.sleep(0.01)  # the attendant has no push


async def test_a_room_copy_is_answered_and_rewritten_a_moment_later_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, appear_seconds=60) as cloud:
        made = (await cloud.meet()).body
        before = (await cloud.event(made["event_id"])).body
        assert (before["subject"], before["responseStatus"]["response"]) == (
            "Secret plans",
            "notResponded",
        )
        cloud.attend()
        after = (await cloud.event(made["event_id"])).body
        assert (after["subject"], after["responseStatus"]["response"]) == ("Ann Lee ", "accepted")
        assert after["@odata.etag"] != before["@odata.etag"]
        assert made["organizer_event_id"] != made["event_id"]


async def test_pages_of_a_calendar_view_follow_next_links_1_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        for hour in range(12):
            await cloud.meet(hours=1 + hour)
        first = (await cloud.graph("GET", _view(f"&$select={SELECT}"))).body
        assert len(first["value"]) == 10  # the default page
        link = first["@odata.nextLink"].removeprefix(f"{cloud.address.origin}/v1.0")
        second = (await cloud.graph("GET", link)).body
        assert len(second["value"]) == 2
        assert "@odata.nextLink" not in second
        ids = {one["id"] for one in first["value"] + second["value"]}
        assert len(ids) == 12


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/users/{ROOM}/calendarView?$select=subject", 400, "ErrorInvalidParameter"),
        (_view("&$select=subject", days=2_000), 400, "ErrorInvalidRequest"),
        (_view("&$select=colour"), 400, "RequestBroker--ParseUri"),
        (_view("&$select=subject&$top=1001"), 400, "ErrorInvalidUrlQuery"),
        (f"/users/{ROOM}/events/abc?$select=subject", 400, "ErrorInvalidIdMalformed"),
        ("/users/nobody@x.example/events/abc?$select=subject", 404, "ErrorInvalidUser"),
        ("/users/nobody@x.example", 404, "Request_ResourceNotFound"),
        ("/nonsense", 400, "BadRequest"),
    ],
)
async def test_a_wrong_request_has_its_documented_error_2_8(
    tmp_path: Path, path: str, status: int, code: str
) -> None:
    async with running_cloud(tmp_path) as cloud:
        reply = await cloud.graph("GET", path)
        assert (reply.status, reply.code) == (status, code)
        assert reply.headers["request-id"] == reply.body["error"]["innerError"]["request-id"]


async def test_times_follow_the_prefer_header_1_2(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.meet()
        prefer = 'outlook.timezone="W. Europe Standard Time", IdType="ImmutableId"'
        reply = await cloud.graph("GET", _view("&$select=start"), Prefer=prefer)
        assert reply.body["value"][0]["start"]["timeZone"] == "W. Europe Standard Time"
        assert "W. Europe" in reply.headers["preference-applied"]
        refused = await cloud.graph(
            "GET", _view("&$select=start"), Prefer='outlook.timezone="Mars"'
        )
        assert refused.code == "TimeZoneNotSupportedException"


async def test_regular_ids_work_encoded_and_name_the_same_event_1_2(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = (await cloud.meet()).body
        path = f"/users/{ROOM}/events/{quote(made['regular_event_id'], safe='')}?$select=subject"
        reply = await cloud.graph("GET", path)
        assert reply.status == 200
        assert reply.body["id"] == made["regular_event_id"]


async def test_a_series_shows_exceptions_and_hides_cancelled_days_2_7(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = (await cloud.meet(recurrence=WEEKLY)).body
        master = made["event_id"]
        await _answered(cloud, master)
        window = _view(f"&$select={SELECT},originalStart").split("?")[1]
        path = f"/users/{ROOM}/events/{master}/instances?{window}"
        headers = {"Prefer": 'IdType="ImmutableId"'}
        days = (await cloud.graph("GET", path, **headers)).body["value"]
        assert [one["type"] for one in days] == ["occurrence"] * 4
        meeting = f"/_sim/mailboxes/{ROOM}/meetings/{master}"
        second, third = days[1]["originalStart"][:10], days[2]["originalStart"][:10]
        await cloud.call("PATCH", meeting, {"occurrence": third, "cancel": True})
        moved = datetime.fromisoformat(days[1]["originalStart"]) + timedelta(minutes=90)
        await cloud.call("PATCH", meeting, {"occurrence": second, "start": moved.isoformat()})
        await _answered(cloud, master)
        again = (await cloud.graph("GET", path, **headers)).body["value"]
        assert [one["type"] for one in again] == ["occurrence", "exception", "occurrence"]
        gone = await cloud.event(days[2]["id"])
        assert (gone.status, gone.code) == (404, "ErrorItemNotFound")
        shown = (await cloud.graph("GET", _view(f"&$select={SELECT}"))).body["value"]
        assert len(shown) == 3
        assert "seriesMaster" not in {one["type"] for one in shown}


async def test_a_mailbox_of_another_tenant_does_not_exist_2_8(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        foreign = uuid4()
        await cloud.call(
            "POST",
            "/_sim/tenants",
            {
                "tenant_id": str(OTHER_TENANT),
                "rooms": [{"id": str(foreign), "mailbox": "room@y.example", "name": "Y"}],
            },
        )
        for key in (foreign, "room@y.example"):
            reply = await cloud.graph("GET", f"/users/{key}/calendar?$select=id")
            assert (reply.status, reply.code) == (404, "ErrorInvalidUser")


@pytest.mark.parametrize("hosting", ["on_premises", "unlicensed"])
async def test_a_mailbox_outside_the_cloud_says_so_9(tmp_path: Path, hosting: str) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.found(hosting=hosting)
        reply = await cloud.graph("GET", f"/users/{ROOM}/calendar?$select=id")
        assert (reply.status, reply.code) == (404, "MailboxNotEnabledForRESTAPI")


async def test_a_hidden_room_is_not_listed_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.found(hidden=True)
        assert (await cloud.graph("GET", "/places/microsoft.graph.room")).body["value"] == []


async def test_a_scoped_app_reaches_its_rooms_without_a_role_10(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        app = {
            "client_id": str(CLIENT),
            "secret": "s3~value",
            "roles": ["Place.Read.All"],
            "scope": [str(ROOM)],
        }
        await cloud.call("POST", "/_sim/tenants", {"tenant_id": str(TENANT), "apps": [app]})
        assert (await cloud.graph("GET", f"/users/{ROOM}/calendar?$select=id")).status == 200
        reply = await cloud.graph("GET", "/users/ann@x.example/calendar?$select=id")
        assert (reply.status, reply.code) == (403, "ErrorAccessDenied")


async def test_a_fifth_call_at_once_on_a_mailbox_is_throttled_11(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, latency=0.2) as cloud:
        await cloud.graph("GET", "/users")
        async with asyncio.TaskGroup() as calls:
            path = f"/users/{ROOM}/calendar?$select=id"
            asked = [calls.create_task(cloud.graph("GET", path)) for _ in range(6)]
        replies = [one.result() for one in asked]
        assert sorted(one.status for one in replies) == [200] * 4 + [429] * 2
        refused = next(one for one in replies if one.status == 429)
        assert refused.code == "ApplicationThrottled"
        assert refused.headers["retry-after"] == "1"
        report = (await cloud.call("GET", "/_sim/report")).body
        assert (report["most_at_once"][str(ROOM)], report["throttled"][str(ROOM)]) == (5, 2)


async def test_the_guard_sees_every_read_beyond_the_allowed_fields_11_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = (await cloud.meet()).body
        await cloud.event(made["event_id"])
        assert (await cloud.call("POST", "/_sim/guard/check")).status == 200
        whole = await cloud.event(made["event_id"], "subject,attendees")
        assert "CANARY-" in str(whole.body)
        await cloud.graph("GET", _view())
        checked = await cloud.call("POST", "/_sim/guard/check")
        assert checked.status == 409
        seen = {(one["field"], one["how"]) for one in checked.body["guard_violations"]}
        assert {("attendees", "asked for"), ("*", "read without $select")} <= seen
        assert ("body", "returned") in seen


async def test_reads_by_id_are_counted_per_version_11_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = (await cloud.meet(organizer=None)).body
        for _ in range(2):
            await cloud.event(made["event_id"])
        report = (await cloud.call("GET", "/_sim/report")).body
        key = f"{made['event_id']}|{made['etag']}"
        assert (report["event_gets"], report["reasks"]) == ({key: 2}, {key: 1})


async def test_a_fault_fires_as_often_as_it_was_told_and_counts(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        fault = {
            "match": {"method": "GET", "path": "/calendar\\?"},
            "status": 429,
            "retry_after": 2.128,
            "times": 1,
        }
        await cloud.call("POST", "/_sim/faults", fault)
        path = f"/users/{ROOM}/calendar?$select=id"
        struck = await cloud.graph("GET", path)
        assert (struck.status, struck.headers["retry-after"]) == (429, "2.128")
        assert (await cloud.graph("GET", path)).status == 200
        report = (await cloud.call("GET", "/_sim/report")).body
        assert [one["fired"] for one in report["faults"]] == [1]


async def test_a_load_makes_its_changes_and_says_when(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        plan = {"rooms": [str(ROOM)], "rate": 200, "seconds": 0.2}
        assert (await cloud.call("POST", "/_sim/load", plan)).status == 202
        async with asyncio.timeout(5):
            load = (await cloud.call("GET", "/_sim/load")).body
            while load["running"]:  # asking is the only way to hear of it
                load = (await cloud.call("GET", "/_sim/load")).body
        assert len(load["changes"]) == 40
        last = load["changes"][-1]
        shown = (await cloud.event(last["event"])).body
        assert (shown["@odata.etag"], shown["start"]["dateTime"][:19]) == (
            last["etag"],
            last["start"][:19],
        )


async def test_a_load_is_stopped_and_another_started(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.call("POST", "/_sim/clock", {"stands": True})
        plan = {"rooms": [str(ROOM)], "rate": 1, "seconds": 600}

        async def made(seconds: float) -> tuple[bool, int]:
            await cloud.call("POST", "/_sim/clock", {"advance": seconds})
            load = (await cloud.call("GET", "/_sim/load")).body
            return load["running"], len(load["changes"])

        await cloud.call("POST", "/_sim/load", plan)
        assert await made(9) == (True, 10)
        assert (await cloud.call("POST", "/_sim/load", plan)).status == 400
        assert (await cloud.call("DELETE", "/_sim/load")).status == 204
        assert await made(0.5) == (False, 10)
        assert (await cloud.call("POST", "/_sim/load", plan)).status == 202
        assert await made(4) == (True, 5), "what the first had planned is left undone"
        assert (await cloud.call("DELETE", "/_sim/load")).status == 204
        assert await made(60) == (False, 5)


async def test_the_outlook_view_shows_both_subjects_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = (await cloud.meet()).body
        await _answered(cloud, made["event_id"])
        (row,) = (await cloud.call("GET", f"/_sim/mailboxes/{ROOM}/meetings")).body["items"]
        assert (row["subject"], row["organizer_subject"]) == ("Ann Lee ", "Secret plans")
        assert row["event_id"] == made["event_id"]

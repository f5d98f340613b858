"""graph-calendar §2.2 to §2.8: writes over HTTPS with plain aiohttp."""

from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from graphsim import Options

from .graphsim_cloud import (
    ANN,
    BOB,
    INVITED,
    ROOM,
    Cloud,
    Reply,
    body_of,
    moment,
    running_cloud,
)

GONE = (404, "ErrorItemNotFound")
DAILY = {
    "pattern": {"type": "daily", "interval": 1},
    "range": {"type": "numbered", "numberOfOccurrences": 3},
}


def _refusal(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.code


async def _days(cloud: Cloud, owner: UUID, master: str) -> list[dict[str, Any]]:
    return [one for one in await cloud.rows(owner) if one["series_master_id"] == master]


@pytest.mark.parametrize("calendar", ["", "/calendar"])
async def test_an_event_is_created_in_a_persons_calendar_and_comes_back_whole_2_2(
    tmp_path: Path, calendar: str
) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = await cloud.graph(
            "POST", f"/users/ann@x.example{calendar}/events", body_of(attendees=[INVITED])
        )
        assert made.status == 201
        assert (made.body["subject"], made.body["type"]) == ("Secret plans", "singleInstance")
        assert made.body["organizer"]["emailAddress"]["address"] == "ann@x.example"
        assert made.body["responseStatus"]["response"] == "organizer"
        assert "CANARY-" in made.body["body"]["content"]
        path = f"/users/{ANN}/events/{quote(made.body['id'], safe='')}?$select=subject"
        read = await cloud.graph("GET", path)
        assert read.body["@odata.etag"] == made.body["@odata.etag"]
        report = await cloud.report()
        assert report["guard_violations"] == []
        assert report["writes"] == {"POST events": 1}


async def test_the_invited_room_gets_its_copy_and_answers_later_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, appear_seconds=60) as cloud:
        await cloud.create(ANN, attendees=[INVITED])
        (before,) = await cloud.rows(ROOM)
        assert (before["subject"], before["response"]) == ("Secret plans", "notResponded")
        cloud.attend()
        (after,) = await cloud.rows(ROOM)
        assert (after["subject"], after["response"]) == ("Ann Lee ", "accepted")
        (own,) = await cloud.rows(ANN)
        room = {"address": "room@x.example", "kind": "resource", "response": "accepted"}
        assert own["attendees"] == [room]
        assert own["ical_uid"] == after["ical_uid"]


async def test_in_a_rooms_own_calendar_nobody_checks_for_conflicts_2_2(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        for _ in range(2):
            made = await cloud.create(ROOM)
            assert made.body["responseStatus"]["response"] == "organizer"
            assert made.body["organizer"]["emailAddress"]["address"] == "room@x.example"
        cloud.attend()
        assert [one["response"] for one in await cloud.rows(ROOM)] == ["organizer"] * 2


@pytest.mark.parametrize("zone", ["W. Europe Standard Time", "Europe/Berlin"])
async def test_times_are_taken_in_windows_and_iana_zones_2_7(tmp_path: Path, zone: str) -> None:
    async with running_cloud(tmp_path) as cloud:
        span: dict[str, Any] = {
            "start": {"dateTime": "2026-12-01T09:00:00", "timeZone": zone},
            "end": {"dateTime": "2026-12-01T08:30:00.0000000", "timeZone": "UTC"},
        }
        made = await cloud.create(ROOM, **span)
        assert made.body["start"]["dateTime"] == "2026-12-01T08:00:00.0000000"
        assert made.body["end"]["dateTime"] == "2026-12-01T08:30:00.0000000"
        assert made.body["originalStartTimeZone"] == zone


async def test_an_all_day_event_keeps_its_dates_2_7(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        span: dict[str, Any] = {
            "start": {"dateTime": "2026-12-01T00:00:00", "timeZone": "Europe/Berlin"},
            "end": {"dateTime": "2026-12-02T00:00:00", "timeZone": "W. Europe Standard Time"},
        }
        made = await cloud.create(ROOM, isAllDay=True, **span)
        assert (made.status, made.body["isAllDay"]) == (201, True)
        assert made.body["start"]["dateTime"][:10] == "2026-12-01"
        assert made.body["end"]["dateTime"][:10] == "2026-12-02"


def _at(text: str, zone: str = "UTC") -> dict[str, str]:
    return {"dateTime": text, "timeZone": zone}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"end": moment(1)}, "ErrorPropertyValidationFailure"),
        ({"start": _at("tomorrow")}, "ErrorPropertyValidationFailure"),
        ({"start": _at("2026-12-01T09:00:00", "Mars")}, "TimeZoneNotSupportedException"),
        ({"recurrence": {"pattern": {"type": "hourly"}}}, "ErrorPropertyValidationFailure"),
        (
            {"singleValueExtendedProperties": [{"id": "x", "value": "y"}]},
            "ErrorPropertyValidationFailure",
        ),
        ({"colour": "red"}, "RequestBodyRead"),
        ({"showAs": "red"}, "RequestBodyRead"),
        ({"attendees": ["Ann"]}, "RequestBodyRead"),
        (
            {
                "isAllDay": True,
                "start": _at("2026-12-01T00:00:00"),
                "end": _at("2026-12-01T12:00:00"),
            },
            "ErrorInvalidRequest",
        ),
        (
            {
                "isAllDay": True,
                "start": _at("2026-12-01T00:00:00"),
                "end": _at("2026-12-02T00:00:00", "Europe/Berlin"),
            },
            "ErrorInvalidRequest",
        ),
    ],
)
async def test_a_body_that_is_no_event_is_refused_and_makes_none_2_8(
    tmp_path: Path, body: dict[str, Any], code: str
) -> None:
    async with running_cloud(tmp_path) as cloud:
        assert _refusal(await cloud.create(ROOM, **body)) == (400, code)
        assert await cloud.rows(ROOM) == []
        assert (await cloud.report())["writes"] == {}


async def test_a_reader_may_not_write_2_8(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.found(roles=("Calendars.Read",))
        assert _refusal(await cloud.create(ROOM)) == (403, "ErrorAccessDenied")


async def test_a_patch_changes_what_was_sent_and_rooms_answer_again_2_5(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, appear_seconds=60) as cloud:
        made = (await cloud.create(ANN, attendees=[INVITED])).body
        cloud.attend()
        for body in ({"subject": "Other plans"}, {"start": moment(4), "end": moment(5)}):
            changed = await cloud.patch(ANN, made["id"], body)
            assert (changed.status, changed.body["subject"]) == (200, "Other plans")
            assert [one["response"] for one in await cloud.rows(ROOM)] == ["notResponded"]
            cloud.attend()
            assert [one["response"] for one in await cloud.rows(ROOM)] == ["accepted"]
        (own,), (copy,) = await cloud.rows(ANN), await cloud.rows(ROOM)
        assert (own["start"], own["end"]) == (copy["start"], copy["end"])
        assert own["start"][:19] != made["start"]["dateTime"][:19]
        assert own["etag"] != made["@odata.etag"]
        assert own["attendees"][0]["response"] == "accepted"


async def test_a_start_alone_keeps_the_end_and_may_not_pass_it_2_5(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = (await cloud.create(ROOM, hours=2)).body
        earlier = (await cloud.patch(ROOM, made["id"], {"start": moment(1)})).body
        assert earlier["end"] == made["end"]
        late = await cloud.patch(ROOM, made["id"], {"start": moment(9)})
        assert _refusal(late) == (400, "ErrorPropertyValidationFailure")


async def test_a_patch_of_a_rooms_copy_stays_there_until_the_next_update_2_6(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = (await cloud.create(ANN, attendees=[INVITED])).body
        cloud.attend()
        (copy,) = await cloud.rows(ROOM)
        await cloud.patch(ROOM, copy["event_id"], {"start": moment(6), "end": moment(7)})
        (moved,), (own,) = await cloud.rows(ROOM), await cloud.rows(ANN)
        assert (moved["response"], own["start"]) == ("accepted", copy["start"])
        assert moved["start"] != copy["start"]
        await cloud.patch(ANN, made["id"], {"subject": "Other plans"})
        assert [one["start"] for one in await cloud.rows(ROOM)] == [copy["start"]]


async def test_a_person_is_added_to_a_rooms_own_event_and_taken_off_again_2_2(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = (await cloud.create(ROOM)).body
        ann, bob = (
            {"type": "required", "emailAddress": {"name": name, "address": f"{name}@x.example"}}
            for name in ("ann", "bob")
        )
        added = await cloud.patch(ROOM, made["id"], {"attendees": [ann, bob]})
        assert added.status == 200
        assert [one["ical_uid"] for one in await cloud.rows(ANN)] == [made["iCalUId"]]
        await cloud.patch(ROOM, made["id"], {"attendees": [bob]})
        assert [one["is_cancelled"] for one in await cloud.rows(ANN)] == [True]
        assert [one["is_cancelled"] for one in await cloud.rows(BOB)] == [False]
        await cloud.patch(ROOM, made["id"], {"attendees": [ann, bob]})
        assert [one["is_cancelled"] for one in await cloud.rows(ANN)] == [False]
        assert [one["response"] for one in await cloud.rows(ROOM)] == ["organizer"]


async def test_a_stale_if_match_is_refused_2_4(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = (await cloud.create(ROOM)).body
        stale = {"If-Match": made["@odata.etag"]}
        fresh = {"If-Match": (await cloud.patch(ROOM, made["id"], {}, **stale)).body["@odata.etag"]}
        conflict = (412, "ErrorIrresolvableConflict")
        assert _refusal(await cloud.patch(ROOM, made["id"], {"subject": "x"}, **stale)) == conflict
        assert _refusal(await cloud.delete(ROOM, made["id"], **stale)) == conflict
        assert [one["subject"] for one in await cloud.rows(ROOM)] == ["Secret plans"]
        assert (await cloud.delete(ROOM, made["id"], **fresh)).status == 204


async def test_a_stale_if_match_is_taken_in_the_other_reading_2_4(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, ignore_if_match=True) as cloud:
        made = (await cloud.create(ROOM)).body
        stale = {"If-Match": 'W/"old"'}
        assert (await cloud.patch(ROOM, made["id"], {"subject": "x"}, **stale)).status == 200
        assert (await cloud.delete(ROOM, made["id"], **stale)).status == 204


async def test_writes_to_foreign_and_unknown_ids_are_refused_as_reads_are_2_8(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        foreign = (await cloud.create(ANN)).body["id"]
        for reply in (
            await cloud.patch(ROOM, foreign, {"subject": "x"}),
            await cloud.delete(ROOM, foreign),
            await cloud.act(ROOM, foreign, "cancel"),
            await cloud.act(ROOM, "abc", "decline"),
        ):
            assert _refusal(reply) == (400, "ErrorInvalidIdMalformed")
        own = (await cloud.create(ROOM)).body["id"]
        assert (await cloud.delete(ROOM, own)).status == 204
        assert _refusal(await cloud.delete(ROOM, own)) == GONE
        assert _refusal(await cloud.patch(ROOM, own, {})) == GONE
        assert (await cloud.report())["writes"] == {"POST events": 2, "DELETE events": 1}


@pytest.mark.parametrize(("removes", "left"), [(True, []), (False, [True])])
@pytest.mark.parametrize("how", ["delete", "cancel"])
async def test_the_organiser_cancels_and_the_room_keeps_or_removes_it_2_6(
    tmp_path: Path, how: str, removes: bool, left: list[bool]
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.found(processing={"remove_canceled_meetings": removes})
        made = (await cloud.create(ANN, attendees=[INVITED])).body["id"]
        cloud.attend()
        if how == "delete":
            assert (await cloud.delete(ANN, made)).status == 204
        else:
            assert (await cloud.act(ANN, made, "cancel", comment="Sorry")).status == 202
        assert await cloud.rows(ANN) == []
        assert [one["is_cancelled"] for one in await cloud.rows(ROOM)] == left


@pytest.mark.parametrize("tells", [True, False])
async def test_a_permanent_deletion_is_204_and_tells_the_invited_in_one_reading_2_5(
    tmp_path: Path, tells: bool
) -> None:
    async with running_cloud(tmp_path, purge_cancels=tells) as cloud:
        made = (await cloud.create(ANN, attendees=[INVITED])).body
        cloud.attend()
        assert (await cloud.act(ANN, made["id"], "permanentDelete")).status == 204
        assert _refusal(await cloud.act(ANN, made["id"], "permanentDelete"))[0] == 404
        assert await cloud.rows(ANN) == []
        (copy,) = await cloud.rows(ROOM)
        assert copy["is_cancelled"] == tells
        series = (await cloud.create(ANN, hours=30, attendees=[INVITED], recurrence=DAILY)).body
        first, *rest = await _days(cloud, ANN, series["id"])
        assert (await cloud.act(ANN, first["event_id"], "permanentDelete")).status == 204
        assert len(await _days(cloud, ANN, series["id"])) == len(rest)
        left = [one for one in await cloud.rows(ROOM) if one["occurrence"]]
        assert len(left) == len(rest) + (not tells)
        assert (await cloud.report())["writes"]["permanentDelete"] == 2


async def test_more_attendees_than_an_event_may_have_are_refused_2_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, most_attendees=2) as cloud:
        crowd = [{"emailAddress": {"address": f"p{one}@x.example"}} for one in range(3)]
        assert _refusal(await cloud.create(ANN, attendees=crowd))[0] == 400
        made = (await cloud.create(ANN, attendees=crowd[:2], recurrence=DAILY)).body
        day, *_ = await _days(cloud, ANN, made["id"])
        for event in (made["id"], day["event_id"]):
            assert (await cloud.patch(ANN, event, {"attendees": crowd})).status == 400
        assert Options().most_attendees == 500


async def test_any_number_of_attendees_is_taken_in_the_other_reading_2_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, most_attendees=None) as cloud:
        crowd = [{"emailAddress": {"address": f"p{one}@y.example"}} for one in range(501)]
        assert (await cloud.create(ANN, attendees=crowd)).status == 201


async def test_an_attendee_may_not_cancel_nor_an_organiser_respond_2_5(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = (await cloud.create(ANN, attendees=[INVITED])).body["id"]
        (copy,) = await cloud.rows(ROOM)
        refused = await cloud.act(ROOM, copy["event_id"], "cancel")
        assert _refusal(refused) == (400, "ErrorInvalidRequest")
        assert refused.body["error"]["message"].endswith("an organizer to cancel a meeting.")
        for action in ("accept", "tentativelyAccept", "decline"):
            assert _refusal(await cloud.act(ANN, made, action)) == (400, "ErrorInvalidRequest")
        silent = await cloud.act(
            ROOM, copy["event_id"], "decline", comment="No", sendResponse=False
        )
        assert _refusal(silent) == (400, "ErrorInvalidParameter")
        assert (await cloud.report())["writes"] == {"POST events": 1}


@pytest.mark.parametrize(("told", "heard"), [(True, "declined"), (False, "accepted")])
async def test_a_room_that_declines_loses_its_copy_and_tells_the_organiser_if_asked_to_2_5(
    tmp_path: Path, told: bool, heard: str
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.create(ANN, attendees=[INVITED])
        cloud.attend()
        (copy,) = await cloud.rows(ROOM)
        declined = await cloud.act(ROOM, copy["event_id"], "decline", sendResponse=told)
        assert (declined.status, declined.body) == (202, None)
        assert await cloud.rows(ROOM) == []
        (own,) = await cloud.rows(ANN)
        assert own["attendees"][0]["response"] == heard


@pytest.mark.parametrize(
    ("action", "response", "show_as"),
    [("accept", "accepted", "busy"), ("tentativelyAccept", "tentativelyAccepted", "tentative")],
)
async def test_an_attendees_answer_reaches_the_organiser_2_5(
    tmp_path: Path, action: str, response: str, show_as: str
) -> None:
    async with running_cloud(tmp_path) as cloud:
        ann = {"emailAddress": {"address": "ann@x.example"}}
        await cloud.create(ROOM, attendees=[ann])
        (copy,) = await cloud.rows(ANN)
        assert (await cloud.act(ANN, copy["event_id"], action, comment="Yes")).status == 202
        (copy,), (own,) = await cloud.rows(ANN), await cloud.rows(ROOM)
        assert (copy["response"], copy["show_as"]) == (response, show_as)
        assert own["attendees"] == [
            {"address": "ann@x.example", "kind": "required", "response": response}
        ]


async def test_one_day_of_a_series_is_moved_cancelled_and_kept_off_its_neighbours_2_5(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        span: dict[str, Any] = {
            "start": _at("2026-12-01T09:00:00"),
            "end": _at("2026-12-01T10:00:00"),
        }
        made = (await cloud.create(ROOM, recurrence=DAILY, **span)).body
        assert made["type"] == "seriesMaster"
        window = "startDateTime=2026-12-01T00:00:00Z&endDateTime=2026-12-09T00:00:00Z"
        path = f"/users/{ROOM}/events/{made['id']}/instances?{window}&$select=start,type"

        async def days() -> list[dict[str, Any]]:
            rows: list[dict[str, Any]] = (
                await cloud.graph("GET", path, Prefer='IdType="ImmutableId"')
            ).body["value"]
            return rows

        first, second, third = (one["id"] for one in await days())
        moved = {"start": _at("2026-12-02T15:00:00"), "end": _at("2026-12-02T16:00:00")}
        changed = await cloud.patch(ROOM, second, moved)
        assert (changed.status, changed.body["type"]) == (200, "exception")
        crossing = {"start": _at("2026-12-03T08:00:00"), "end": _at("2026-12-03T09:00:00")}
        assert _refusal(await cloud.patch(ROOM, second, crossing)) == (
            400,
            "ErrorOccurrenceCrossingBoundary",
        )
        assert (await cloud.delete(ROOM, third)).status == 204
        assert (await cloud.act(ROOM, first, "cancel")).status == 202
        assert [(one["type"], one["start"]["dateTime"][:13]) for one in await days()] == [
            ("exception", "2026-12-02T15")
        ]
        assert (await cloud.delete(ROOM, made["id"])).status == 204
        assert _refusal(await cloud.patch(ROOM, second, moved)) == GONE


async def test_a_series_patched_with_new_times_keeps_its_days_2_5(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = (await cloud.create(ANN, recurrence=DAILY, attendees=[INVITED])).body
        cloud.attend()
        (copy,) = {one["series_master_id"] for one in await cloud.rows(ROOM)}
        before = await _days(cloud, ROOM, copy)
        await cloud.patch(ANN, made["id"], {"end": moment(3)})
        cloud.attend()
        after = await _days(cloud, ROOM, copy)
        assert [one["start"] for one in before] == [one["start"] for one in after]
        assert {one["response"] for one in after} == {"accepted"}
        assert before[0]["end"] != after[0]["end"]


async def test_writes_are_counted_by_kind_and_by_meeting_2(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = (await cloud.create(ANN, attendees=[INVITED])).body
        await cloud.patch(ANN, made["id"], {"subject": "x"})
        (copy,) = await cloud.rows(ROOM)
        await cloud.act(ROOM, copy["event_id"], "decline")
        await cloud.act(ANN, made["id"], "cancel")
        report = await cloud.report()
        assert report["writes"] == {
            "POST events": 1,
            "PATCH events": 1,
            "decline": 1,
            "cancel": 1,
        }
        assert report["writes_by_event"] == {
            f"{ANN}|{made['iCalUId']}": 3,
            f"{ROOM}|{made['iCalUId']}": 1,
        }
        await cloud.call("POST", "/_sim/guard/reset")
        assert (await cloud.report())["writes"] == {}

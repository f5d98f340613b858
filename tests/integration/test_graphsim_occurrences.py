"""graph-calendar §1.5, §2.5, §2.6: one day of a series that is answered, changed, cancelled alone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from .graphsim_cloud import ANN, BOB, IMMUTABLE, INVITED, ROOM, Cloud, running_cloud

DAILY = {
    "pattern": {"type": "daily", "interval": 1},
    "range": {"type": "numbered", "numberOfOccurrences": 3},
}
GUEST = {"type": "required", "emailAddress": {"name": "Bob Ray", "address": "bob@x.example"}}
BOTH = [INVITED, GUEST]
GONE = (404, "ErrorItemNotFound")


def _nine(days: int = 0) -> dict[str, Any]:
    """From nine to half past nine tomorrow or later, whatever the hour is now."""
    day = datetime.now(UTC).date() + timedelta(days=1 + days)
    return {
        name: {"dateTime": f"{day}T09:{minute:02}:00", "timeZone": "UTC"}
        for name, minute in (("start", 0), ("end", 30))
    }


async def _series(cloud: Cloud, attendees: list[Any], answered: bool = True, **more: Any) -> Any:
    """A series of Ann's at nine on three days that the room has answered; the reply's body."""
    series = {"recurrence": DAILY, "attendees": attendees, **_nine()}
    made = await cloud.create(ANN, **(series | more))
    if answered:
        cloud.attend()
    return made.body


async def _answers(cloud: Cloud, who: str = "room@x.example") -> list[str]:
    """What the organiser knows of somebody's answer, day by day."""
    return [
        next((one["response"] for one in row["attendees"] if one["address"] == who), "not invited")
        for row in await cloud.rows(ANN)
    ]


async def _shown(cloud: Cloud, owner: UUID, event: Any) -> Any:
    """An event as Graph shows it, whole."""
    return (await cloud.graph("GET", f"/users/{owner}/events/{event}", Prefer=IMMUTABLE)).body


def _at(row: dict[str, Any], hour: int) -> dict[str, Any]:
    """A body that moves a day of a series to an hour of the same day."""
    day = row["start"][:10]
    return {
        name: {"dateTime": f"{day}T{hour + more:02}:00:00", "timeZone": "UTC"}
        for more, name in enumerate(("start", "end"))
    }


@pytest.mark.parametrize("kind", ["exception", "occurrence"])
@pytest.mark.parametrize(
    ("action", "response", "shows"),
    [("accept", "accepted", "busy"), ("tentativelyAccept", "tentativelyAccepted", "tentative")],
)
async def test_one_day_is_accepted_alone_and_the_organiser_hears_of_that_day_2_5(
    tmp_path: Path, kind: str, action: str, response: str, shows: str
) -> None:
    async with running_cloud(tmp_path, answered_day=kind) as cloud:
        made = await _series(cloud, [GUEST])
        _, second, _ = await cloud.rows(BOB)
        assert (await cloud.act(BOB, second["event_id"], action, comment="Yes")).status == 202
        rows = await cloud.rows(BOB)
        assert [one["response"] for one in rows] == ["notResponded", response, "notResponded"]
        assert [one["show_as"] for one in rows] == ["tentative", shows, "tentative"]
        assert [one["type"] for one in rows] == ["occurrence", kind, "occurrence"]
        assert await _answers(cloud, "bob@x.example") == ["none", response, "none"]
        assert [one["type"] for one in await cloud.rows(ANN)] == ["occurrence", kind, "occurrence"]
        master = await _shown(cloud, ANN, made["id"])
        assert [one["status"]["response"] for one in master["attendees"][:-1]] == ["none"]
        expanded = f"{second['series_master_id']}?$expand=exceptionOccurrences"
        exceptions = (await _shown(cloud, BOB, expanded))["exceptionOccurrences"]
        assert len(exceptions) == (kind == "exception")
        day = await _shown(cloud, BOB, second["event_id"])
        assert day["responseStatus"]["response"] == response
        assert not day["responseStatus"]["time"].startswith("0001")
        assert (await cloud.report())["writes"] == {"POST events": 1, action: 1}


@pytest.mark.parametrize(("told", "heard"), [(True, "declined"), (False, "accepted")])
async def test_a_room_declines_one_day_and_tells_the_organiser_if_asked_to_2_5(
    tmp_path: Path, told: bool, heard: str
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _series(cloud, [INVITED])
        first, second, third = await cloud.rows(ROOM)
        declined = await cloud.act(ROOM, second["event_id"], "decline", sendResponse=told)
        assert (declined.status, declined.body) == (202, None)
        assert [one["start"] for one in await cloud.rows(ROOM)] == [first["start"], third["start"]]
        assert await _answers(cloud) == ["accepted", heard, "accepted"]
        again = await cloud.act(ROOM, second["event_id"], "decline")
        assert (again.status, again.code) == GONE


async def test_a_declined_day_stays_in_the_room_in_the_other_reading_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, declined_stay=True) as cloud:
        await _series(cloud, [INVITED])
        _, second, _ = await cloud.rows(ROOM)
        await cloud.act(ROOM, second["event_id"], "decline")
        rows = await cloud.rows(ROOM)
        assert [one["response"] for one in rows] == ["accepted", "declined", "accepted"]
        assert [one["show_as"] for one in rows] == ["busy", "free", "busy"]


async def test_declining_the_series_declines_the_days_answered_before_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, declined_stay=True) as cloud:
        await _series(cloud, [INVITED])
        first, second, _ = await cloud.rows(ROOM)
        await cloud.act(ROOM, second["event_id"], "tentativelyAccept")
        await cloud.act(ROOM, first["series_master_id"], "decline")
        rows = await cloud.rows(ROOM)
        assert [one["response"] for one in rows] == ["declined"] * 3
        assert [one["show_as"] for one in rows] == ["free"] * 3


@pytest.mark.parametrize(("deleting_declines", "heard"), [(False, "accepted"), (True, "declined")])
async def test_whether_a_bare_delete_of_one_day_is_heard_of_is_a_switch_2_5(
    tmp_path: Path, deleting_declines: bool, heard: str
) -> None:
    async with running_cloud(tmp_path, deleting_declines=deleting_declines) as cloud:
        await _series(cloud, [INVITED])
        _, second, _ = await cloud.rows(ROOM)
        assert (await cloud.delete(ROOM, second["event_id"])).status == 204
        assert await _answers(cloud) == ["accepted", heard, "accepted"]


async def test_an_answer_to_the_series_goes_for_the_days_answered_before_2_5(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _series(cloud, [GUEST])
        first, second, _ = await cloud.rows(BOB)
        await cloud.act(BOB, second["event_id"], "tentativelyAccept")
        await cloud.act(BOB, first["series_master_id"], "accept")
        rows = await cloud.rows(BOB)
        assert [one["response"] for one in rows] == ["accepted"] * 3
        assert [one["show_as"] for one in rows] == ["busy"] * 3
        assert await _answers(cloud, "bob@x.example") == ["accepted"] * 3


async def test_an_answer_to_the_series_leaves_the_days_declined_before_declined_2_5(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _series(cloud, [GUEST])
        first, second, _ = await cloud.rows(BOB)
        await cloud.act(BOB, second["event_id"], "decline")
        await cloud.act(BOB, first["series_master_id"], "accept")
        assert len(await cloud.rows(BOB)) == 2
        assert await _answers(cloud, "bob@x.example") == ["accepted", "declined", "accepted"]


async def test_a_day_changed_by_the_organiser_is_an_exception_in_every_copy_2_5(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path, appear_seconds=60) as cloud:
        await _series(cloud, BOTH)
        _, second, _ = await cloud.rows(ANN)
        body = {**_at(second, 20), "subject": "Only today", "location": {"displayName": "Roof"}}
        changed = await cloud.patch(ANN, second["event_id"], body)
        assert (changed.status, changed.body["type"]) == (200, "exception")
        assert changed.body["location"]["displayName"].startswith("Roof ")
        for owner in (ANN, ROOM, BOB):
            rows = await cloud.rows(owner)
            assert [one["type"] for one in rows] == ["occurrence", "exception", "occurrence"]
            assert rows[1]["subject"] == "Only today"
            assert rows[1]["start"][11:13] == "20"
            assert rows[1]["original_start"] == second["start"]
        assert (await cloud.rows(ROOM))[1]["response"] == "notResponded"
        cloud.attend()
        _, room_day, _ = await cloud.rows(ROOM)
        assert (room_day["subject"], room_day["response"]) == ("Ann Lee ", "accepted")
        assert await _answers(cloud) == ["accepted"] * 3


async def test_a_moved_day_that_collides_is_declined_alone_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _series(cloud, [INVITED])
        _, second, _ = await cloud.rows(ANN)
        await cloud.create(BOB, attendees=[INVITED], **_at(second, 20))
        cloud.attend()
        assert (await cloud.patch(ANN, second["event_id"], _at(second, 20))).status == 200
        cloud.attend()
        mine = [one for one in await cloud.rows(ROOM) if one["series_master_id"]]
        assert [one["start"][:10] for one in mine] == [
            one["start"][:10] for one in (await cloud.rows(ANN))[::2]
        ]
        assert await _answers(cloud) == ["accepted", "declined", "accepted"]
        # Moved to where nothing is, the room takes it again.
        assert (await cloud.patch(ANN, second["event_id"], _at(second, 22))).status == 200
        cloud.attend()
        assert await _answers(cloud) == ["accepted"] * 3
        mine = [one for one in await cloud.rows(ROOM) if one["series_master_id"]]
        assert [one["response"] for one in mine] == ["accepted"] * 3
        assert mine[1]["start"][11:13] == "22"
        shown = await _shown(cloud, ROOM, mine[1]["event_id"])
        assert shown["responseStatus"]["response"] == "accepted"


async def test_of_a_series_that_is_taken_the_days_that_collide_are_declined_2_6(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        limits = {"maximum_conflict_instances": 1, "conflict_percentage_allowed": 50}
        await cloud.found(processing=limits)
        await cloud.create(BOB, attendees=[INVITED], **_nine(days=1))
        cloud.attend()
        await _series(cloud, [INVITED])
        assert await _answers(cloud) == ["accepted", "declined", "accepted"]
        mine = [one for one in await cloud.rows(ROOM) if one["series_master_id"]]
        assert [one["response"] for one in mine] == ["accepted"] * 2


async def test_a_moved_day_waits_for_a_delegate_where_not_all_may_book_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _series(cloud, [INVITED])
        await cloud.found(processing={"all_book_in_policy": False})
        _, second, _ = await cloud.rows(ROOM)
        _, own, _ = await cloud.rows(ANN)
        await cloud.patch(ANN, own["event_id"], _at(own, 20))
        cloud.attend()
        assert await _answers(cloud) == ["accepted", "tentativelyAccepted", "accepted"]
        assert (await cloud.rows(ROOM))[1]["show_as"] == "tentative"
        path = f"/_sim/mailboxes/{ROOM}/meetings/{second['event_id']}"
        assert (await cloud.call("PATCH", path, {"decide": "accept"})).status == 204
        assert (await cloud.call("PATCH", path, {"decide": "accept"})).status == 409
        assert await _answers(cloud) == ["accepted"] * 3
        assert [one["show_as"] for one in await cloud.rows(ROOM)] == ["busy"] * 3


async def test_a_room_taken_off_one_day_loses_that_day_and_gets_it_back_2_5(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _series(cloud, BOTH)
        first, second, third = await cloud.rows(ANN)
        off = await cloud.patch(ANN, second["event_id"], {"attendees": [GUEST]})
        assert (off.status, off.body["type"], len(off.body["attendees"])) == (200, "exception", 2)
        kept = [first["start"], third["start"]]
        assert [one["start"] for one in await cloud.rows(ROOM)] == kept
        assert len(await cloud.rows(BOB)) == 3
        assert await _answers(cloud) == ["accepted", "not invited", "accepted"]
        # A new request for the series leaves that day out.
        await cloud.patch(ANN, first["series_master_id"], {"subject": "Other plans"})
        cloud.attend()
        assert [one["start"] for one in await cloud.rows(ROOM)] == kept
        await cloud.patch(ANN, second["event_id"], {"attendees": BOTH})
        cloud.attend()
        assert [one["response"] for one in await cloud.rows(ROOM)] == ["accepted"] * 3
        assert await _answers(cloud) == ["accepted"] * 3


async def test_who_is_invited_to_one_day_only_has_that_day_alone_2_5(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = await _series(cloud, [GUEST])
        _, second, _ = await cloud.rows(ANN)
        added = await cloud.patch(ANN, second["event_id"], {"attendees": BOTH})
        assert added.status == 200
        cloud.attend()
        (alone,) = await cloud.rows(ROOM)
        assert (alone["type"], alone["start"]) == ("singleInstance", second["start"])
        assert (alone["subject"], alone["response"]) == ("Ann Lee ", "accepted")
        assert await _answers(cloud) == ["not invited", "accepted", "not invited"]
        shown, own = (await _shown(cloud, ROOM, alone["event_id"])), added.body
        assert shown["iCalUId"] == own["iCalUId"] != made["iCalUId"]
        await cloud.patch(ANN, second["event_id"], _at(second, 20))
        cloud.attend()
        (moved,) = await cloud.rows(ROOM)
        assert (moved["event_id"], moved["start"][11:13]) == (alone["event_id"], "20")
        assert moved["response"] == "accepted"
        await cloud.act(ROOM, alone["event_id"], "decline")
        assert await _answers(cloud) == ["not invited", "declined", "not invited"]
        await cloud.patch(ANN, second["event_id"], {"subject": "Again"})
        cloud.attend()
        assert await _answers(cloud) == ["not invited", "accepted", "not invited"]
        await cloud.delete(ANN, made["id"])
        assert [one["is_cancelled"] for one in await cloud.rows(ROOM)] == [True]


@pytest.mark.parametrize("kind", ["singleInstance", "exception"])
async def test_whether_a_day_alone_names_a_master_that_is_not_there_is_a_switch_2_5(
    tmp_path: Path, kind: str
) -> None:
    async with running_cloud(tmp_path, lone_day_type=kind) as cloud:
        await _series(cloud, [])
        for one in (await cloud.rows(ANN))[:2]:
            moved = {"attendees": [INVITED], **_at(one, 7)}
            assert (await cloud.patch(ANN, one["event_id"], moved)).status == 200
        shown = [await _shown(cloud, ROOM, one["event_id"]) for one in await cloud.rows(ROOM)]
        assert [one["type"] for one in shown] == [kind] * 2
        starts = [one["original_start"] for one in (await cloud.rows(ANN))[:2]]
        alone = [one["originalStart"] for one in shown]
        assert alone == (starts if kind == "exception" else [None, None])
        (master,) = {one["seriesMasterId"] for one in shown}
        assert (master is None) == (kind == "singleInstance")
        if master:
            gone = await cloud.event(master, "subject")
            assert (gone.status, gone.code) == GONE


@pytest.mark.parametrize("per_occurrence", [True, False])
async def test_a_day_alone_has_the_meeting_id_that_its_organiser_sees_2_1(
    tmp_path: Path, per_occurrence: bool
) -> None:
    async with running_cloud(tmp_path, ical_uid_per_occurrence=per_occurrence) as cloud:
        made = await _series(cloud, [])
        _, second, _ = await cloud.rows(ANN)
        added = (await cloud.patch(ANN, second["event_id"], {"attendees": [INVITED]})).body
        (alone,) = await cloud.rows(ROOM)
        shown = await _shown(cloud, ROOM, alone["event_id"])
        assert shown["iCalUId"] == added["iCalUId"]
        assert (shown["iCalUId"] == made["iCalUId"]) != per_occurrence


async def test_new_guests_of_the_series_come_to_its_changed_days_too_2_5(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = await _series(cloud, [])
        _, second, _ = await cloud.rows(ANN)
        await cloud.patch(ANN, second["event_id"], {"attendees": [INVITED]})
        await cloud.patch(ANN, made["id"], {"attendees": [GUEST]})
        assert len(await cloud.rows(BOB)) == 3
        assert [one["type"] for one in await cloud.rows(ROOM)] == ["singleInstance"]
        assert await _answers(cloud, "bob@x.example") == ["none"] * 3
        await cloud.patch(ANN, made["id"], {"attendees": [INVITED]})
        cloud.attend()
        live = [one for one in await cloud.rows(ROOM) if not one["is_cancelled"]]
        assert [one["type"] for one in live] == ["occurrence"] * 3
        assert [one["is_cancelled"] for one in await cloud.rows(BOB)] == [True] * 3


@pytest.mark.parametrize("how", ["delete", "cancel"])
async def test_a_cancelled_day_leaves_every_copy_and_cannot_be_answered_2_5(
    tmp_path: Path, how: str
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _series(cloud, BOTH)
        _, second, _ = await cloud.rows(ANN)
        _, copy, _ = await cloud.rows(BOB)
        if how == "delete":
            assert (await cloud.delete(ANN, second["event_id"])).status == 204
        else:
            assert (await cloud.act(ANN, second["event_id"], "cancel")).status == 202
        for owner in (ANN, ROOM, BOB):
            assert len(await cloud.rows(owner)) == 2
        late = await cloud.act(BOB, copy["event_id"], "accept")
        assert (late.status, late.code) == GONE
        refused = await cloud.act(BOB, (await cloud.rows(BOB))[0]["event_id"], "cancel")
        assert (refused.status, refused.code) == (400, "ErrorInvalidRequest")


@pytest.mark.parametrize("removes", [False, True])
async def test_a_cancelled_day_stays_in_the_room_in_the_other_reading_2_6(
    tmp_path: Path, removes: bool
) -> None:
    async with running_cloud(tmp_path, cancelled_days_stay=True) as cloud:
        await cloud.found(processing={"remove_canceled_meetings": removes})
        await _series(cloud, [INVITED])
        _, second, _ = await cloud.rows(ANN)
        _, copy, _ = await cloud.rows(ROOM)
        assert (await cloud.act(ANN, second["event_id"], "cancel")).status == 202
        assert len(await cloud.rows(ANN)) == 2
        rows = await cloud.rows(ROOM)
        if removes:
            assert [one["is_cancelled"] for one in rows] == [False] * 2
            return
        assert [one["is_cancelled"] for one in rows] == [False, True, False]
        shown = await _shown(cloud, ROOM, copy["event_id"])
        assert (shown["type"], shown["isCancelled"]) == ("exception", True)
        assert (shown["subject"], shown["showAs"]) == ("Canceled: Ann Lee ", "free")
        # Nobody is kept out by what was cancelled.
        span: dict[str, Any] = {
            name: {"dateTime": copy[name][:-1], "timeZone": "UTC"} for name in ("start", "end")
        }
        await cloud.create(BOB, attendees=[INVITED], **span)
        cloud.attend()
        assert (await cloud.rows(BOB))[0]["attendees"][0]["response"] == "accepted"


async def test_a_day_of_an_attendees_copy_is_changed_there_alone_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _series(cloud, [INVITED])
        _, copy, _ = await cloud.rows(ROOM)
        assert (await cloud.patch(ROOM, copy["event_id"], _at(copy, 20))).status == 200
        assert (await cloud.rows(ROOM))[1]["start"][11:13] == "20"
        assert (await cloud.rows(ANN))[1]["start"] == copy["start"]


async def test_too_many_people_on_one_day_lose_the_room_for_that_day_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.found(processing={"enforce_capacity": True}, capacity=1)
        await _series(cloud, [INVITED])
        _, second, _ = await cloud.rows(ANN)
        body = {"attendees": BOTH, "subject": "With Bob"}
        await cloud.patch(ANN, second["event_id"], body)
        cloud.attend()
        assert await _answers(cloud) == ["accepted", "declined", "accepted"]


@pytest.mark.parametrize("action", ["tentativelyAccept", "decline"])
@pytest.mark.parametrize("one_day", [False, True])
async def test_an_answer_proposes_another_time_to_the_organiser_2_5(
    tmp_path: Path, action: str, one_day: bool
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _series(cloud, [GUEST])
        copy = (await cloud.rows(BOB))[1]
        named = copy["event_id"] if one_day else copy["series_master_id"]
        times = {
            "start": {"dateTime": "2027-03-02T10:00:00", "timeZone": "W. Europe Standard Time"},
            "end": {"dateTime": "2027-03-02T11:00:00", "timeZone": "W. Europe Standard Time"},
        }
        assert (await cloud.act(BOB, named, action, proposedNewTime=times)).status == 202
        own = (await cloud.rows(ANN))[1]
        day = await _shown(cloud, ANN, own["event_id"])
        guest = day["attendees"][0]
        assert guest["proposedNewTime"] == {
            "start": {"dateTime": "2027-03-02T09:00:00.0000000", "timeZone": "UTC"},
            "end": {"dateTime": "2027-03-02T10:00:00.0000000", "timeZone": "UTC"},
        }
        master = await _shown(cloud, ANN, own["series_master_id"])
        assert ("proposedNewTime" in master["attendees"][0]) != one_day
        if action == "tentativelyAccept":
            await cloud.act(BOB, named, "accept")
            day = await _shown(cloud, ANN, own["event_id"])
            assert "proposedNewTime" not in day["attendees"][0]


TIMES = {
    "start": {"dateTime": "2027-03-02T10:00:00", "timeZone": "UTC"},
    "end": {"dateTime": "2027-03-02T11:00:00", "timeZone": "UTC"},
}


@pytest.mark.parametrize(
    ("action", "allowed", "body", "code"),
    [
        ("accept", True, {}, "RequestBodyRead"),
        ("decline", False, {}, "ErrorInvalidRequest"),
        ("decline", True, {"sendResponse": False}, "ErrorInvalidParameter"),
        ("decline", True, {"proposedNewTime": "noon"}, "RequestBodyRead"),
        (
            "decline",
            True,
            {"proposedNewTime": {**TIMES, "end": TIMES["start"], "start": TIMES["end"]}},
            "ErrorPropertyValidationFailure",
        ),
    ],
)
async def test_a_proposal_that_cannot_be_is_refused_and_answers_nothing_2_5(
    tmp_path: Path, action: str, allowed: bool, body: dict[str, Any], code: str
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _series(cloud, [GUEST], allowNewTimeProposals=allowed)
        copy = (await cloud.rows(BOB))[0]
        assert (await _shown(cloud, BOB, copy["event_id"]))["allowNewTimeProposals"] == allowed
        reply = await cloud.act(BOB, copy["event_id"], action, **{"proposedNewTime": TIMES, **body})
        assert (reply.status, reply.code) == (400, code)
        assert [one["response"] for one in await cloud.rows(BOB)] == ["notResponded"] * 3


@pytest.mark.parametrize("shown", [False, True])
async def test_whether_a_created_event_is_named_by_a_header_is_a_switch_2_2(
    tmp_path: Path, shown: bool
) -> None:
    async with running_cloud(tmp_path, created_has_location=shown) as cloud:
        made = await cloud.create(ANN)
        location = made.headers.get("location")
        assert (location is not None) == shown
        if location:
            path = location.removeprefix(f"{cloud.address.origin}/v1.0")
            read = await cloud.graph("GET", f"{path}?$select=subject", Prefer=IMMUTABLE)
            assert read.body["id"] == made.body["id"]

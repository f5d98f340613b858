"""graph-calendar §2.6, §3, §9: rooms that differ from the plain one, over HTTPS."""

from pathlib import Path
from typing import Any

import pytest

from .graphsim_cloud import ANN, BOB, INVITED, ROOM, Cloud, body_of, running_cloud

LIST = "/places/microsoft.graph.room"


async def _listed(cloud: Cloud) -> int:
    return len((await cloud.graph("GET", LIST)).body["value"])


async def _calendar(cloud: Cloud) -> tuple[int, str]:
    reply = await cloud.graph("GET", f"/users/{ROOM}/calendar?$select=id")
    return reply.status, "" if reply.status == 200 else reply.code


async def test_a_new_room_is_listed_after_its_hours_on_the_clock_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, token_seconds=10**6) as cloud:
        await cloud.found(listed_after_hours=48)
        assert await _listed(cloud) == 0
        assert await _calendar(cloud) == (200, "")
        cloud.simulator.clock.advance(47 * 3600)
        await cloud.found(listed_after_hours=48, capacity=4)
        assert await _listed(cloud) == 0
        cloud.simulator.clock.advance(3601)
        assert await _listed(cloud) == 1


@pytest.mark.parametrize("shown", [False, True])
async def test_whether_hidden_rooms_are_listed_is_a_switch_3(tmp_path: Path, shown: bool) -> None:
    async with running_cloud(tmp_path, hidden_rooms_listed=shown) as cloud:
        await cloud.found(hidden=True)
        assert await _listed(cloud) == shown
        assert await _calendar(cloud) == (200, "")


@pytest.mark.parametrize("shown", [True, False])
async def test_whether_rooms_on_premises_are_listed_is_a_switch_9(
    tmp_path: Path, shown: bool
) -> None:
    async with running_cloud(tmp_path, on_premises_rooms_listed=shown) as cloud:
        await cloud.found(hosting="on_premises")
        assert await _listed(cloud) == shown
        assert await _calendar(cloud) == (404, "MailboxNotEnabledForRESTAPI")


@pytest.mark.parametrize(
    ("hosting", "code"), [("inactive", "MailboxNotEnabledForRESTAPI"), ("none", "ErrorInvalidUser")]
)
async def test_a_mailbox_that_disappears_is_gone_from_places_and_calls_9(
    tmp_path: Path, hosting: str, code: str
) -> None:
    async with running_cloud(tmp_path) as cloud:
        assert (await _listed(cloud), await _calendar(cloud)) == (1, (200, ""))
        await cloud.found(hosting=hosting)
        assert (await _listed(cloud), await _calendar(cloud)) == (0, (404, code))
        assert (await cloud.graph("GET", f"/places/{ROOM}")).status == 404
        made = await cloud.create(ANN, attendees=[INVITED])
        cloud.attend()
        (row,) = await cloud.rows(ANN)
        assert (made.status, row["attendees"][0]["response"]) == (201, "none")


@pytest.mark.parametrize(
    ("word", "heard", "rows"), [("accept", "accepted", 1), ("decline", "declined", 0)]
)
async def test_a_delegate_decides_later_about_what_waits_for_approval_2_6(
    tmp_path: Path, word: str, heard: str, rows: int
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.found(processing={"all_book_in_policy": False})
        await cloud.create(ANN, attendees=[INVITED])
        cloud.attend()
        (waiting,) = await cloud.rows(ROOM)
        path = f"/_sim/mailboxes/{ROOM}/meetings/{waiting['event_id']}"
        assert (await cloud.call("PATCH", path, {"decide": "later"})).status == 400
        assert (await cloud.call("PATCH", path, {"decide": word})).status == 204
        assert [one["attendees"][0]["response"] for one in await cloud.rows(ANN)] == [heard]
        left = await cloud.rows(ROOM)
        assert [one["response"] for one in left] == ["accepted"] * rows
        again = await cloud.call("PATCH", path, {"decide": word})
        assert again.status == (409 if rows else 404)


@pytest.mark.parametrize("booking", [{}, {"organizer": "guest@elsewhere.example"}])
async def test_a_room_that_processes_nothing_has_no_copy_2_6(
    tmp_path: Path, booking: dict[str, Any]
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.found(processing={"automate": "None"})
        assert (await cloud.meet(**booking)).status == 409
        assert await cloud.rows(ROOM) == []


async def test_what_a_room_is_for_shows_in_places_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.found(booking_type="reserved", capacity=6)
        (room,) = (await cloud.graph("GET", LIST)).body["value"]
        assert (room["bookingType"], room["capacity"]) == ("reserved", 6)


RELEASING = {"enable_auto_release": True, "post_reservation_max_claim_minutes": 20}
DAILY = {
    "pattern": {"type": "daily", "interval": 1},
    "range": {"type": "numbered", "numberOfOccurrences": 3},
}


def _wait(cloud: Cloud, minutes: float) -> None:
    cloud.simulator.clock.advance(minutes * 60)
    cloud.simulator.state.agenda.run_due(cloud.simulator.clock.now())


def _room_said(rows: list[Any]) -> list[str]:
    return [one["attendees"][0]["response"] for one in rows]


@pytest.mark.parametrize(("told", "heard"), [(True, "declined"), (False, "accepted")])
async def test_a_room_that_nobody_comes_to_releases_itself_2_6(
    tmp_path: Path, told: bool, heard: str
) -> None:
    async with running_cloud(tmp_path, release_declines=told) as cloud:
        await cloud.found(processing=RELEASING)
        await cloud.create(ANN, attendees=[INVITED])
        cloud.attend()
        _wait(cloud, 139)
        assert [one["response"] for one in await cloud.rows(ROOM)] == ["accepted"]
        _wait(cloud, 1.1)
        assert await cloud.rows(ROOM) == []
        assert _room_said(await cloud.rows(ANN)) == [heard]


async def test_a_room_keeps_what_somebody_checks_in_to_and_what_is_its_own_2_6(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.create(ANN, attendees=[INVITED])
        cloud.attend()
        await cloud.create(BOB, hours=8, attendees=[INVITED])
        cloud.attend()
        await cloud.create(ROOM, hours=5)
        # The setting also takes hold of what is booked already.
        await cloud.found(processing={"enable_auto_release": True})
        claimed = (await cloud.rows(ROOM))[0]
        path = f"/_sim/mailboxes/{ROOM}/meetings/{claimed['event_id']}"
        assert (await cloud.call("PATCH", path, {"check_in": True})).status == 204
        assert (await cloud.rows(ROOM))[0]["etag"] == claimed["etag"]
        _wait(cloud, 600)
        assert len(await cloud.rows(ROOM)) == 2
        assert _room_said(await cloud.rows(ANN)) == ["accepted"]
        assert _room_said(await cloud.rows(BOB)) == ["declined"]


async def test_of_a_series_a_room_releases_the_days_that_nobody_comes_to_2_6(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.found(processing=RELEASING)
        await cloud.create(ANN, recurrence=DAILY, attendees=[INVITED])
        cloud.attend()
        _, second, _ = await cloud.rows(ROOM)
        path = f"/_sim/mailboxes/{ROOM}/meetings/{second['event_id']}"
        assert (await cloud.call("PATCH", path, {"check_in": True})).status == 204
        _wait(cloud, 4 * 24 * 60)
        window = f"?from={second['start'][:10]}&to=2100-01-01"
        path = f"/_sim/mailboxes/{ROOM}/meetings{window}"
        left = (await cloud.call("GET", path)).body["items"]
        assert [one["start"] for one in left] == [second["start"]]


async def test_a_moved_meeting_is_looked_for_at_its_new_time_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.found(processing=RELEASING)
        made = (await cloud.create(ANN, attendees=[INVITED])).body
        cloud.attend()
        later = {name: body_of(6)[name] for name in ("start", "end")}
        await cloud.patch(ANN, made["id"], later)
        cloud.attend()
        _wait(cloud, 6 * 60 + 19)
        assert len(await cloud.rows(ROOM)) == 1
        _wait(cloud, 2)
        assert await cloud.rows(ROOM) == []

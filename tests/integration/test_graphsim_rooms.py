"""graph-calendar §2.6, §3, §9: rooms that differ from the plain one, over HTTPS."""

from pathlib import Path
from typing import Any

import pytest

from .graphsim_cloud import ANN, INVITED, ROOM, Cloud, running_cloud

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

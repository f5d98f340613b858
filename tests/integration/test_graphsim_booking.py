"""graph-calendar §2.6: what a room answers to requests that come over Graph."""

import asyncio
from pathlib import Path

from .graphsim_cloud import ANN, BOB, INVITED, ROOM, Cloud, body_of, moment, running_cloud


async def _heard(cloud: Cloud) -> list[str]:
    """What Ann and Bob know of the room's answers."""
    rows = [*await cloud.rows(ANN), *await cloud.rows(BOB)]
    return [one["attendees"][0]["response"] for one in rows]


async def test_of_simultaneous_requests_for_one_slot_the_room_accepts_exactly_one_2_6(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path, appear_seconds=60, latency=0.05) as cloud:
        await cloud.graph("GET", "/users")
        body = body_of(attendees=[INVITED])
        async with asyncio.TaskGroup() as posts:
            for owner in (ANN, BOB, ANN, BOB):
                posts.create_task(cloud.graph("POST", f"/users/{owner}/events", body))
        assert len(await cloud.rows(ROOM)) == 4
        cloud.attend()
        (taken,) = await cloud.rows(ROOM)
        assert taken["response"] == "accepted"
        assert sorted(await _heard(cloud)) == ["accepted", "declined", "declined", "declined"]


async def test_the_first_of_two_requests_for_one_slot_gets_it_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, appear_seconds=60) as cloud:
        first = await cloud.create(ANN, attendees=[INVITED])
        await cloud.create(BOB, attendees=[INVITED])
        cloud.attend()
        (taken,) = await cloud.rows(ROOM)
        assert taken["ical_uid"] == first.body["iCalUId"]


async def test_a_meeting_moved_onto_another_one_loses_the_room_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        kept = (await cloud.create(ANN, hours=5, attendees=[INVITED])).body
        moved = (await cloud.create(BOB, hours=2, attendees=[INVITED])).body
        cloud.attend()
        assert await _heard(cloud) == ["accepted", "accepted"]
        body = {"start": moment(5), "end": moment(5.5)}
        assert (await cloud.patch(BOB, moved["id"], body)).status == 200
        cloud.attend()
        assert [one["ical_uid"] for one in await cloud.rows(ROOM)] == [kept["iCalUId"]]
        assert await _heard(cloud) == ["accepted", "declined"]
        back = {"start": moment(2), "end": moment(2.5)}
        await cloud.patch(BOB, moved["id"], back)
        cloud.attend()
        assert await _heard(cloud) == ["accepted", "accepted"]


async def test_an_update_that_waits_keeps_the_slot_from_a_later_request_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, appear_seconds=60) as cloud:
        made = (await cloud.create(ANN, attendees=[INVITED])).body
        cloud.attend()
        await cloud.create(BOB, attendees=[INVITED])
        await cloud.patch(ANN, made["id"], {"subject": "Other plans"})
        cloud.attend()
        assert await _heard(cloud) == ["accepted", "declined"]


async def test_a_room_that_must_be_approved_accepts_tentatively_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.found(processing={"all_book_in_policy": False})
        await cloud.create(ANN, attendees=[INVITED])
        cloud.attend()
        (copy,) = await cloud.rows(ROOM)
        assert (copy["response"], copy["show_as"]) == ("tentativelyAccepted", "tentative")
        assert await _heard(cloud) == ["tentativelyAccepted"]

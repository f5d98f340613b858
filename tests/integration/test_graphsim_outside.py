"""graph-calendar §2.6: organisers without a mailbox in the tenant book, edit and cancel."""

from pathlib import Path
from typing import Any

import pytest

from .graphsim_cloud import ROOM, Cloud, Reply, running_cloud

GUEST = "guest@elsewhere.example"
OUTSIDE = {"organizer": GUEST, "organizer_name": "Gus Guest"}
TAKES = {"process_external_meeting_messages": True}
DAILY = {
    "pattern": {"type": "daily", "interval": 1},
    "range": {"type": "numbered", "numberOfOccurrences": 3},
}


async def _booked(cloud: Cloud, processing: Any = TAKES, **more: Any) -> dict[str, Any]:
    """A guest's meeting that the room has looked at."""
    await cloud.found(processing=processing)
    made = (await cloud.meet(2, **OUTSIDE, **more)).body
    cloud.attend()
    event: dict[str, Any] = made
    return event


async def _edited(cloud: Cloud, made: dict[str, Any], **changed: Any) -> Reply:
    return await cloud.call("PATCH", f"/_sim/mailboxes/{ROOM}/meetings/{made['event_id']}", changed)


async def _told(cloud: Cloud) -> list[tuple[str, str]]:
    return [(one["subject"].strip(), one["response"]) for one in await cloud.rows(ROOM)]


async def test_the_room_answers_an_outside_organisers_edit_again_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, appear_seconds=60) as cloud:
        made = await _booked(cloud)
        assert await _told(cloud) == [("Gus Guest", "accepted")]
        (before,) = await cloud.rows(ROOM)
        assert before["attendees"] == [
            {"address": "room@x.example", "kind": "resource", "response": "none"}
        ]
        assert (await _edited(cloud, made, subject="New plans")).status == 200
        assert await _told(cloud) == [("New plans", "notResponded")]
        cloud.attend()
        assert await _told(cloud) == [("Gus Guest", "accepted")]
        (after,) = await cloud.rows(ROOM)
        assert (after["event_id"], after["ical_uid"]) == (before["event_id"], before["ical_uid"])
        assert after["etag"] != before["etag"]
        await _edited(cloud, made, show_as="free")
        assert await _told(cloud) == [("New plans", "notResponded")], "not the rewritten subject"


async def test_an_outside_edit_into_a_taken_slot_loses_the_room_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, appear_seconds=60) as cloud:
        made = await _booked(cloud)
        await cloud.meet(hours=5)
        cloud.attend()
        _, taken = await cloud.rows(ROOM)
        await _edited(cloud, made, start=taken["start"], end=taken["end"])
        cloud.attend()
        assert [one["event_id"] for one in await cloud.rows(ROOM)] == [taken["event_id"]]


@pytest.mark.parametrize("kept", [True, False])
async def test_an_outside_organisers_cancellation_reaches_the_room_2_6(
    tmp_path: Path, kept: bool
) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = await _booked(cloud, {**TAKES, "remove_canceled_meetings": not kept})
        assert (await _edited(cloud, made, cancel=True)).status == 204
        assert [one["is_cancelled"] for one in await cloud.rows(ROOM)] == [True] * kept
        again = await _edited(cloud, made, subject="After all")
        cloud.attend()
        assert again.status == (200 if kept else 404)
        assert [one["is_cancelled"] for one in await cloud.rows(ROOM)] == [True] * kept


async def test_one_day_of_an_outside_series_is_edited_and_cancelled_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = await _booked(cloud, recurrence=DAILY)
        first, second, third = await cloud.rows(ROOM)
        await _edited(cloud, made, occurrence=second["occurrence"], subject="Other")
        assert [one for _, one in await _told(cloud)] == ["accepted", "notResponded", "accepted"]
        cloud.attend()
        assert await _told(cloud) == [("Gus Guest", "accepted")] * 3
        await _edited(cloud, made, occurrence=first["occurrence"], cancel=True)
        left = [one["occurrence"] for one in await cloud.rows(ROOM)]
        assert left == [second["occurrence"], third["occurrence"]]


async def test_a_room_that_ignores_outsiders_leaves_their_edits_unanswered_2_6(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = await _booked(cloud, recurrence=DAILY)
        await cloud.found(processing={})
        _, second, _ = await cloud.rows(ROOM)
        await _edited(cloud, made, occurrence=second["occurrence"], subject="Other")
        cloud.attend()
        assert [one for _, one in await _told(cloud)] == ["accepted", "notResponded", "accepted"]
        await _edited(cloud, made, subject="All")
        cloud.attend()
        assert [one for _, one in await _told(cloud)] == ["notResponded"] * 3


async def test_a_meeting_of_derived_rooms_is_answered_again_after_an_edit_2_6(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        tenant = {"tenant_id": "00000000-0000-0000-0000-000000000077", "domain": "many.example"}
        rooms = {"count": 1, "events": 1, "first_day": "2026-11-23"}
        await cloud.call("POST", "/_sim/tenants", {**tenant, "rooms": rooms})
        (many,) = (one for one in cloud.simulator.state.tenants.values() if one.id.int == 0x77)
        (room,) = many.mailboxes.values()
        room.processing = type(room.processing)(process_external_meeting_messages=True)
        base = f"/_sim/mailboxes/{room.id}/meetings"
        (row,) = (await cloud.call("GET", f"{base}?from=2026-11-01&to=2027-11-01")).body["items"]
        await cloud.call("PATCH", f"{base}/{row['event_id']}", {"show_as": "free"})
        (event,) = room.events.values()
        assert event.response == "notResponded"
        cloud.attend()
        (event,) = room.events.values()
        assert event.response == "accepted"

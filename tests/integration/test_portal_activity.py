"""What the sync did lately and which bookings overlap, as the portal reads it from the worker's tables."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from pgstore.testing import TestDatabase
from servicekit.clock import utc_now

from .portal_rows import Statement, at, command, journal, sql, write
from .portal_scene import Scene, open_scene_on_postgres, settled


@pytest.fixture
async def scene(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene_on_postgres(database, tmp_path) as made:
        yield made


def booking(booking_id: UUID, starts: datetime, subject: str = "S") -> Statement:
    return sql(
        "insert into bookings (organisation_id, room_id, id, event_id, kind, etag, starts, ends, time_zone, subject,"
        " organizer_name, organizer_email, status, origin, version, changed_at)"
        " values ($1, $2, $3, $4, 'single', 'e', $5, $6, 'UTC', $7, 'O', 'o@x', 'conflicted', 'outlook', 1, $5)",
        booking_id,
        str(booking_id),
        starts,
        starts + timedelta(hours=1),
        subject,
    )


def overlap(one: UUID, other: UUID, cleared: datetime | None = None) -> Statement:
    return sql(
        "insert into conflicts (organisation_id, room_id, kind, booking_id, other_id, at, cleared_at)"
        " values ($1, $2, 'overlap', $3, $4, $5, $6)",
        one,
        other,
        at(1),
        cleared,
    )


async def test_what_was_done_comes_newest_first_in_pages_without_what_led_to_nothing(
    scene: Scene,
) -> None:
    house, first, refused = await settled(scene, "north", 0), uuid4(), uuid4()
    await write(
        scene,
        house,
        command(refused, "rejected", "overlap"),
        journal(first, at(1), "create.open", None, path="organizer", attempts=1),
        journal(first, at(2), "create.written", None, path="organizer", attempts=1),
        journal(first, at(3), "booking.confirmed", 1, read="hint", hint_at=at(2).isoformat()),
        journal(first, at(4), "event.unchanged", None, read="hint"),
        journal(refused, at(5), "command.rejected", None, command="c1"),
    )

    newest = await scene.good("GET", "/api/activity?limit=2", token=house.token)
    older = await scene.good("GET", newest["next"], token=house.token)

    told = [(each["entry"], each["booking_id"]) for each in (*newest["items"], *older["items"])]
    assert told == [
        ("command.rejected", str(refused)),
        ("booking.confirmed", str(first)),
        ("create.written", str(first)),
    ]
    assert newest["items"][0]["detail"] == {"command": "c1", "reason": "overlap"}
    assert {each["room_id"] for each in newest["items"]} == {str(house.room)}
    assert (
        newest["items"][0]["room"]
        == (await scene.good("GET", f"/api/rooms/{house.room}", token=house.token))["name"]
    )
    assert older["next"] is None


async def test_open_double_bookings_show_both_and_neither_past_nor_settled_ones(
    scene: Scene,
) -> None:
    house, now = await settled(scene, "north", 0), utc_now()
    one, other, settled_one, past, past_other = (uuid4() for _ in range(5))
    await write(
        scene,
        house,
        booking(one, now + timedelta(hours=1), "Board"),
        booking(other, now + timedelta(hours=1.5), "Lunch"),
        booking(settled_one, now + timedelta(hours=1)),
        booking(past, now - timedelta(hours=3)),
        booking(past_other, now - timedelta(hours=3)),
        overlap(one, other),
        overlap(one, settled_one, cleared=at(9)),
        overlap(past, past_other),
    )

    [found] = (await scene.good("GET", "/api/conflicts", token=house.token))["items"]

    assert [each["subject"] for each in found["bookings"]] == ["Board", "Lunch"]
    assert [each["id"] for each in found["bookings"]] == [str(one), str(other)]
    assert (found["room_id"], found["since"]) == (str(house.room), "2026-03-02T08:00:01Z")
    assert found["time_zone"]


async def test_neither_shows_what_is_another_organisations(scene: Scene) -> None:
    north, south = await settled(scene, "north", 0), await settled(scene, "south", 1)
    one, other = uuid4(), uuid4()
    later = utc_now() + timedelta(hours=1)
    await write(
        scene,
        north,
        journal(one, at(1), "booking.confirmed", 1),
        booking(one, later),
        booking(other, later),
        overlap(one, other),
    )

    for path in ("/api/activity", "/api/conflicts"):
        assert len((await scene.good("GET", path, token=north.token))["items"]) == 1
        assert (await scene.good("GET", path, token=south.token))["items"] == []

"""A booking that moves to another room: one event afterwards, in the room that accepted it, whoever dies in between."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from contracts.commands import Cancel, Change, Resync
from contracts.events import Booking, decode_event
from pgstore.testing import TestDatabase

from .sync_mortal import Fuse, Scene, Side
from .test_sync_worker_crashes import ANN, ANNS, BOBS, GUEST, HOUR, START, Building, book, opened


@pytest.fixture
async def building(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Building]:
    async with opened(database, tmp_path) as made:
        yield made


@dataclass
class Rooms:
    """A booking's room and the one it moves to; one platform hears of both."""

    old: Scene
    new: Scene

    async def live(self, fuse: Fuse, *, rounds: int = 4) -> None:
        """Turn by turn: what one holder does, then what the other one does."""
        for _ in range(rounds):
            for one, other in ((self.old, self.new), (self.new, self.old)):
                if not fuse.dead:
                    await one.live(fuse, 6)
                other.now = max(one.now, other.now)

    async def recover(self) -> None:
        self.old.now = self.new.now = self.old.now + timedelta(seconds=61)
        for _ in range(12):
            ended = len(self.outcomes()) == 2
            await self.live(Fuse(), rounds=2)
            if ended:
                return
        raise AssertionError("the move does not end")

    async def events(self, scene: Scene) -> list[datetime]:
        found = await scene.cloud.rows(scene.mailbox)
        return [
            datetime.fromisoformat(row["start"])
            for row in found
            if not row["is_cancelled"] and row["organizer"]["address"] != BOBS
        ]

    def status(self, scene: Scene) -> str | None:
        versions: dict[int, str] = {}
        for body in self.old.platform.bodies:
            data = decode_event(body).data
            if isinstance(data, Booking) and data.room_id == scene.room_id:
                versions[data.version] = data.status
        return versions[max(versions)] if versions else None

    def outcomes(self) -> list[str]:
        results = {each.command_id: each for each in self.old.platform.results()}
        return sorted(each.reason or each.outcome for each in results.values())


async def booked(building: Building, email: str) -> Rooms:
    old, new = await building.scene(), await building.scene()
    new.booking_id, new.platform = old.booking_id, old.platform
    await old.command(book(old, email))
    await old.live(Fuse(), 10)
    new.now = old.now
    return Rooms(old, new)


async def move(rooms: Rooms, *, start: datetime | None = None) -> None:
    old = rooms.old
    version = old.platform.bookings()[old.booking_id].version
    await old.command(
        Change(
            booking_id=old.booking_id,
            sequence=2,
            base_version=version,
            room_id=rooms.new.room_id,
            start=start,
            end=None if start is None else start + HOUR,
        )
    )


async def settled(rooms: Rooms, email: str, start: datetime, name: str) -> None:
    assert rooms.outcomes() == ["accepted", "accepted"], name
    assert await rooms.events(rooms.old) == [], name
    assert await rooms.events(rooms.new) == [start], name
    assert (rooms.status(rooms.old), rooms.status(rooms.new)) == ("cancelled", "confirmed"), name
    marker = str(rooms.old.booking_id)
    at_ann = [
        row
        for row in await rooms.old.cloud.rows(ANN)
        if not row["is_cancelled"]
        and any(str(value).startswith(marker) for value in row["properties"].values())
    ]
    assert len(at_ann) == (email == ANNS), name


async def test_a_guests_booking_moves_to_another_room(building: Building) -> None:
    rooms = await booked(building, GUEST)
    await move(rooms)
    await rooms.live(Fuse())
    await settled(rooms, GUEST, START, "a guest's")


async def test_a_holder_that_dies_at_any_call_of_a_move_leaves_one_event(
    building: Building,
) -> None:
    start, email = START + HOUR, ANNS
    rooms, whole = await booked(building, email), Fuse()
    await move(rooms, start=start)
    await rooms.live(whole)
    await settled(rooms, email, start, "without a crash")
    died = 0
    sides: tuple[Side, ...] = ("before", "after")
    for place, called in enumerate(whole.calls, start=1):
        for side in sides:
            name = f"{side} call {place}, {called}"
            rooms, fuse = await booked(building, email), Fuse(place, side)
            await move(rooms, start=start)
            await rooms.live(fuse)
            assert fuse.dead, name
            died += 1
            await rooms.recover()
            await settled(rooms, email, start, name)
    assert died == 2 * len(whole.calls) > 20


async def test_a_room_that_is_taken_refuses_and_nothing_changes(building: Building) -> None:
    rooms = await booked(building, ANNS)
    new = rooms.new
    other = book(new, BOBS).model_copy(update={"booking_id": UUID(int=99)})
    await new.command(other)
    await new.live(Fuse(), 10)
    await move(rooms)
    await rooms.live(Fuse())
    assert rooms.outcomes() == ["accepted", "accepted", "overlap"]
    refused = next(each for each in rooms.old.platform.results() if each.reason == "overlap")
    assert refused.alternatives
    assert await rooms.events(rooms.old) == [START]
    assert rooms.status(rooms.old) == "confirmed"


async def test_a_booking_moves_there_and_back(building: Building) -> None:
    rooms = await booked(building, ANNS)
    await move(rooms)
    await rooms.live(Fuse())
    back = Rooms(rooms.new, rooms.old)
    version = max(
        data.version
        for data in (decode_event(body).data for body in rooms.old.platform.bodies)
        if isinstance(data, Booking) and data.room_id == rooms.new.room_id
    )
    await rooms.new.command(
        Change(
            booking_id=rooms.old.booking_id,
            sequence=3,
            base_version=version,
            room_id=rooms.old.room_id,
        )
    )
    await back.live(Fuse())
    assert rooms.outcomes() == ["accepted"] * 3
    assert await rooms.events(rooms.old) == [START]
    assert await rooms.events(rooms.new) == []
    assert (rooms.status(rooms.old), rooms.status(rooms.new)) == ("confirmed", "cancelled")


async def test_a_cancellation_that_waited_for_the_move_follows_the_booking(
    building: Building,
) -> None:
    rooms = await booked(building, ANNS)
    await move(rooms)
    await rooms.old.command(
        Cancel(booking_id=rooms.old.booking_id, sequence=3, reason="Not needed")
    )
    await rooms.live(Fuse(), rounds=8)
    assert rooms.outcomes() == ["accepted"] * 3
    assert await rooms.events(rooms.old) == await rooms.events(rooms.new) == []
    assert (rooms.status(rooms.old), rooms.status(rooms.new)) == ("cancelled", "cancelled")


async def test_what_its_organiser_changes_after_the_other_room_was_asked_goes_there_too(
    building: Building,
) -> None:
    rooms = await booked(building, ANNS)
    await move(rooms)
    await rooms.old.live(Fuse())  # asks the other room
    cloud, later = rooms.old.cloud, START + 3 * HOUR
    (event,) = [row for row in await cloud.rows(ANN) if not row["is_cancelled"]]
    path = f"/_sim/mailboxes/{ANN}/meetings/{event['event_id']}"
    there = {"start": later.isoformat(), "end": (later + HOUR).isoformat()}
    assert (await cloud.call("PATCH", path, {"subject": "Elsewhere", **there})).status < 300
    await rooms.live(Fuse(), rounds=8)
    await settled(rooms, ANNS, later, "moved by its organiser")
    shown = [row for row in await cloud.rows(ANN) if not row["is_cancelled"]]
    assert [row["subject"] for row in shown] == ["Elsewhere"]


async def test_a_calendar_that_is_out_of_reach_by_then_keeps_no_move_from_ending(
    building: Building,
) -> None:
    rooms = await booked(building, ANNS)
    await move(rooms)
    await rooms.old.live(Fuse())  # asks the other room
    cloud = rooms.old.cloud
    match = {"method": "GET", "path": "/users/[^/]+/events/"}
    away = {"match": match, "status": 403, "times": None}
    await rooms.new.live(Fuse(), 6)
    assert (await cloud.call("POST", "/_sim/faults", away)).status == 201
    rooms.old.now = rooms.new.now
    await rooms.old.live(Fuse(), 6)
    assert (await cloud.report())["faults"][0]["fired"] >= 1
    assert rooms.outcomes() == ["accepted", "accepted"]
    await cloud.call("DELETE", "/_sim/faults")


async def test_a_meeting_made_in_outlook_keeps_its_room(building: Building) -> None:
    scene = await building.scene()
    made = await scene.cloud.call(
        "POST",
        f"/_sim/mailboxes/{scene.mailbox}/meetings",
        {
            "organizer": BOBS,
            "subject": "Bob's",
            "start": START.isoformat(),
            "end": (START + HOUR).isoformat(),
        },
    )
    assert made.status == 201
    await scene.command(Resync(room_id=scene.room_id))
    await scene.live(Fuse(), 10)
    [booking] = scene.platform.bookings().values()
    other = await building.scene()
    change = Change(
        booking_id=booking.id, sequence=1, base_version=booking.version, room_id=other.room_id
    )
    await scene.command(change)
    await scene.live(Fuse(), 10)
    [result] = [each for each in scene.platform.results() if each.outcome == "rejected"]
    assert result.reason == "invalid"
    assert "change its room there" in result.text

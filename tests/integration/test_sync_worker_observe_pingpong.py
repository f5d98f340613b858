"""Somebody in Outlook who undoes whatever we write: after five times we leave the booking alone until its user wants something."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.commands import Change
from pgstore.testing import TestDatabase

from .sync_mortal import Fuse, Scene
from .test_sync_worker_crashes import HOUR, START, Building, opened
from .test_sync_worker_observe import booked, living, owe_a_read, writes

OURS = START + 5 * HOUR


@pytest.fixture
async def building(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Building]:
    async with opened(database, tmp_path) as made:
        yield made


async def conflicts(scene: Scene) -> list[str]:
    async with scene.database.organisation_transaction(scene.office.id) as connection:
        rows = await connection.fetch(
            "select kind from conflicts where room_id = $1 order by id", scene.room_id
        )
    return [row["kind"] for row in rows]


async def flips(scene: Scene) -> int:
    async with scene.database.organisation_transaction(scene.office.id) as connection:
        return int(
            await connection.fetchval(
                "select cardinality(flips) from bookings where room_id = $1", scene.room_id
            )
        )


async def insist(scene: Scene, sequence: int) -> None:
    """The platform repeats its change, having seen what Outlook made of it."""
    [booking] = living(scene).values()
    change = Change(
        booking_id=booking.id, sequence=sequence, base_version=booking.version,
        start=OURS, end=OURS + HOUR,
    )  # fmt: skip
    await scene.command(change)
    await scene.live(Fuse(), 20)
    assert living(scene)[booking.id].start == OURS


async def put_back(scene: Scene) -> None:
    """A rule in Outlook moves the meeting to where it was."""
    [row] = [row for row in await scene.cloud.rows(scene.mailbox) if not row["is_cancelled"]]
    path = f"/_sim/mailboxes/{scene.mailbox}/meetings/{row['event_id']}"
    back = {"start": START.isoformat(), "end": (START + HOUR).isoformat()}
    assert (await scene.cloud.call("PATCH", path, back)).status < 300
    scene.cloud.attend()
    await owe_a_read(scene)
    await scene.live(Fuse(), 20)


async def test_a_booking_that_is_always_put_back_is_parked_once_and_shows_what_outlook_shows(
    building: Building,
) -> None:
    scene = await building.scene()
    known = await booked(scene)
    for number in range(5):
        assert await conflicts(scene) == []
        await insist(scene, 2 + number)
        await put_back(scene)
    assert await conflicts(scene) == ["parked"]
    shown = living(scene)[known.id]
    assert (shown.start, shown.status) == (START, "confirmed")

    made = await writes(building.cloud)
    await owe_a_read(scene)
    await scene.live(Fuse(), timedelta(hours=2).total_seconds())
    assert await writes(building.cloud) == made
    assert await conflicts(scene) == ["parked"]

    await insist(scene, 9)
    assert await flips(scene) == 0
    assert living(scene)[known.id].status == "confirmed"
    assert await conflicts(scene) == ["parked"]

"""Whole days of one series touch and share their iCalUId: what is done to one is done to no other."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contracts.commands import Cancel
from pgstore.testing import TestDatabase

from .sync_mortal import Fuse
from .test_sync_worker_crashes import ANN, HOUR, START, Building, book, opened


@pytest.fixture
async def building(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Building]:
    async with opened(database, tmp_path, ical_uid_per_occurrence=False) as made:
        yield made


async def test_a_day_cancelled_without_an_answer_takes_no_other_day_with_it(
    building: Building,
) -> None:
    scene = await building.scene()
    midnight = START.replace(hour=0)
    days = {"start": midnight, "end": midnight + 24 * HOUR, "all_day": True}
    await scene.command(book(scene).model_copy(update=days | {"recurrence": "FREQ=DAILY;COUNT=3"}))
    await scene.live(Fuse(), 20)
    first, second, third = sorted(scene.platform.bookings().values(), key=lambda each: each.start)
    lost = {"match": {"method": "POST", "path": "/cancel$"}, "status": 500, "when": "after"}
    assert (await scene.cloud.call("POST", "/_sim/faults", lost | {"drop": True})).status == 201
    await scene.command(Cancel(booking_id=second.id, sequence=2, reason="Holiday"))
    await scene.live(Fuse(), 120)
    [fault] = (await scene.cloud.report())["faults"]
    assert fault["fired"] == 1
    assert [each.outcome for each in scene.platform.results()] == ["accepted", "accepted"]
    told = scene.platform.bookings()
    statuses = [told[each.id].status for each in (first, second, third)]
    assert statuses == ["confirmed", "cancelled", "confirmed"]
    for mailbox in (ANN, scene.mailbox):
        rows = await scene.cloud.rows(mailbox)
        assert len([row for row in rows if not row["is_cancelled"]]) == 2

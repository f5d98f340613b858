"""What the worker would do in a room, as the portal shows it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from pgstore import Role, open_database
from pgstore.testing import TestDatabase

from .portal_scene import OPERATOR, House, Scene, open_scene_on_postgres, settled

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture
async def scene(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene_on_postgres(database, tmp_path) as made:
        yield made


async def plan(scene: Scene, house: House, booking: UUID) -> None:
    async with (
        open_database(scene.database.login_dsn, Role.WORKER) as worker,
        worker.organisation_transaction(house.id) as connection,
    ):
        await connection.execute(
            "insert into room_sync (room_id, organisation_id, due_at, planned_at) values ($1, $2, $3, $3)",
            house.room,
            house.id,
            AT,
        )
        await connection.execute(
            "insert into plan_lines values ($1, $2, 1, $3, 'c1', 'refuse', 'overlap', 'Taken.', $4)",
            house.id,
            house.room,
            booking,
            AT,
        )


async def test_a_plan_is_shown_to_its_own_administrator_and_the_operator(scene: Scene) -> None:
    north, south = await settled(scene, "north", 0), await settled(scene, "south", 1)
    path, booking = f"/api/rooms/{north.room}/plan-report", uuid4()
    empty = await scene.good("GET", path, token=north.token)
    assert (empty["mode"], empty["generated_at"], empty["items"]) == (None, None, [])
    assert "no plan" in empty["text"]

    await plan(scene, north, booking)

    shown = await scene.good("GET", path, token=north.token)
    assert (shown["mode"], shown["generated_at"]) == ("observe", "2026-03-02T08:00:00Z")
    assert shown["items"] == [
        {
            "booking_id": str(booking),
            "command_id": "c1",
            "action": "refuse",
            "reason": "overlap",
            "text": "Taken.",
        }
    ]
    assert str(booking) in shown["text"]
    assert (await scene.call("GET", path, token=south.token)).status == 404
    asked = {"X-Organisation": str(north.id)}
    operators = await scene.call("GET", path, None, OPERATOR, **asked)
    assert operators.body == shown

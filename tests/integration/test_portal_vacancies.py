"""Free rooms as the store tells them: nobody is sent into a taken room, or into one that nobody has read."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from pgstore import Role, open_database
from pgstore.testing import TestDatabase
from portal.domain.vacancies import LOOKS_AHEAD
from portal.store.vacancies import VacancyStore

from .portal_scene import House, Scene, open_scene_on_postgres, settled
from .portal_worker import PortalWorker, open_worker

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
async def scene(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene_on_postgres(database, tmp_path) as made:
        yield made


async def load(worker: PortalWorker, house: House, problem: str | None = None) -> None:
    async with worker.database.organisation_transaction(house.id) as connection:
        await connection.execute(
            "insert into room_sync (room_id, organisation_id, due_at, loaded_at, problem) values ($1, $2, $3, $3, $4)"
            " on conflict (room_id) do update set problem = $4",
            house.room,
            house.id,
            NOW,
            problem,
        )


async def test_a_room_is_free_until_its_next_booking_and_not_while_one_lasts(
    scene: Scene, database: TestDatabase
) -> None:
    house, other = await settled(scene, "north", 0), await settled(scene, "south", 1)
    async with (
        open_worker(database, scene.bus) as worker,
        open_database(database.login_dsn, Role.PORTAL) as rows,
    ):

        async def free() -> list[datetime | None]:
            found = await VacancyStore(rows).free(house.id, now=NOW, horizon=NOW + LOOKS_AHEAD)
            assert all(room.room_id == house.room for room in found)
            return [room.until for room in found]

        async def book(start: datetime, end: datetime, status: str = "confirmed") -> None:
            await worker.write(house.id, house.room, uuid4(), start, end, status=status)

        assert await free() == []  # nobody has read its calendar yet
        await load(worker, house)
        await load(worker, other)
        assert await free() == [None]
        await book(NOW - HOUR, NOW)
        await book(NOW - HOUR, NOW + HOUR, status="cancelled")
        await book(NOW + LOOKS_AHEAD, NOW + LOOKS_AHEAD + HOUR)
        assert await free() == [None]
        await book(NOW + 2 * HOUR, NOW + 3 * HOUR)
        assert await free() == [NOW + 2 * HOUR]
        await load(worker, house, problem="mailbox_gone")
        assert await free() == []
        await load(worker, house)
        await book(NOW - timedelta(days=40), NOW + timedelta(days=40), status="pending")
        assert await free() == []


async def test_nothing_is_called_free_while_the_integration_is_off(
    scene: Scene, database: TestDatabase
) -> None:
    house = await settled(scene, "north", 0)
    async with (
        open_worker(database, scene.bus) as worker,
        open_database(database.login_dsn, Role.PORTAL) as rows,
    ):
        await load(worker, house)
        saved = await scene.good("GET", "/api/integration", token=house.token)
        body = {name: saved[name] for name in ("tenant_id", "client_id")} | {"enabled": False}
        await scene.good("PUT", "/api/integration", body, house.token)

        found = await VacancyStore(rows).free(house.id, now=NOW, horizon=NOW + LOOKS_AHEAD)

    assert found == []

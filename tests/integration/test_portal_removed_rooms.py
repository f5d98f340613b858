"""Rooms removed thirty days ago are deleted, last of all that was kept of them."""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from pgstore import Role, open_database
from pgstore.testing import TestDatabase
from portal.handlers.upkeep import Upkeep
from portal.store.organisations import OrganisationStore
from portal.store.removed_rooms import RemovedRoomStore

from .portal_block import HOUR, NOW, Block

_DAY: Final = timedelta(days=1)
_CLEAR: Final = (
    "delete from room_sync", "delete from subscriptions", "delete from bookings",
)  # fmt: skip


class Nobody:
    """Follows no tenant."""

    async def keep_up(self, organisation_id: UUID) -> int:
        return 0


async def test_a_room_goes_thirty_days_after_its_removal_once_no_other_service_has_a_row_of_it(
    database: TestDatabase,
) -> None:
    writer = await asyncpg.connect(database.login_dsn)
    block = Block(writer)
    (one, office), (other, branch) = await block.organisation(), await block.organisation()
    known: dict[str, dict[str, Any]] = {
        "stays": {},
        "removed": {},
        "has a calendar": {"sync": {}},
        "has a subscription": {"subscription": {}},
        "has a booking": {},
        "was removed later": {},
    }
    rooms = {name: await block.room(one, office, name, **of) for name, of in known.items()}
    theirs = await block.room(other, branch, "of an organisation that is gone")
    await block.booking(one, rooms["has a booking"], NOW, NOW + HOUR)
    for name, room in rooms.items():
        if name != "stays":
            await block.remove(one, room, NOW + (_DAY if name == "was removed later" else 0 * _DAY))
    await block.remove(other, theirs, NOW)
    await block.dissolve(other)

    async def left(at: datetime) -> set[str]:
        async with open_database(database.login_dsn, Role.PORTAL) as portal:
            upkeep = Upkeep(
                OrganisationStore(portal), Nobody(), RemovedRoomStore(portal), lambda: at
            )
            await upkeep.round(asyncio.Event())
            names: set[str] = set()
            for organisation in (one, other):
                async with portal.organisation_transaction(organisation) as connection:
                    rows = await connection.fetch("select name from rooms")
                    names |= {row["name"] for row in rows}
        return names

    every = {*known, "of an organisation that is gone"}
    assert await left(NOW + 30 * _DAY) == every, "it may still come back"
    still = every - {"removed", "of an organisation that is gone"}
    assert await left(NOW + 30 * _DAY + HOUR) == still
    for role, statement in zip((Role.WORKER, Role.MANAGER, Role.WORKER), _CLEAR, strict=True):
        await block.do(role, one, statement)
    assert await left(NOW + 30 * _DAY + HOUR) == {"stays", "was removed later"}
    assert await left(NOW + 32 * _DAY) == {"stays"}
    async with (
        open_database(database.login_dsn, Role.PORTAL) as portal,
        portal.organisation_transaction(one) as connection,
    ):
        told = await connection.fetch(
            "select actor, subject from audit where action = 'room.deleted'"
        )
    assert {(row["actor"], row["subject"]) for row in told} == {
        ("portal", f"room:{room}") for name, room in rooms.items() if name != "stays"
    }
    await writer.close()


async def test_so_many_are_deleted_at_once_and_of_this_organisation_alone(
    database: TestDatabase,
) -> None:
    writer = await asyncpg.connect(database.login_dsn)
    block = Block(writer)
    (one, office), (other, branch) = await block.organisation(), await block.organisation()
    for organisation, place in ((one, office), (one, office), (one, office), (other, branch)):
        await block.remove(organisation, await block.room(organisation, place), NOW)
    await writer.close()
    async with open_database(database.login_dsn, Role.PORTAL) as portal:
        store = RemovedRoomStore(portal)
        late = NOW + 31 * _DAY
        assert [await store.delete(one, now=late, most=2) for _ in range(3)] == [2, 1, 0]
        assert await store.delete(other, now=late, most=2) == 1

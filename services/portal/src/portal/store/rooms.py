"""Imported rooms, with what the worker and the manager know of them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from pgstore import Connection, Database

from ..domain.refusal import conflict, invalid, not_found
from ..domain.rooms import ListedRoom, RoomName, RoomRecord
from .audit import record
from .room_record import RECORD, record_of

RESUMES_WITHIN = timedelta(days=30)


class RoomStore:
    """Rows of `rooms`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self,
        organisation_id: UUID,
        *,
        office_id: UUID | None,
        after: UUID | None,
        limit: int,
        search: str = "",
    ) -> list[RoomRecord]:
        """Rooms by name, following the room `after`; with `search` those whose name or address has it."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            rows = await connection.fetch(
                RECORD
                + " and ($2::uuid is null or r.office_id = $2) and ($3::uuid is null or (r.name, r.id) >"
                " (select p.name, p.id from rooms p where p.id = $3))"
                " and strpos(lower(r.name || ' ' || r.mailbox), lower($5)) > 0 order by r.name, r.id limit $4",
                organisation_id,
                office_id,
                after,
                limit,
                search,
            )
        return [record_of(row) for row in rows]

    async def names(self, organisation_id: UUID) -> list[RoomName]:
        """Every living room, by name, with little about it: for choosing one."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            rows = await connection.fetch(
                "select r.id, r.office_id, r.name, r.capacity, case when s.problem is not null then 'unreachable'"
                " when s.loaded_at is null then 'loading' end as trouble"
                " from rooms r left join room_sync s on s.room_id = r.id"
                " where r.organisation_id = $1 and r.removed_at is null order by r.name, r.id",
                organisation_id,
            )
        return [RoomName(*row) for row in rows]

    async def find(self, organisation_id: UUID, room_id: UUID) -> RoomRecord:
        """The room, unless it is removed."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            return await _find(connection, organisation_id, room_id)

    async def time_zone(self, organisation_id: UUID, room_id: UUID) -> str:
        """The zone of the room's office; refuses a room that is removed."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            zone: str | None = await connection.fetchval(
                "select o.time_zone from rooms r join offices o on o.id = r.office_id"
                " where r.organisation_id = $1 and r.id = $2 and r.removed_at is null",
                organisation_id,
                room_id,
            )
        if zone is None:
            raise not_found("room")
        return zone

    async def note_resync(
        self, organisation_id: UUID, room_id: UUID, *, now: datetime, actor: str
    ) -> None:
        """Put on record who wants the room read again; refuses one that is removed."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            await _find(connection, organisation_id, room_id)
            await record(
                connection,
                organisation_id,
                at=now,
                actor=actor,
                action="room.resync_asked",
                subject=f"room:{room_id}",
            )

    async def imported(self, organisation_id: UUID, tenant_id: UUID) -> set[UUID]:
        """Mailbox ids of the organisation's living rooms in this tenant."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            rows = await connection.fetch(
                "select mailbox_id from rooms where organisation_id = $1 and tenant_id = $2 and removed_at is null",
                organisation_id,
                tenant_id,
            )
        return {row["mailbox_id"] for row in rows}

    async def per_office(self, organisation_id: UUID) -> dict[UUID, int]:
        """How many living rooms each office has."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            rows = await connection.fetch(
                "select office_id, count(*) as rooms from rooms where organisation_id = $1 and removed_at is null"
                " group by office_id",
                organisation_id,
            )
        return {row["office_id"]: row["rooms"] for row in rows}

    async def addresses(self, organisation_id: UUID) -> list[str]:
        """Addresses of the organisation's living rooms, in order."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            rows = await connection.fetch(
                "select mailbox from rooms where organisation_id = $1 and removed_at is null order by mailbox",
                organisation_id,
            )
        return [row["mailbox"] for row in rows]

    async def add(
        self,
        organisation_id: UUID,
        room_id: UUID,
        listed: ListedRoom,
        *,
        tenant_id: UUID,
        office_id: UUID,
        now: datetime,
        actor: str,
    ) -> RoomRecord:
        """Import a mailbox, under the id it had when it was removed less than 30 days ago; refuses one already imported."""
        try:
            async with self._database.organisation_transaction(organisation_id) as connection:
                await _check_office(connection, organisation_id, office_id)
                resumed = await connection.fetchval(
                    "select id from rooms where organisation_id = $1 and tenant_id = $2 and mailbox_id = $3"
                    " and removed_at > $4 order by removed_at desc limit 1 for update",
                    organisation_id,
                    tenant_id,
                    listed.mailbox_id,
                    now - RESUMES_WITHIN,
                )
                await connection.execute(
                    "insert into rooms (id, organisation_id, office_id, tenant_id, mailbox_id, mailbox, name, capacity,"
                    " building, floor, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
                    " on conflict (id) do update set office_id = $3, mailbox = $6, name = $7, capacity = $8,"
                    " building = $9, floor = $10, removed_at = null",
                    resumed or room_id,
                    organisation_id,
                    office_id,
                    tenant_id,
                    listed.mailbox_id,
                    listed.mailbox,
                    listed.name,
                    listed.capacity,
                    listed.building,
                    listed.floor,
                    now,
                )
                await record(
                    connection,
                    organisation_id,
                    at=now,
                    actor=actor,
                    action="room.resumed" if resumed else "room.imported",
                    subject=f"room:{resumed or room_id}",
                    detail={"mailbox_id": str(listed.mailbox_id)},
                )
                return await _find(connection, organisation_id, resumed or room_id)
        except asyncpg.UniqueViolationError as error:
            raise conflict(
                "This mailbox is connected already: by another organisation, if it is not among your rooms."
            ) from error

    async def move(
        self, organisation_id: UUID, room_id: UUID, office_id: UUID, *, now: datetime, actor: str
    ) -> RoomRecord:
        """Put the room into another office."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            await _check_office(connection, organisation_id, office_id)
            found = await connection.fetchval(
                "update rooms set office_id = $3 where organisation_id = $1 and id = $2 and removed_at is null"
                " returning id",
                organisation_id,
                room_id,
                office_id,
            )
            if found is None:
                raise not_found("room")
            await record(
                connection,
                organisation_id,
                at=now,
                actor=actor,
                action="room.moved",
                subject=f"room:{room_id}",
                detail={"office_id": str(office_id)},
            )
            return await _find(connection, organisation_id, room_id)

    async def remove(
        self, organisation_id: UUID, room_id: UUID, *, now: datetime, actor: str
    ) -> None:
        """Stop syncing the room; its past bookings stay 30 days."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            found = await connection.fetchval(
                "update rooms set removed_at = $3 where organisation_id = $1 and id = $2 and removed_at is null"
                " returning id",
                organisation_id,
                room_id,
                now,
            )
            if found is None:
                raise not_found("room")
            await record(
                connection,
                organisation_id,
                at=now,
                actor=actor,
                action="room.removed",
                subject=f"room:{room_id}",
            )

    async def confirm_removals(
        self, organisation_id: UUID, room_id: UUID, *, now: datetime, actor: str
    ) -> RoomRecord:
        """Say that the removals held back now are right; refuses where none are."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            room = await _find(connection, organisation_id, room_id)
            if not room.held_removals:
                raise conflict("No removals are held back in this room.")
            await connection.execute(
                "update rooms set removals_confirmed_at = $3 where organisation_id = $1 and id = $2",
                organisation_id,
                room_id,
                now,
            )
            await record(
                connection,
                organisation_id,
                at=now,
                actor=actor,
                action="room.removals_confirmed",
                subject=f"room:{room_id}",
                detail={"held": room.held_removals},
            )
        return room

    async def follow(
        self,
        organisation_id: UUID,
        tenant_id: UUID,
        listed: Iterable[ListedRoom],
        *,
        now: datetime,
        actor: str,
    ) -> int:
        """Take over name, address, capacity and place of the imported rooms that the list shows otherwise; how many."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            rows = await connection.fetch(
                "select id, mailbox_id, mailbox, name, capacity, building, floor from rooms"
                " where organisation_id = $1 and tenant_id = $2 and removed_at is null order by id for update",
                organisation_id,
                tenant_id,
            )
            now_listed = {each.mailbox_id: each for each in listed}
            changed = [
                (row["id"], one)
                for row in rows
                if (one := now_listed.get(row["mailbox_id"])) is not None
                and tuple(row)[2:] != (one.mailbox, one.name, one.capacity, one.building, one.floor)
            ]
            for room_id, one in changed:
                await connection.execute(
                    "update rooms set mailbox = $2, name = $3, capacity = $4, building = $5, floor = $6 where id = $1",
                    room_id,
                    one.mailbox,
                    one.name,
                    one.capacity,
                    one.building,
                    one.floor,
                )
                await record(
                    connection,
                    organisation_id,
                    at=now,
                    actor=actor,
                    action="room.followed",
                    subject=f"room:{room_id}",
                )
        return len(changed)


async def _check_office(connection: Connection, organisation_id: UUID, office_id: UUID) -> None:
    # Held until commit: an office cannot be removed under a room that is on its way in.
    office = await connection.fetchval(
        "select id from offices where organisation_id = $1 and id = $2 and removed_at is null for share",
        organisation_id,
        office_id,
    )
    if office is None:
        raise invalid("office_id", "there is no such office")


async def _find(connection: Connection, organisation_id: UUID, room_id: UUID) -> RoomRecord:
    row = await connection.fetchrow(RECORD + " and r.id = $2", organisation_id, room_id)
    if row is None:
        raise not_found("room")
    return record_of(row)

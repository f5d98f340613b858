"""Commands: kept once by source and id, given to the room whose holder runs them, or left as strays."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from contracts.commands import Book, Resync
from contracts.events import CommandResult
from pgstore import Connection, Database

from ..domain.command import (
    INTEGRATION_OFF,
    ROOM_UNKNOWN,
    Asked,
    Key,
    booking_of,
    kind_of,
    rejected,
    unplaced,
)
from .leases import ACTIVE
from .orders import RESULT, asked_of, result_parameters

_STRAY_LEASE = timedelta(seconds=30)

# A room nobody has compared yet gets its row here: a command waits for no comparison.
_ROUSED = """on conflict (room_id) do update set command_no = room_sync.command_no + 1,
    due_at = greatest(least(room_sync.due_at, excluded.due_at), room_sync.not_before)"""
_ROUSE = f"""
insert into room_sync (room_id, organisation_id, due_at, command_no) values ($1, $2, $3, 1) {_ROUSED}
"""
_BOOKED = """
select room_id from (
    select b.room_id, b.status = 'cancelled' as over, b.changed_at as at
    from room_sync s join bookings b on b.room_id = s.room_id and b.id = $2
    where s.organisation_id = $1 and b.kind <> 'master'
    union all
    select b.room_id, b.status = 'cancelled', b.changed_at
    from room_sync s join bookings b on b.room_id = s.room_id and b.series_id = $2
    where s.organisation_id = $1
    union all
    select c.room_id, true, c.received_at from commands c
    where c.booking_id = $2 and c.kind = 'book' and c.room_id is not null and c.outcome is distinct from 'rejected'
) as known
order by over, at desc, room_id desc limit 1
"""
_ACTIVE = f"""
select {ACTIVE} from rooms r left join integrations i on i.organisation_id = r.organisation_id
where r.id = $1 and r.organisation_id = $2 and r.removed_at is null
"""
# Keeps the command and rouses its room in one statement; nothing comes back for a repeat. `active`: null where there is no
# such room, false where nothing is synced.
_NOTE = f"""
with place as (
    select coalesce($6::uuid, ({_BOOKED.replace("$2", "$5")})) as room_id
), known as (
    select place.room_id, (select {ACTIVE} from rooms r left join integrations i on i.organisation_id = r.organisation_id
        where r.id = place.room_id and r.organisation_id = $1 and r.removed_at is null) as active
    from place
), new as (
    insert into commands
        (organisation_id, source, id, kind, room_id, booking_id, sequence, data, not_after, received_at, for_room)
    select $1, $2, $3, $4, known.room_id, $5, $7, $8, $9, $10, $12 from known
    on conflict do nothing returning room_id
), roused as (
    insert into room_sync (room_id, organisation_id, due_at, command_no)
    select known.room_id, $1, $11, 1 from known, new where known.active {_ROUSED}
)
select known.room_id, known.active from known, new
"""


class CommandStore:
    """What arrives on `sync.commands`, until a room's holder takes it over."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, organisation_id: UUID, asked: Asked, now: datetime) -> UUID | None:
        """Keep the command; the room that is due for it, None if none is. Of a repeat the result is sent again."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            noted = await connection.fetchrow(
                _NOTE,
                organisation_id,
                asked.key.source,
                asked.key.id,
                kind_of(asked.order),
                asked.booking_id,
                asked.order.room_id if isinstance(asked.order, (Book, Resync)) else None,
                asked.sequence,
                asked.order.model_dump(mode="json"),
                asked.order.not_after,
                asked.received_at,
                now,
                asked.for_room,
            )
            if noted is None:
                await self._repeated(connection, organisation_id, asked, now)
                return None
            room_id, active = noted["room_id"], noted["active"]
            if room_id is not None and not active:
                result = _no_holder(asked, room_id, known=active is not None)
                parameters = result_parameters([(asked.key, result, now)])
                await connection.execute(RESULT, organisation_id, *parameters)
            if not active:
                await _stray(connection, organisation_id, asked.key, now)
                return None
            return room_id if isinstance(room_id, UUID) else None

    async def _repeated(
        self, connection: Connection, organisation_id: UUID, asked: Asked, now: datetime
    ) -> None:
        decided = await connection.fetchval(
            "update commands set sent_at = null where organisation_id = $1 and source = $2 and id = $3"
            " and outcome is not null returning true",
            organisation_id,
            asked.key.source,
            asked.key.id,
        )
        if decided:
            await _stray(connection, organisation_id, asked.key, now)

    async def due_strays(self, now: datetime, most: int) -> list[tuple[UUID, Key]]:
        """Strays that are due, ours for half a minute, with their organisations."""
        async with self._database.statement() as connection:
            rows = await connection.fetch(
                "with due as (select organisation_id, source, command_id from stray_commands"
                " where due_at <= $1 and lease_until <= $1 order by organisation_id, source, command_id"
                " limit $3 for update skip locked)"
                " update stray_commands s set lease_until = $2 from due"
                " where (s.organisation_id, s.source, s.command_id) = (due.organisation_id, due.source, due.command_id)"
                " returning s.organisation_id, s.source, s.command_id",
                now,
                now + _STRAY_LEASE,
                most,
            )
        return [(row["organisation_id"], Key(row["source"], row["command_id"])) for row in rows]

    async def adopt(self, organisation_id: UUID, key: Key, now: datetime) -> Asked | UUID | None:
        """Give a stray to its room, if there is one by now, or end it: the room, else the stray itself, None if it is no more."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            row = await connection.fetchrow(
                "select * from commands where organisation_id = $1 and source = $2 and id = $3 for update",
                organisation_id,
                key.source,
                key.id,
            )
            if row is None:
                await _drop_stray(connection, organisation_id, key)
                return None
            asked = asked_of(row)
            if asked.result is not None:
                return asked
            room_id = await _room_of(connection, organisation_id, asked)
            active = room_id and await connection.fetchval(_ACTIVE, room_id, organisation_id)
            if room_id is None or not active:
                result = (
                    unplaced(asked, now)
                    if room_id is None
                    else _no_holder(asked, room_id, known=active is not None)
                )
                if result is None:
                    return asked
                parameters = result_parameters([(key, result, now)])
                await connection.execute(RESULT, organisation_id, *parameters)
                return replace(asked, result=result, decided_at=now)
            await connection.execute(
                "update commands set room_id = $4 where organisation_id = $1 and source = $2 and id = $3",
                organisation_id,
                key.source,
                key.id,
                room_id,
            )
            await _drop_stray(connection, organisation_id, key)
            await connection.execute(_ROUSE, room_id, organisation_id, now)
            return room_id

    async def finish_stray(self, organisation_id: UUID, key: Key, now: datetime) -> None:
        """Its result is confirmed."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            await connection.execute(
                "update commands set sent_at = $4 where organisation_id = $1 and source = $2 and id = $3",
                organisation_id,
                key.source,
                key.id,
                now,
            )
            await _drop_stray(connection, organisation_id, key)

    async def postpone_stray(self, organisation_id: UUID, key: Key, due_at: datetime) -> None:
        """Look again later."""
        async with self._database.statement() as connection:
            await connection.execute(
                "update stray_commands set due_at = $4, lease_until = '-infinity'"
                " where organisation_id = $1 and source = $2 and command_id = $3",
                organisation_id,
                key.source,
                key.id,
                due_at,
            )

    async def abandoned(self) -> list[tuple[UUID, UUID]]:
        """Rooms that are off while commands of theirs are open, with their organisations."""
        async with self._database.statement() as connection:
            rows = await connection.fetch(
                "select room_id, organisation_id from room_sync"
                " where due_at = 'infinity' and command_no > command_done_no order by room_id"
            )
        return [(row["room_id"], row["organisation_id"]) for row in rows]

    async def open_of(self, organisation_id: UUID, room_id: UUID) -> tuple[list[Asked], bool]:
        """A room's undecided commands that nothing was written for, and whether the room is still ours."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            rows = await connection.fetch(
                "select c.* from commands c where c.room_id = $1 and c.outcome is null and not exists ("
                " select from intents i where i.room_id = c.room_id and i.source = c.source and i.command_id = c.id"
                " and i.stage <> 'done') order by c.received_at",
                room_id,
            )
            ours = await connection.fetchval(
                "select true from rooms where id = $1 and removed_at is null", room_id
            )
        return [asked_of(row) for row in rows], bool(ours)

    async def abandon(
        self, organisation_id: UUID, key: Key, result: CommandResult, now: datetime
    ) -> None:
        """End a command whose room is off; a stray sends its result."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            parameters = result_parameters([(key, result, now)])
            await connection.execute(RESULT, organisation_id, *parameters)
            await _stray(connection, organisation_id, key, now)


async def _stray(connection: Connection, organisation_id: UUID, key: Key, now: datetime) -> None:
    await connection.execute(
        "insert into stray_commands (organisation_id, source, command_id, due_at) values ($1, $2, $3, $4)"
        " on conflict (organisation_id, source, command_id) do update set due_at = excluded.due_at",
        organisation_id,
        key.source,
        key.id,
        now,
    )


async def _room_of(connection: Connection, organisation_id: UUID, asked: Asked) -> UUID | None:
    if isinstance(asked.order, (Book, Resync)):
        return asked.order.room_id
    found = await connection.fetchval(_BOOKED, organisation_id, booking_of(asked.order))
    return found if isinstance(found, UUID) else None


def _no_holder(asked: Asked, room_id: UUID, *, known: bool) -> CommandResult:
    """What is clear without the room's holder."""
    if known:
        return rejected(asked, room_id, "integration_off", INTEGRATION_OFF)
    return rejected(asked, room_id, "room_unknown", ROOM_UNKNOWN)


async def _drop_stray(connection: Connection, organisation_id: UUID, key: Key) -> None:
    await connection.execute(
        "delete from stray_commands where organisation_id = $1 and source = $2 and command_id = $3",
        organisation_id,
        key.source,
        key.id,
    )

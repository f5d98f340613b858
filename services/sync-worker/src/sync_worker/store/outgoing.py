"""What the way out needs besides the room's own rows: results confirmed, and what is free in the office."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.events import CommandResult
from pgstore import Database

from ..domain.alternatives import REACH, Hours, Neighbour, Slot
from ..domain.command import Asked, Key
from .commands import CommandStore
from .orders import asked_of
from .rows import FROM, UNTIL

_FROM, _UNTIL = FROM.format(row="b"), UNTIL.format(row="b")
# Pending meetings count as taken here: nobody is offered a slot that another one is asking for.
_OFFICE: Final = f"""
with office as (
    select d.* from room_directory d
    where d.office_id = (select office_id from room_directory where room_id = $1)
)
select o.room_id, o.capacity, o.time_zone, o.opens, o.closes, t.starts, t.ends
from office o left join lateral (
    select {_FROM} as starts, {_UNTIL} as ends from bookings b
    where b.room_id = o.room_id and b.removed_at is null and b.kind <> 'master' and b.published
      and b.status <> 'cancelled' and {_FROM} < $3 and {_UNTIL} > $2
    union all
    select h.starts, h.ends from slot_holds h where h.room_id = o.room_id and h.starts < $3 and h.ends > $2
) as t on true
order by o.room_id
"""
_ROUSED: Final = """
update room_sync set command_no = command_no + 1, due_at = greatest(least(due_at, $2), not_before)
where room_id = $1
"""
_MOVED: Final = """
select b.room_id from bookings b where b.id = $2 and b.room_id <> $1 and b.status <> 'cancelled' order by b.version desc limit 1
"""


class OutgoingStore:
    """Reads what others may be offered; notes what receivers have."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._commands = CommandStore(database)

    async def sent(
        self,
        organisation_id: UUID,
        keys: Sequence[Key],
        now: datetime,
        rooms: Sequence[UUID] = (),
    ) -> None:
        """The results of these commands are confirmed; these rooms' holders wait for some of them."""
        ordered = sorted(keys, key=lambda key: (key.source, key.id))
        async with self._database.organisation_transaction(organisation_id) as connection:
            await connection.execute(
                "update commands c set sent_at = $4 from unnest($2::text[], $3::text[]) as g(source, id)"
                " where c.organisation_id = $1 and c.source = g.source and c.id = g.id",
                organisation_id,
                [key.source for key in ordered],
                [key.id for key in ordered],
                now,
            )
            for room_id in sorted(rooms):
                await connection.execute(_ROUSED, room_id, now)

    async def hand_over(self, organisation_id: UUID, asked: Asked, now: datetime) -> None:
        """Give a command to another room, once."""
        await self._commands.note(organisation_id, asked, now)

    async def outcome(self, organisation_id: UUID, key: Key) -> CommandResult | None:
        """How a command ended; None while it has not."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            row = await connection.fetchrow(
                "select * from commands where organisation_id = $1 and source = $2 and id = $3",
                organisation_id,
                key.source,
                key.id,
            )
        return None if row is None else asked_of(row).result

    async def pass_on(
        self, organisation_id: UUID, room_id: UUID, asked: Asked, now: datetime
    ) -> bool:
        """Give a command about a booking that moved away to the room it lives in; False if it lives nowhere else."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            to_room = await connection.fetchval(_MOVED, room_id, asked.booking_id)
            if to_room is None:
                return False
            await connection.execute(
                "update commands set room_id = $4"
                " where organisation_id = $1 and source = $2 and id = $3 and outcome is null",
                organisation_id,
                asked.key.source,
                asked.key.id,
                to_room,
            )
            await connection.execute(_ROUSED, to_room, now)
        return True

    async def office(
        self, organisation_id: UUID, room_id: UUID, around: Slot
    ) -> tuple[list[Neighbour], Hours | None]:
        """The rooms of the room's office with what is taken or held around a slot, and when the office is open."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            records = await connection.fetch(
                _OFFICE, room_id, around.starts - REACH, around.ends + REACH
            )
        busy: dict[UUID, list[Slot]] = defaultdict(list)
        capacity: dict[UUID, int | None] = {}
        hours: Hours | None = None
        for record in records:
            capacity[record["room_id"]] = record["capacity"]
            hours = Hours(record["time_zone"], record["opens"], record["closes"])
            if record["starts"] is not None:
                busy[record["room_id"]].append(Slot(record["starts"], record["ends"]))
        return [
            Neighbour(each, seats, tuple(busy[each])) for each, seats in capacity.items()
        ], hours

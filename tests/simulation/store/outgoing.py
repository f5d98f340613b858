"""What the way out needs besides the room's own rows: results confirmed, and what is free in the office."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from contracts.events import CommandResult
from sync_worker.domain.alternatives import REACH, Hours, Neighbour, Slot
from sync_worker.domain.command import Asked, Key

from .commands import CommandStore
from .database import ModelDatabase
from .tables import Tables


class OutgoingStore:
    """Reads what others may be offered; notes what receivers have."""

    def __init__(self, database: ModelDatabase) -> None:
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
        async with self._database as tables:
            for key in keys:
                kept = tables.commands.get(organisation_id, key)
                if kept is not None:
                    tables.commands.send(kept, now)
            for room_id in rooms:
                _rouse(tables, room_id, now)

    async def hand_over(self, organisation_id: UUID, asked: Asked, now: datetime) -> None:
        """Give a command to another room, once."""
        await self._commands.note(organisation_id, asked, now)

    async def outcome(self, organisation_id: UUID, key: Key) -> CommandResult | None:
        """How a command ended; None while it has not."""
        async with self._database as tables:
            kept = tables.commands.get(organisation_id, key)
            return None if kept is None else kept.asked.result

    async def pass_on(
        self, organisation_id: UUID, room_id: UUID, asked: Asked, now: datetime
    ) -> bool:
        """Give a command about a booking that moved away to the room it lives in; False if it lives nowhere else."""
        async with self._database as tables:
            to_room = _home(tables, organisation_id, room_id, asked.booking_id)
            if to_room is None:
                return False
            kept = tables.commands.get(organisation_id, asked.key)
            if kept is not None and kept.asked.result is None:
                tables.commands.give(kept, to_room)
            _rouse(tables, to_room, now)
            return True

    async def office(
        self, organisation_id: UUID, room_id: UUID, around: Slot
    ) -> tuple[list[Neighbour], Hours | None]:
        """The rooms of the room's office with what is taken or held around a slot, and when the office is open."""
        reach = Slot(around.starts - REACH, around.ends + REACH)
        async with self._database as tables:
            living = {
                each.id: each
                for each in tables.rooms.values()
                if each.organisation_id == organisation_id and each.removed_at is None
            }
            if room_id not in living:
                return [], None
            office = tables.offices[living[room_id].office_id]
            neighbours = [
                Neighbour(key, room.capacity, _busy(tables, key, reach))
                for key, room in sorted(living.items())
                if room.office_id == office.id
            ]
            return neighbours, Hours(office.time_zone, office.opens, office.closes)


def _home(
    tables: Tables, organisation_id: UUID, room_id: UUID, booking_id: UUID | None
) -> UUID | None:
    """Another room that the booking lives in; of several any."""
    if booking_id is None:
        return None
    for other in tables.bookings:
        row = tables.rows(organisation_id, other).get(booking_id)
        if row is not None and row.answer != "cancelled" and other != room_id:
            return other
    return None


def _rouse(tables: Tables, room_id: UUID, now: datetime) -> None:
    sync = tables.room_sync.get(room_id)
    if sync is not None:
        sync.rouse(now)


def _busy(tables: Tables, room_id: UUID, reach: Slot) -> tuple[Slot, ...]:
    booked = (
        row.occupied
        for row in tables.bookings[room_id].values()
        if row.removed_at is None
        and row.kind != "master"
        and row.published
        and row.answer != "cancelled"
    )
    held = (each.slot for each in tables.slot_holds.get(room_id, {}).values())
    return tuple(slot for slot in (*booked, *held) if slot.overlaps(reach))

"""What the way out needs besides the room's own rows: results confirmed, and what is free in the office."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sync_worker.domain.alternatives import REACH, Hours, Neighbour, Slot
from sync_worker.domain.command import Key

from .database import ModelDatabase
from .tables import Tables


class OutgoingStore:
    """Reads what others may be offered; notes what receivers have."""

    def __init__(self, database: ModelDatabase) -> None:
        self._database = database

    async def sent(self, organisation_id: UUID, keys: Sequence[Key], now: datetime) -> None:
        """The results of these commands are confirmed."""
        async with self._database as tables:
            for key in keys:
                kept = tables.commands.get((organisation_id, key))
                if kept is not None:
                    kept.sent_at = now

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


def _busy(tables: Tables, room_id: UUID, reach: Slot) -> tuple[Slot, ...]:
    booked = (
        Slot(row.starts, row.ends)
        for row in tables.bookings.get(room_id, {}).values()
        if row.removed_at is None
        and row.kind != "master"
        and row.published
        and row.answer != "cancelled"
    )
    held = tables.slot_holds.get(room_id, {}).values()
    return tuple(slot for slot in (*booked, *held) if slot.overlaps(reach))

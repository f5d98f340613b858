"""Bookings and their history, as the worker's mirror holds them; read only."""

from datetime import datetime
from uuid import UUID

import asyncpg

from contracts.events import Booking, Organizer
from pgstore import Database

from ..domain.bookings import HistoryEntry
from ..domain.refusal import not_found

_COLUMNS = (
    "b.id, b.room_id, b.starts, b.ends, b.all_day, b.time_zone, b.subject, b.organizer_name, b.organizer_email,"
    " b.status, b.origin, b.series_id, b.original_start, b.version"
)


class BookingStore:
    """Rows of `bookings` and `journal`, without the unpublished masters."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def overlapping(
        self,
        organisation_id: UUID,
        room_id: UUID,
        *,
        start: datetime,
        end: datetime,
        after: UUID | None,
        limit: int,
    ) -> list[Booking]:
        """A room's living bookings that overlap [start, end), by start, following the booking `after`."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            room = await connection.fetchval("select id from rooms where id = $1", room_id)
            if room is None:
                raise not_found("room")
            rows = await connection.fetch(
                f"select {_COLUMNS} from bookings b"
                " where b.room_id = $1 and b.ends > $2 and b.starts < $3 and b.kind <> 'master'"
                " and b.removed_at is null and b.status <> 'cancelled'"
                " and ($4::uuid is null or (b.starts, b.id) >"
                "  (select p.starts, p.id from bookings p where p.room_id = $1 and p.id = $4))"
                " order by b.starts, b.id limit $5",
                room_id,
                start,
                end,
                after,
                limit,
            )
        return [_booking(row) for row in rows]

    async def find(self, organisation_id: UUID, booking_id: UUID) -> Booking | None:
        """The booking; of two rows that share an id during a move, the one not cancelled."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            # Through the rooms, because the primary key of bookings leads with the room.
            row = await connection.fetchrow(
                f"select {_COLUMNS} from rooms r join bookings b on b.room_id = r.id and b.id = $1"
                " where b.kind <> 'master' order by b.status = 'cancelled', b.changed_at desc limit 1",
                booking_id,
            )
        return _booking(row) if row else None

    async def history(
        self, organisation_id: UUID, booking_id: UUID, *, limit: int
    ) -> list[HistoryEntry]:
        """What happened to the booking, oldest first; empty also when nobody has heard of it."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            rows = await connection.fetch(
                "select j.at, j.entry, j.version from rooms r"
                " join journal j on j.room_id = r.id and j.booking_id = $1 order by j.id limit $2",
                booking_id,
                limit,
            )
        return [HistoryEntry(**dict(row)) for row in rows]


def _booking(row: "asyncpg.Record") -> Booking:
    return Booking(
        id=row["id"],
        room_id=row["room_id"],
        start=row["starts"],
        end=row["ends"],
        all_day=row["all_day"],
        time_zone=row["time_zone"],
        subject=row["subject"],
        organizer=Organizer(name=row["organizer_name"], email=row["organizer_email"] or None),
        status=row["status"],
        origin=row["origin"],
        series_id=row["series_id"],
        original_start=row["original_start"],
        version=row["version"],
    )

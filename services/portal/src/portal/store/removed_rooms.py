"""Rooms that were removed and will not come back."""

from datetime import datetime
from uuid import UUID

from pgstore import Database

from .audit import record
from .rooms import RESUMES_WITHIN


class RemovedRoomStore:
    """The end of rows of `rooms`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def delete(self, organisation_id: UUID, *, now: datetime, most: int) -> int:
        """Delete up to `most` rooms removed thirty days ago of which no other service has a row any more; how many."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            rows = await connection.fetch(
                "with old as (select id from rooms r where organisation_id = $1 and removed_at < $2"
                "  and not exists (select from room_sync s where s.room_id = r.id)"
                "  and not exists (select from subscriptions u where u.room_id = r.id)"
                "  and not exists (select from bookings b where b.room_id = r.id)"
                "  order by id limit $3 for update of r skip locked)"
                " delete from rooms using old where rooms.id = old.id returning rooms.id",
                organisation_id,
                now - RESUMES_WITHIN,
                most,
            )
            for row in rows:
                await record(
                    connection,
                    organisation_id,
                    at=now,
                    actor="portal",
                    action="room.deleted",
                    subject=f"room:{row['id']}",
                )
        return len(rows)

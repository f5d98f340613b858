"""Clearing what is thirty days old, a bounded piece at a time."""

from datetime import datetime, timedelta
from uuid import UUID

from pgstore import Database

KEPT = timedelta(days=30)
_PIECE = 1_000
_OLD = {
    "journal": "at < $2",
    "conflicts": "at < $2",
    "plan_lines": "at < $2",
    "commands": "received_at < $2 and sent_at is not null",
    "intents": "created_at < $2 and stage = 'done'",
}


class SweepStore:
    """Deletes bookings that ended long ago, what was noted of them, and rooms that were removed long ago."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def organisations(self) -> list[UUID]:
        """Whose rooms we keep rows of."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(
                "select distinct organisation_id from room_sync order by 1"
            )
        return [row["organisation_id"] for row in rows]

    async def clear_bookings(self, organisation_id: UUID, now: datetime) -> int:
        """Delete up to a piece of each kind of this organisation's old rows; how many were found.

        A booking counts from its end, one of a removed room from the room's removal. A series' own row stays while
        an occurrence of it does.
        """
        before = now - KEPT
        async with self._database.organisation_transaction(organisation_id) as connection:
            bookings = await connection.fetchval(
                """
                with old as (
                    select b.room_id, b.id from room_sync s join bookings b on b.room_id = s.room_id
                    left join rooms r on r.id = s.room_id
                    where s.organisation_id = $1
                      and (r.id is null or r.removed_at < $2
                        or (b.ends < $2 and b.version <= s.published_version and (b.kind <> 'master' or not exists (
                            select from bookings o where o.room_id = b.room_id and o.master_id = b.event_id))))
                    order by b.room_id, b.id limit $3 for update of b skip locked
                ), deleted as (
                    delete from bookings b using old where b.room_id = old.room_id and b.id = old.id returning 1
                )
                select count(*) from deleted
                """,
                organisation_id,
                before,
                _PIECE,
            )
            cleared = int(bookings)
            for table, old in _OLD.items():
                cleared += await connection.fetchval(
                    f"with old as (select ctid from {table} where organisation_id = $1 and {old} limit $3),"
                    f" deleted as (delete from {table} t using old where t.ctid = old.ctid returning 1)"
                    " select count(*) from deleted",
                    organisation_id,
                    before,
                    _PIECE,
                )
        return cleared

    async def clear_rooms(self, now: datetime) -> None:
        """Forget rooms removed thirty days ago; call it once their bookings are gone."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "with old as (select s.room_id from room_sync s left join rooms r on r.id = s.room_id"
                " where r.id is null or r.removed_at < $1 order by s.room_id for update of s skip locked)"
                " delete from room_sync s using old where s.room_id = old.room_id",
                now - KEPT,
            )

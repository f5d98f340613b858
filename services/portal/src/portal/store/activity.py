"""What the worker wrote down of its work; read only."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from pgstore import Database

from ..domain.activity import ActivityEntry, Conflict
from .bookings import COLUMNS as BOOKING
from .bookings import booking_of

# A command's reason is in `commands` alone.
_LINES: Final = """
    select j.id, j.at, j.entry, j.version, j.room_id, r.name as room, j.booking_id,
        jsonb_strip_nulls(j.detail || jsonb_build_object('reason', c.reason)) as detail
    from journal j left join rooms r on r.id = j.room_id and r.removed_at is null
    left join lateral (
        select reason from commands c
        where c.booking_id = j.booking_id and c.id = j.detail ->> 'command' limit 1
    ) c on j.entry = 'command.rejected'
    where j.organisation_id = $1 and j.entry <> 'event.unchanged' and j.entry not like '%.open'
      and ($2::bigint is null or j.id < $2)
    order by j.id desc limit $3
"""
_OVERLAPS: Final = """
    select c.id, c.room_id, r.name as room, o.time_zone, c.at as since, c.booking_id, c.other_id
    from rooms r join offices o on o.id = r.office_id
    join conflicts c on c.room_id = r.id and c.kind = 'overlap' and c.cleared_at is null
    join bookings one on one.room_id = c.room_id and one.id = c.booking_id
    join bookings other on other.room_id = c.room_id and other.id = c.other_id
    where r.organisation_id = $1 and r.removed_at is null and ($3::bigint is null or c.id < $3)
      and one.removed_at is null and other.removed_at is null and coalesce(one.occupied_until, one.ends) > $2
      and coalesce(other.occupied_until, other.ends) > $2
    order by c.id desc limit $4
"""
_NAMES: Final = """
    select id, email as name from users where organisation_id = $1 and id = any($2)
    union all select id, name from rooms where organisation_id = $1 and id = any($2)
    union all select id, name from offices where organisation_id = $1 and id = any($2)
"""


class ActivityStore:
    """Rows of `journal` and of `conflicts`, and what those of the audit are called."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lines(
        self, organisation_id: UUID, *, before: int | None, limit: int
    ) -> list[ActivityEntry]:
        """Lines older than the id `before`, newest first, without reads that found nothing and writes only begun."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            rows = await connection.fetch(_LINES, organisation_id, before, limit)
        return [ActivityEntry(**dict(row)) for row in rows]

    async def overlaps(
        self, organisation_id: UUID, *, now: datetime, before: int | None, limit: int
    ) -> list[Conflict]:
        """Open double bookings of which both are still to end, older than the id `before`, newest first."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            pairs = await connection.fetch(_OVERLAPS, organisation_id, now, before, limit)
            rows = await connection.fetch(
                f"select {BOOKING} from unnest($1::uuid[], $2::uuid[]) as w(room_id, id)"
                " join bookings b on b.room_id = w.room_id and b.id = w.id",
                [pair["room_id"] for pair in pairs for _ in range(2)],
                [pair[name] for pair in pairs for name in ("booking_id", "other_id")],
            )
        found = {(row["room_id"], row["id"]): booking_of(row) for row in rows}
        return [
            Conflict(
                id=pair["id"],
                room_id=pair["room_id"],
                room=pair["room"],
                time_zone=pair["time_zone"],
                since=pair["since"],
                bookings=(
                    found[pair["room_id"], pair["booking_id"]],
                    found[pair["room_id"], pair["other_id"]],
                ),
            )
            for pair in pairs
        ]

    async def names(self, organisation_id: UUID, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """What these people, rooms and offices are called, removed ones too."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            rows = await connection.fetch(_NAMES, organisation_id, list(ids))
        return {row["id"]: row["name"] for row in rows}

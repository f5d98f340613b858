"""Bookings and their history, as the worker's mirror holds them; read only."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from contracts.events import Alternative, Booking, CommandResult, Organizer
from pgstore import Database

from ..domain.history import Line
from ..domain.occupancy import Span
from ..domain.refusal import not_found

COLUMNS = (
    "b.id, b.room_id, b.starts, b.ends, b.all_day, b.time_zone, b.subject, b.organizer_name, b.organizer_email,"
    " b.status, b.origin, b.series_id, b.original_start, b.version"
)

# Whole days keep their dates; the worker writes beside them when they take the room. No coalesce: PostgreSQL takes that for
# leaky, and under row-level security asks no index for it.
FROM = "(case when b.occupied_from is null then b.starts else b.occupied_from end)"
"""When a row begins to take its room."""
UNTIL = "(case when b.occupied_until is null then b.ends else b.occupied_until end)"
"""When it ends to."""

# By start, because what is over grows with the years. What lasts longer than a day has an index of its own, which the
# planner takes only while it cannot see the bound of starts.
TAKEN = f"""
    select b.room_id, {FROM} as starts, {UNTIL} as ends from bookings b
    where b.organisation_id = $1 and {FROM} > $2::timestamptz - interval '1 day' and {FROM} < $3 and {UNTIL} > $2
      and kind <> 'master' and removed_at is null and status <> 'cancelled'
    union all
    select room_id, starts, ends from (
        select b.room_id, {FROM} as starts, {UNTIL} as ends from bookings b
        where b.organisation_id = $1 and {UNTIL} - {FROM} > interval '1 day' and {UNTIL} > $2
          and kind <> 'master' and removed_at is null and status <> 'cancelled'
        offset 0
    ) as long where starts <= $2::timestamptz - interval '1 day'
"""
"""What takes rooms of the organisation $1 within [$2, $3), whoever has said yes to it."""

# Room by room, as an office has few of the organisation's: what ends within a day of the time asked for, and by itself
# what ends later, which must last longer than a day if it has begun.
_FIRST_TAKEN = f"""
    with office as materialized (
        select id from rooms where organisation_id = $1 and removed_at is null and office_id = $4
    ), taken as (
        select short.* from office cross join lateral (
            select b.room_id, {FROM} as starts, {UNTIL} as ends from bookings b
            where b.room_id = office.id and {UNTIL} > $2 and {UNTIL} <= $3::timestamptz + interval '24 hours' and {FROM} < $3
              and kind <> 'master' and removed_at is null and status <> 'cancelled'
            offset 0
        ) as short
        union all
        select room_id, starts, ends from (
            select b.room_id, {FROM} as starts, {UNTIL} as ends from bookings b
            where b.organisation_id = $1 and {UNTIL} - {FROM} > interval '1 day' and {UNTIL} > $3::timestamptz + interval '24 hours'
              and kind <> 'master' and removed_at is null and status <> 'cancelled'
            offset 0
        ) as long where starts < $3 and room_id in (select id from office)
    ), seen as (
        select room_id, starts, ends, max(ends) over (
            partition by room_id order by starts, ends rows between unbounded preceding and 1 preceding) as before
        from taken
    ), numbered as (
        select room_id, starts, ends, count(*) filter (where before is null or starts > before) over (
            partition by room_id order by starts, ends) as number
        from seen
    )
    select room_id, min(starts), max(ends) from numbered where number <= 2 group by room_id, number order by 2
"""

# A command may name the series of a meeting. Of a command's end the journal has the time of the commit, where a room's holder
# made it; `commands` has every one, strays and rooms that are off included.
_HISTORY = """
with known as materialized (
    select $1::uuid as id
    union
    select b.series_id from rooms r join bookings b on b.room_id = r.id and b.id = $1 where b.series_id is not null
), lines as (
    select j.at, j.entry, j.version, j.room_id, j.id as place, case when j.version is null then j.detail
        else j.detail || jsonb_build_object('sent', j.version <= s.published_version) end as detail
    from known cross join rooms r join journal j on j.room_id = r.id and j.booking_id = known.id
    left join room_sync s on s.room_id = r.id
    where j.entry not in ('command.accepted', 'command.rejected')
    union all
    select e.at, 'command.' || e.entry, e.version, c.room_id, 0, jsonb_strip_nulls(e.detail || jsonb_build_object('command', c.id))
    from known join commands c on c.booking_id = known.id
    left join lateral (select min(j.at) as at from journal j
        where j.room_id = c.room_id and j.booking_id = c.booking_id and j.detail ->> 'command' = c.id) as ended on true
    cross join lateral (values
        (c.received_at, 'received', null::bigint, jsonb_build_object('kind', c.kind, 'source', c.source, 'sequence', c.sequence)),
        (coalesce(ended.at, c.decided_at), c.outcome, c.version, jsonb_build_object('reason', c.reason)),
        (c.sent_at, 'told', null, '{}'::jsonb)
    ) as e(at, entry, version, detail) where e.at is not null
    union all
    select e.at, 'conflict.' || e.entry, null, c.room_id, c.id, jsonb_strip_nulls(jsonb_build_object(
        'kind', c.kind, 'command', c.command_id, 'other', case when c.booking_id = known.id then c.other_id else c.booking_id end))
    from known cross join rooms r join conflicts c on c.room_id = r.id and known.id in (c.booking_id, c.other_id)
    cross join lateral (values (c.at, 'found'), (c.cleared_at, 'cleared')) as e(at, entry) where e.at is not null
    union all
    select (h.hint ->> 'received_at')::timestamptz, 'hint.waiting', null, r.id, 0,
        jsonb_build_object('asked', h.hint -> 'asked', 'asked_next_at', h.hint -> 'ask_at')
    from known cross join rooms r join bookings b on b.room_id = r.id and b.id = known.id
    join room_sync s on s.room_id = r.id
    cross join lateral jsonb_array_elements(s.pending) as h(hint) where h.hint ->> 'event' in (b.event_id, b.master_id)
)
select * from lines order by at desc, place desc limit $2
"""
_LINE = ("at", "entry", "version", "room_id", "detail")


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
                f"select {COLUMNS} from bookings b"
                f" where b.room_id = $1 and {UNTIL} > $2 and {FROM} < $3 and b.kind <> 'master'"
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
        return [booking_of(row) for row in rows]

    async def in_rooms(
        self,
        organisation_id: UUID,
        room_ids: Sequence[UUID],
        *,
        start: datetime,
        end: datetime,
        limit: int,
    ) -> list[Booking]:
        """Living bookings of these rooms that overlap [start, end), whole days by their dates; the first `limit` of each."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            # Room by room, as the index is: one scan of a whole office would read its whole past or future.
            rows = await connection.fetch(
                f"select {COLUMNS} from unnest($1::uuid[]) as r(id) cross join lateral ("
                " select * from bookings b where b.room_id = r.id and b.ends > $2 and b.starts < $3"
                " and b.kind <> 'master' and b.removed_at is null and b.status <> 'cancelled'"
                " order by b.starts, b.id limit $4) as b",
                list(room_ids),
                start,
                end,
                limit,
            )
        return [booking_of(row) for row in rows]

    async def last_result(
        self, organisation_id: UUID, booking_id: UUID, source: str, *, sequence: int
    ) -> CommandResult | None:
        """What became of the source's latest command of this sequence or higher; None while it is open or under way."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            row = await connection.fetchrow(
                "select id, source, outcome, room_id, version, reason, explanation, alternatives from commands"
                " where booking_id = $1 and source = $2 and sequence >= $3 order by sequence desc limit 1",
                booking_id,
                source,
                sequence,
            )
        return _result(row, booking_id) if row and row["outcome"] else None

    async def taken(
        self, organisation_id: UUID, office_id: UUID, *, start: datetime, end: datetime
    ) -> list[tuple[UUID, Span]]:
        """The first two times at which each of the office's rooms is taken within [start, end), by start; meetings that touch are one."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            rows = await connection.fetch(_FIRST_TAKEN, organisation_id, start, end, office_id)
        return [(room_id, Span(starts, ends)) for room_id, starts, ends in rows]

    async def find(self, organisation_id: UUID, booking_id: UUID) -> Booking | None:
        """The booking; of two rows that share an id during a move, the one not cancelled."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            # Through the rooms, because the primary key of bookings leads with the room.
            row = await connection.fetchrow(
                f"select {COLUMNS} from rooms r join bookings b on b.room_id = r.id and b.id = $1"
                " where b.kind <> 'master' order by b.status = 'cancelled', b.changed_at desc limit 1",
                booking_id,
            )
        return booking_of(row) if row else None

    async def series(self, organisation_id: UUID, series_id: UUID, *, limit: int) -> list[datetime]:
        """When the living meetings of the series were to begin by its rule, the latest ones."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            rows = await connection.fetch(
                "select b.original_start from rooms r join bookings b on b.room_id = r.id and b.series_id = $1"
                " where b.kind <> 'master' and b.original_start is not null and b.removed_at is null"
                " and b.status <> 'cancelled' order by b.original_start desc limit $2",
                series_id,
                limit,
            )
        return [row["original_start"] for row in rows]

    async def history(self, organisation_id: UUID, booking_id: UUID, *, limit: int) -> list[Line]:
        """The last things that happened to the booking; empty also when nobody has heard of it."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            rows = await connection.fetch(_HISTORY, booking_id, limit)
        return [Line(**{name: row[name] for name in _LINE}) for row in reversed(rows)]


def _result(row: "asyncpg.Record", booking_id: UUID) -> CommandResult:
    return CommandResult(
        command_id=row["id"],
        command_source=row["source"],
        outcome=row["outcome"],
        booking_id=booking_id,
        room_id=row["room_id"],
        version=row["version"],
        reason=row["reason"],
        text=row["explanation"],
        alternatives=tuple(
            Alternative.model_validate_json(msgspec.json.encode(each))
            for each in row["alternatives"]
        ),
    )


def booking_of(row: "asyncpg.Record") -> Booking:
    """Return what a row with these columns says."""
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

"""The mirror's rows: read for a pass, committed by it under its epoch."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from pgstore import Database
from pgstore.database import ORGANISATION

from ..domain.absence import Standing, Window
from ..domain.booking import UNBOUND, Row
from ..domain.room import Claim, LeaseLost, State
from ..domain.versions import Changes
from ..domain.work import Effects
from . import state as held
from .effects import write_effects
from .rows import (
    COLUMNS,
    COUNT,
    FROM,
    GIVEN,
    NAMES,
    OCCUPIES,
    UNTIL,
    UPDATES,
    arrays,
    row_of,
    unnested,
)

_FIRST_STATE = 5
_FIRST_ROW = _FIRST_STATE + len(held.COLUMNS)
_FIRST_ENTRY = _FIRST_ROW + COUNT
_FROM, _UNTIL = FROM.format(row="b"), UNTIL.format(row="b")
_FEW = 8  # rows that are compared with the others for overlaps; more are compared all together

# The row of room_sync comes first: it is the lock of everything that belongs to the room.
_HOLD = f"""
update room_sync set lease_until = $3, {held.assignments(_FIRST_STATE)}
    where room_id = $1 and epoch = $2 and $4::uuid is not null returning room_id
"""
# Who overlaps is settled by a later commit: that it must be is written in this one.
_OWED = f"overlaps_owed = ${_FIRST_STATE + held.COLUMNS.index('overlaps_owed')}"
_COMMIT = f"""
with organisation as materialized (select {ORGANISATION.format("$4")} as id
), given as materialized (select * from {unnested(_FIRST_ROW)}
), tangled as (
    -- Lateral and limited: nothing of `bookings` is looked at before the organisation is set.
    select count(*) > 0 as yes from organisation o cross join lateral (
        select from given g join bookings b on b.room_id = $1
          and {FROM.format(row="b")} < {UNTIL.format(row="g")} and {UNTIL.format(row="b")} > {FROM.format(row="g")}
        where cardinality(${_FIRST_ROW}::uuid[]) <= {_FEW} and b.organisation_id = o.id
          and {OCCUPIES.format(row="g")} and {OCCUPIES.format(row="b")} and b.id <> all(${_FIRST_ROW}::uuid[])
        limit 1) as other
), held as ({_HOLD.replace(_OWED, f"{_OWED} or (select yes from tangled)")}
), written as (
    insert into bookings as b (organisation_id, room_id, {NAMES})
    select organisation.id, held.room_id, {GIVEN} from organisation, held, given
    on conflict (room_id, id) do update set {UPDATES}
), told as (
    insert into journal (organisation_id, room_id, booking_id, at, entry, version, detail)
    select organisation.id, held.room_id, e.id, ${_FIRST_ENTRY}::timestamptz, e.entry, e.version, e.detail::jsonb
    from organisation, held, unnest(${_FIRST_ENTRY + 1}::uuid[], ${_FIRST_ENTRY + 2}::text[],
        ${_FIRST_ENTRY + 3}::bigint[], ${_FIRST_ENTRY + 4}::text[]) as e(id, entry, version, detail)
)
select count(*) as held, (select yes from tangled) as tangled from held
"""


class MirrorStore:
    """Content: every method sees its organisation's alone."""

    def __init__(self, database: Database, lease: timedelta = timedelta(seconds=90)) -> None:
        self._database = database
        self._lease = lease

    async def rows(
        self, organisation_id: UUID, room_id: UUID, ids: Sequence[UUID], events: Sequence[str]
    ) -> list[Row]:
        """The room's rows with one of these ids, one of these events, or occurring in one of these series."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            records = await connection.fetch(
                f"select {COLUMNS} from bookings b where b.room_id = $1 and b.id = any($2)"
                f" union select {COLUMNS} from bookings b where b.room_id = $1 and b.event_id = any($3)"
                f" union select {COLUMNS} from bookings b where b.room_id = $1 and b.master_id = any($3)",
                room_id,
                list(ids),
                list(events),
            )
        return [row_of(record) for record in records]

    async def standing(
        self, organisation_id: UUID, room_id: UUID, window: Window
    ) -> list[Standing]:
        """What the mirror believes to be in the calendar within the window."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            records = await connection.fetch(
                f"select b.id, b.event_id, b.master_id, {_UNTIL} as ends from bookings b"
                f" where b.room_id = $1 and {_UNTIL} > $2 and {_FROM} < $3"
                " and b.removed_at is null and b.kind <> 'master'"
                f" and b.event_id not like '{UNBOUND}%' order by b.id",
                room_id,
                window.start,
                window.end,
            )
        return [Standing(r["id"], r["event_id"], r["master_id"], r["ends"]) for r in records]

    async def occupying(self, organisation_id: UUID, room_id: UUID, now: datetime) -> list[Row]:
        """Rows that take the room from now on or ask for it."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            records = await connection.fetch(
                f"select {COLUMNS} from bookings b where b.room_id = $1 and {_UNTIL} > $2"
                " and b.removed_at is null and b.published and b.kind <> 'master' order by b.id",
                room_id,
                now,
            )
        return [row_of(record) for record in records]

    async def elsewhere(self, organisation_id: UUID, room_id: UUID, booking_id: UUID) -> bool:
        """Whether another room of the organisation has this booking."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            # Through the rooms, because the primary key of bookings leads with the room.
            found = await connection.fetchval(
                "select exists (select from room_sync s join bookings b on b.room_id = s.room_id and b.id = $3"
                " where s.organisation_id = $1 and s.room_id <> $2 and b.removed_at is null)",
                organisation_id,
                room_id,
                booking_id,
            )
        return bool(found)

    async def commit(
        self,
        claim: Claim,
        state: State,
        changes: Changes,
        now: datetime,
        effects: Effects = Effects(),  # noqa: B008  # frozen and empty
        lease: timedelta | None = None,
    ) -> bool:
        """Write state, changed rows and effects, and renew the lease. Raises LeaseLost, having written nothing.

        True if a row written now shares time with another of the room; that this must be settled is written as well.
        """
        hold = (
            claim.room_id,
            claim.epoch,
            now + (lease or self._lease),
            claim.organisation_id,
            *held.parameters(state),
        )
        rows = changes.rows
        tangled = False
        # Effects are statements of their own: only with them a transaction is worth its round trips.
        lent = (
            self._database.organisation_transaction(claim.organisation_id)
            if effects
            else self._database.statement()
        )
        async with lent as connection:
            if rows:
                written = await connection.fetchrow(
                    _COMMIT, *hold, *arrays(rows), now, *_told(changes)
                )
                still = written is not None and written["held"]
                tangled = written is not None and written["tangled"]
            else:
                still = await connection.fetchval(_HOLD, *hold)
            if not still:
                raise LeaseLost
            if effects:
                await write_effects(connection, claim, effects, now)
        return tangled


def _told(changes: Changes) -> tuple[list[object], ...]:
    entries = changes.entries()
    return (
        [each.booking_id for each in entries],
        [each.entry for each in entries],
        [each.version for each in entries],
        [msgspec.json.encode(each.detail).decode() for each in entries],
    )

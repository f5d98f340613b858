"""The mirror's rows: read for a pass, committed by it under its epoch."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from pgstore import Database
from pgstore.database import ORGANISATION

from ..domain.absence import Standing, Window
from ..domain.booking import Row
from ..domain.changes import Changes
from ..domain.room import Claim, LeaseLost, State
from . import state as held
from .rows import COLUMNS, GIVEN, NAMES, UPDATES, arrays, row_of, unnested

_FIRST_STATE = 6
_FIRST_ROW = _FIRST_STATE + len(held.COLUMNS)

# The row of room_sync comes first: it is the lock of everything that belongs to the room.
_HOLD = f"""
update room_sync set lease_until = $3, {held.assignments(_FIRST_STATE)}
    where room_id = $1 and epoch = $2 and $4::uuid is not null and $5::bigint is not null returning room_id
"""
_COMMIT = f"""
with held as ({_HOLD}
), organisation as materialized (select {ORGANISATION.format("$4")} as id
), written as (
    insert into bookings as b (organisation_id, room_id, {NAMES})
    select organisation.id, held.room_id, {GIVEN} from organisation, held, {unnested(_FIRST_ROW)}
    on conflict (room_id, id) do update set {UPDATES}
    returning b.id, b.version, b.status, b.changed_at
), told as (
    insert into journal (organisation_id, room_id, booking_id, at, entry, version)
    select organisation.id, $1, written.id, changed_at, 'booking.' || status, version
    from organisation, written where version > $5
)
select count(*) from held
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
                "select id, event_id, master_id, ends from bookings where room_id = $1 and ends > $2"
                " and starts < $3 and removed_at is null and kind <> 'master' order by id",
                room_id,
                window.start,
                window.end,
            )
        return [Standing(r["id"], r["event_id"], r["master_id"], r["ends"]) for r in records]

    async def commit(self, claim: Claim, state: State, changes: Changes, now: datetime) -> None:
        """Write the state and the changed rows, and renew the lease. Raises LeaseLost, having written nothing."""
        before = changes.version - len(changes.told)
        hold = (
            claim.room_id,
            claim.epoch,
            now + self._lease,
            claim.organisation_id,
            before,
            *held.parameters(state),
        )
        rows = changes.rows
        async with self._database.statement() as connection:
            if rows:
                still = await connection.fetchval(_COMMIT, *hold, *arrays(rows))
            else:
                still = await connection.fetchval(_HOLD, *hold)
        if not still:
            raise LeaseLost

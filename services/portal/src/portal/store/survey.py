"""All rooms of an organisation at a glance: counted where they are alike, named only where a page names them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from pgstore import Database

from ..domain.rooms import RoomRecord
from ..domain.status import RoomsAlike
from ..domain.vacancies import FreeSeen
from .bookings import TAKEN
from .room_record import FAILING, RECORD, SOURCES, STATE, record_of

# The lag by nearest rank, as `lag_p95` counts it.
_ALIKE: Final = f"""
    with seen as (
        select {STATE} as state, u.sealed_by, nullif(s.due_at, 'infinity') as due_at,
               (select lag from unnest(s.lags) as lag order by lag desc
                offset cardinality(s.lags) - ceil(0.95 * cardinality(s.lags)) limit 1) as lag_ms
        {SOURCES}
    )
    select state, sealed_by, count(*) as rooms, max(lag_ms) as lag_ms, min(due_at) as due_at
    from seen group by state, sealed_by
"""

_REMARKABLE: Final = f"""
    {RECORD} and case {STATE}
        when 'live' then jsonb_array_length(s.brake -> 'ids') > 0
        when 'unreachable' then ({FAILING}) is null
        when 'polling' then true
        else false end
    order by r.name, r.id
"""

_FREE: Final = f"""
    with known as (
        select r.id, r.office_id, r.name, r.capacity, {STATE} as state {SOURCES}
    ), busy as (
        select room_id, bool_or(starts <= $2) as now, min(starts) as following from ({TAKEN}) as taken group by room_id
    ), free as (
        select known.office_id, known.name, known.capacity, busy.following, count(*) over office as in_all,
               row_number() over (office order by least(busy.following, until.midnight) desc, known.name, known.id) as place
        from known
        join unnest($4::uuid[], $5::timestamptz[]) as until(office_id, midnight) using (office_id)
        left join busy on busy.room_id = known.id
        where known.state in ('live', 'polling') and busy.now is not true
        window office as (partition by known.office_id)
    )
    select office_id, name, capacity, following, in_all from free where place <= $6 order by place
"""


class SurveyStore:
    """Reads what many rows come to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rooms(
        self, organisation_id: UUID, now: datetime
    ) -> tuple[list[RoomsAlike], list[RoomRecord]]:
        """Every living room counted with those like it, and by name those of which there may be something to tell."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            alike = await connection.fetch(_ALIKE, organisation_id, now)
            remarkable = await connection.fetch(_REMARKABLE, organisation_id, now)
        return [RoomsAlike(**dict(row)) for row in alike], [record_of(row) for row in remarkable]

    async def free(
        self, organisation_id: UUID, now: datetime, midnights: Mapping[UUID, datetime], *, most: int
    ) -> list[FreeSeen]:
        """Up to `most` rooms of each office that nothing takes now, those that stay free longest before its midnight first."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            rows = await connection.fetch(
                _FREE,
                organisation_id,
                now,
                max(midnights.values(), default=now),
                list(midnights),
                list(midnights.values()),
                most,
            )
        return [FreeSeen(**dict(row)) for row in rows]

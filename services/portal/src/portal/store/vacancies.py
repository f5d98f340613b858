"""Which rooms are free, as the worker's mirror has it; read only."""

from datetime import datetime
from uuid import UUID

from pgstore import Database

from ..domain.vacancies import FreeRoom

# Rooms that are loaded and can be read: of others nobody knows whether they are free. By start, because what has begun or
# soon begins is a few weeks' rows, and what ends after now is half a year's.
_FREE = """
    with busy as materialized (
        select b.room_id, min(b.starts) as until, bool_or(b.starts <= $2) as taken
        from bookings b
        where b.organisation_id = $1 and b.starts < $3 and b.ends > $2 and b.kind <> 'master'
            and b.removed_at is null and b.status <> 'cancelled'
        group by b.room_id
    )
    select r.id, r.office_id, r.name, r.capacity, busy.until
    from rooms r
    join room_sync s on s.room_id = r.id and s.loaded_at is not null and s.problem is null
    join integrations i on i.organisation_id = r.organisation_id and i.removed_at is null and i.enabled
        and i.tenant_id = r.tenant_id
    left join credential_watch w on w.organisation_id = r.organisation_id
        and w.failing_since is not null and (w.failing_revision is null or w.failing_revision >= i.revision)
    left join busy on busy.room_id = r.id
    where r.organisation_id = $1 and r.removed_at is null and w.organisation_id is null and not coalesce(busy.taken, false)
    order by r.name, r.id
"""


class VacancyStore:
    """Rows of `rooms` and `bookings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def free(
        self, organisation_id: UUID, *, now: datetime, horizon: datetime
    ) -> list[FreeRoom]:
        """Rooms without a booking now, by name, with their next booking's start before `horizon`."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            rows = await connection.fetch(_FREE, organisation_id, now, horizon)
        return [
            FreeRoom(row["id"], row["office_id"], row["name"], row["capacity"], row["until"])
            for row in rows
        ]

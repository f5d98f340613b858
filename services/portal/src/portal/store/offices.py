"""Offices."""

from datetime import datetime
from uuid import UUID

from pgstore import Database

from ..domain.offices import Office, OfficeChange
from ..domain.refusal import conflict, invalid, not_found
from .audit import record

_COLUMNS = "id, name, time_zone, opens, closes, created_at"


class OfficeStore:
    """Rows of `offices`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, organisation_id: UUID) -> list[Office]:
        """Every office, by name."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            rows = await connection.fetch(
                f"select {_COLUMNS} from offices where organisation_id = $1 and removed_at is null order by name, id",
                organisation_id,
            )
        return [Office(**dict(row)) for row in rows]

    async def add(self, organisation_id: UUID, office: Office, *, actor: str) -> None:
        """Add one."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            await connection.execute(
                "insert into offices (id, organisation_id, name, time_zone, opens, closes, created_at)"
                " values ($1, $2, $3, $4, $5, $6, $7)",
                office.id,
                organisation_id,
                office.name,
                office.time_zone,
                office.opens,
                office.closes,
                office.created_at,
            )
            await record(
                connection,
                organisation_id,
                at=office.created_at,
                actor=actor,
                action="office.added",
                subject=f"office:{office.id}",
            )

    async def change(
        self,
        organisation_id: UUID,
        office_id: UUID,
        change: OfficeChange,
        *,
        now: datetime,
        actor: str,
    ) -> Office:
        """Change what is given; opening hours must stay in order."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            row = await connection.fetchrow(
                "update offices set name = coalesce($3, name), time_zone = coalesce($4, time_zone),"
                " opens = coalesce($5, opens), closes = coalesce($6, closes)"
                f" where organisation_id = $1 and id = $2 and removed_at is null returning {_COLUMNS}",
                organisation_id,
                office_id,
                change.name,
                change.time_zone,
                change.opens,
                change.closes,
            )
            if row is None:
                raise not_found("office")
            if row["closes"] <= row["opens"]:
                raise invalid("closes", "must be later than opens")
            await record(
                connection,
                organisation_id,
                at=now,
                actor=actor,
                action="office.changed",
                subject=f"office:{office_id}",
                detail={"fields": sorted(change.model_fields_set)},
            )
        return Office(**dict(row))

    async def remove(
        self, organisation_id: UUID, office_id: UUID, *, now: datetime, actor: str
    ) -> None:
        """Remove an office without rooms."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            # The row lock comes first: an import holds the office FOR SHARE until its room is committed.
            found = await connection.fetchval(
                "update offices set removed_at = $3 where organisation_id = $1 and id = $2 and removed_at is null"
                " returning id",
                organisation_id,
                office_id,
                now,
            )
            if found is None:
                raise not_found("office")
            rooms = await connection.fetchval(
                "select count(*) from rooms where office_id = $1 and removed_at is null", office_id
            )
            if rooms:
                them = (
                    "1 room: move or remove it"
                    if rooms == 1
                    else f"{rooms} rooms: move or remove them"
                )
                raise conflict(f"The office still has {them} first.")
            await record(
                connection,
                organisation_id,
                at=now,
                actor=actor,
                action="office.removed",
                subject=f"office:{office_id}",
            )

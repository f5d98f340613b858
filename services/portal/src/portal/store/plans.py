"""The worker's plans; read only."""

from uuid import UUID

from pgstore import Database

from ..domain.plans import PlanItem, PlanReport, report
from ..domain.refusal import not_found


class PlanStore:
    """Rows of `plan_lines`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def report(self, organisation_id: UUID, room_id: UUID) -> PlanReport:
        """The room's plan; refuses a room that is removed."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            room = await connection.fetchrow(
                "select s.planned_at from rooms r left join room_sync s on s.room_id = r.id"
                " where r.organisation_id = $1 and r.id = $2 and r.removed_at is null",
                organisation_id,
                room_id,
            )
            if room is None:
                raise not_found("room")
            rows = await connection.fetch(
                "select booking_id, command_id, action, reason, explanation as text from plan_lines"
                " where room_id = $1 order by number",
                room_id,
            )
        return report([PlanItem(**dict(row)) for row in rows], room["planned_at"])

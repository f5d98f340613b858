"""What observe mode would do, per room, replaced as a whole."""

from collections.abc import Sequence
from datetime import datetime

from pgstore import Database

from ..domain.planning import PlanLine
from ..domain.room import Claim, LeaseLost


class PlanStore:
    """Rows of `plan_lines`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(
        self, claim: Claim, lines: Sequence[PlanLine], planned_at: datetime | None
    ) -> None:
        """Replace the room's plan; None and no lines where there is none. Raises LeaseLost, having written nothing."""
        async with self._database.organisation_transaction(claim.organisation_id) as connection:
            held = await connection.fetchval(
                "update room_sync set planned_at = $3 where room_id = $1 and epoch = $2 returning true",
                claim.room_id,
                claim.epoch,
                planned_at,
            )
            if not held:
                raise LeaseLost
            await connection.execute("delete from plan_lines where room_id = $1", claim.room_id)
            await connection.executemany(
                "insert into plan_lines (organisation_id, room_id, number, booking_id, command_id, action, reason,"
                " explanation, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                [
                    (
                        claim.organisation_id, claim.room_id, number, line.booking_id, line.command_id,
                        line.action, line.reason, line.text, planned_at,
                    )
                    for number, line in enumerate(lines, start=1)
                ],
            )  # fmt: skip

"""What observe mode would do, per room, replaced as a whole."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from asyncpg import NotNullViolationError

from sync_worker.domain.planning import PlanLine
from sync_worker.domain.room import Claim, LeaseLost

from .database import ModelDatabase
from .tables import Planned


class PlanStore:
    """Rows of `plan_lines`."""

    def __init__(self, database: ModelDatabase) -> None:
        self._database = database

    async def write(
        self, claim: Claim, lines: Sequence[PlanLine], planned_at: datetime | None
    ) -> None:
        """Replace the room's plan; None and no lines where there is none. Raises LeaseLost, having written nothing."""
        async with self._database as tables:
            sync = tables.room_sync.get(claim.room_id)
            if sync is None or sync.epoch != claim.epoch:
                raise LeaseLost
            plan: list[Planned] = []
            for number, line in enumerate(lines, start=1):
                if planned_at is None:
                    raise NotNullViolationError
                plan.append(Planned(claim.organisation_id, claim.room_id, number, line, planned_at))
            sync.state = replace(sync.state, planned_at=planned_at)
            tables.plan_lines[claim.room_id] = plan

"""What the sync would do, for whoever decides whether it may."""

from typing import Protocol
from uuid import UUID

from ..domain.caller import Acting
from ..domain.plans import PlanReport


class PlanRows(Protocol):
    """What is stored of plans."""

    async def report(self, organisation_id: UUID, room_id: UUID) -> PlanReport:
        """Read one."""


class Plans:
    """Shows plans; they are the worker's."""

    def __init__(self, rows: PlanRows) -> None:
        self._rows = rows

    async def of_room(self, by: Acting, room_id: UUID) -> PlanReport:
        """Return a room's plan."""
        return await self._rows.report(by.organisation_id, room_id)

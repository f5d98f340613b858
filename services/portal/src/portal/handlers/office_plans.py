"""Plans of offices, as administrators draw them."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from ..domain.caller import Acting
from ..domain.office_picture import redrawn
from ..domain.office_plan import Drawing, OfficePlan, PlanChange
from ..domain.wire import Picture


class OfficePlanRows(Protocol):
    """What is stored of plans."""

    async def load(self, organisation_id: UUID, office_id: UUID) -> OfficePlan:
        """Read one."""

    async def change(
        self,
        organisation_id: UUID,
        office_id: UUID,
        change: PlanChange,
        *,
        now: datetime,
        actor: str,
    ) -> OfficePlan:
        """Replace the icons."""

    async def picture(self, organisation_id: UUID, office_id: UUID) -> Picture:
        """Read the picture."""

    async def put_picture(
        self,
        organisation_id: UUID,
        office_id: UUID,
        drawing: Drawing,
        *,
        replaces: str | None,
        now: datetime,
        actor: str,
    ) -> OfficePlan:
        """Replace the picture."""


class OfficePlans:
    """One plan per office."""

    def __init__(self, rows: OfficePlanRows, clock: Callable[[], datetime]) -> None:
        self._rows = rows
        self._clock = clock
        self._drawing = asyncio.Semaphore(1)  # a picture takes up to half a GiB while it is drawn

    async def show(self, by: Acting, office_id: UUID) -> OfficePlan:
        """Return an office's plan."""
        return await self._rows.load(by.organisation_id, office_id)

    async def change(self, by: Acting, office_id: UUID, change: PlanChange) -> OfficePlan:
        """Replace the icons; refuses when somebody else was faster."""
        return await self._rows.change(
            by.organisation_id, office_id, change, now=self._clock(), actor=by.actor
        )

    async def picture(self, by: Acting, office_id: UUID) -> Picture:
        """Return the picture as we drew it."""
        return await self._rows.picture(by.organisation_id, office_id)

    async def upload(
        self, by: Acting, office_id: UUID, raw: bytes, *, replaces: str | None = None
    ) -> OfficePlan:
        """Draw the picture anew and show it from now on; refuses in words what cannot be shown, or does not replace what is."""
        await self._rows.load(by.organisation_id, office_id)  # no work for an office not theirs
        async with self._drawing:
            drawing = await asyncio.to_thread(redrawn, raw)
        return await self._rows.put_picture(
            by.organisation_id,
            office_id,
            drawing,
            replaces=replaces,
            now=self._clock(),
            actor=by.actor,
        )

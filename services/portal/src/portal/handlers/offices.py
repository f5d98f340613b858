"""Offices of an organisation."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid4

from ..domain.caller import Acting
from ..domain.offices import NewOffice, Office, OfficeChange


class OfficeRows(Protocol):
    """What is stored of offices."""

    async def all(self, organisation_id: UUID) -> list[Office]:
        """List them."""

    async def add(self, organisation_id: UUID, office: Office, *, actor: str) -> None:
        """Add one."""

    async def change(
        self,
        organisation_id: UUID,
        office_id: UUID,
        change: OfficeChange,
        *,
        now: datetime,
        actor: str,
    ) -> Office:
        """Change what is given."""

    async def remove(
        self, organisation_id: UUID, office_id: UUID, *, now: datetime, actor: str
    ) -> None:
        """Remove one."""


class Offices:
    """Where rooms are."""

    def __init__(self, rows: OfficeRows, clock: Callable[[], datetime]) -> None:
        self._rows = rows
        self._clock = clock

    async def all(self, by: Acting) -> list[Office]:
        """Return every office, by name."""
        return await self._rows.all(by.organisation_id)

    async def add(self, by: Acting, new: NewOffice) -> Office:
        """Add one."""
        office = Office(id=uuid4(), created_at=self._clock(), **new.model_dump())
        await self._rows.add(by.organisation_id, office, actor=by.actor)
        return office

    async def change(self, by: Acting, office_id: UUID, change: OfficeChange) -> Office:
        """Change what is given."""
        return await self._rows.change(
            by.organisation_id, office_id, change, now=self._clock(), actor=by.actor
        )

    async def remove(self, by: Acting, office_id: UUID) -> None:
        """Remove one that has no rooms."""
        await self._rows.remove(by.organisation_id, office_id, now=self._clock(), actor=by.actor)

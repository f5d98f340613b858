"""The rooms that are free now."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from ..domain.caller import Acting
from ..domain.offices import Office
from ..domain.vacancies import LOOKS_AHEAD, FreeRoom, Vacancies, by_office


class VacancyRows(Protocol):
    """Rooms without a booking."""

    async def free(
        self, organisation_id: UUID, *, now: datetime, horizon: datetime
    ) -> list[FreeRoom]:
        """List them."""


class OfficesSeen(Protocol):
    """Offices as stored."""

    async def all(self, organisation_id: UUID) -> list[Office]:
        """List them."""


class FreeRooms:
    """Looks where somebody could sit down at once."""

    def __init__(
        self, rows: VacancyRows, offices: OfficesSeen, clock: Callable[[], datetime]
    ) -> None:
        self._rows = rows
        self._offices = offices
        self._clock = clock

    async def now(self, by: Acting) -> Sequence[Vacancies]:
        """Return every office with its free rooms."""
        offices = await self._offices.all(by.organisation_id)
        at = self._clock()
        free = await self._rows.free(by.organisation_id, now=at, horizon=at + LOOKS_AHEAD)
        return by_office(offices, free)

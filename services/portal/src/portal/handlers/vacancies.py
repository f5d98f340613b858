"""Where somebody could sit down at once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from ..domain.caller import Acting
from ..domain.occupancy import midnight_after
from ..domain.vacancies import FreeSeen, Vacancies, vacancies
from .live_plans import OfficesSeen

_MOST: Final = 12


class FreeRoomsSeen(Protocol):
    """Rooms and bookings as stored."""

    async def free(
        self, organisation_id: UUID, now: datetime, midnights: Mapping[UUID, datetime], *, most: int
    ) -> list[FreeSeen]:
        """List some of each office."""


class FreeRooms:
    """Looks which rooms are free now."""

    def __init__(
        self, offices: OfficesSeen, rooms: FreeRoomsSeen, clock: Callable[[], datetime]
    ) -> None:
        self._offices = offices
        self._rooms = rooms
        self._clock = clock

    async def now(self, by: Acting) -> Sequence[Vacancies]:
        """Return every office with up to twelve of its rooms that are free."""
        offices = await self._offices.all(by.organisation_id)
        now = self._clock()
        midnights = {each.id: midnight_after(now, ZoneInfo(each.time_zone)) for each in offices}
        seen = await self._rooms.free(by.organisation_id, now, midnights, most=_MOST)
        return vacancies(offices, seen, now)

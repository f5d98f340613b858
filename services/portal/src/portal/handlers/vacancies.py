"""Where somebody could sit down at once."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from ..domain.caller import Acting
from ..domain.occupancy import Span
from ..domain.rooms import RoomRecord
from ..domain.vacancies import Vacancies, vacancies
from .live_plans import OfficesSeen

_AHEAD: Final = timedelta(hours=36)  # every zone's midnight is in it


class TakenSeen(Protocol):
    """Bookings as stored."""

    async def now_and_next(
        self, organisation_id: UUID, *, start: datetime, end: datetime
    ) -> list[tuple[UUID, Span]]:
        """List what takes each room now, and what begins next."""


class FreeRooms:
    """Looks which rooms are free now."""

    def __init__(
        self, offices: OfficesSeen, bookings: TakenSeen, clock: Callable[[], datetime]
    ) -> None:
        self._offices = offices
        self._bookings = bookings
        self._clock = clock

    async def among(self, by: Acting, rooms: Sequence[RoomRecord]) -> Sequence[Vacancies]:
        """Return every office with those of these rooms that are free."""
        offices = await self._offices.all(by.organisation_id)
        now = self._clock()
        taken: defaultdict[UUID, list[Span]] = defaultdict(list)
        if rooms:
            for room_id, span in await self._bookings.now_and_next(
                by.organisation_id, start=now, end=now + _AHEAD
            ):
                taken[room_id].append(span)
        return vacancies(offices, rooms, taken, now)

"""The live plan of an office: its picture, and which rooms are free now."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from ..domain.caller import Acting
from ..domain.live_plan import LivePlan, live_plan
from ..domain.occupancy import Span
from ..domain.office_plan import OfficePlan
from ..domain.offices import Office
from ..domain.rooms import RoomRecord

_AHEAD = timedelta(hours=36)
_MOST_ROOMS = 500


class OfficesSeen(Protocol):
    """Offices as stored."""

    async def all(self, organisation_id: UUID) -> list[Office]:
        """List them."""


class PlansSeen(Protocol):
    """Plans as stored."""

    async def load(self, organisation_id: UUID, office_id: UUID) -> OfficePlan:
        """Read one."""


class RoomsSeen(Protocol):
    """Rooms as stored."""

    async def page(
        self, organisation_id: UUID, *, office_id: UUID | None, after: UUID | None, limit: int
    ) -> list[RoomRecord]:
        """List."""


class TakenSeen(Protocol):
    """Bookings as stored."""

    async def taken(
        self, organisation_id: UUID, office_id: UUID, *, start: datetime, end: datetime
    ) -> list[tuple[UUID, Span]]:
        """List the first times taken, by start."""


class LivePlans:
    """Plans as everybody in the office looks at them."""

    def __init__(
        self,
        offices: OfficesSeen,
        plans: PlansSeen,
        rooms: RoomsSeen,
        bookings: TakenSeen,
        clock: Callable[[], datetime],
    ) -> None:
        self._offices = offices
        self._plans = plans
        self._rooms = rooms
        self._bookings = bookings
        self._clock = clock

    async def offices(self, by: Acting) -> list[Office]:
        """Return the offices that one can choose from, by name."""
        return await self._offices.all(by.organisation_id)

    async def show(self, by: Acting, office: Office) -> LivePlan:
        """Return an office's plan with its rooms as they are now."""
        plan = await self._plans.load(by.organisation_id, office.id)
        rooms = await self.rooms(by, office.id)
        now = self._clock()
        taken: defaultdict[UUID, list[Span]] = defaultdict(list)
        for room_id, span in await self._bookings.taken(
            by.organisation_id, office.id, start=now, end=now + _AHEAD
        ):
            taken[room_id].append(span)
        return live_plan(office, plan, rooms, taken, now)

    async def rooms(self, by: Acting, office_id: UUID) -> list[RoomRecord]:
        """Return every room of an office, by name."""
        found: list[RoomRecord] = []
        while True:
            page = await self._rooms.page(
                by.organisation_id,
                office_id=office_id,
                after=found[-1].id if found else None,
                limit=_MOST_ROOMS,
            )
            found += page
            if len(page) < _MOST_ROOMS:
                return found

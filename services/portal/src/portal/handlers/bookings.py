"""Bookings as the mirror has them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.events import Booking

from ..domain.booking_times import first_day
from ..domain.bookings import BookingRange, resolved
from ..domain.caller import Acting
from ..domain.history import HistoryEntry, Line, told
from ..domain.refusal import not_found
from ..domain.series_words import series_in_words
from ..domain.wall_clock import zone_of
from ..domain.wire import Page

_MOST_HISTORY = 1000
_MOST_OF_A_ROOM = 200
_MOST_MEETINGS = 1000


class BookingRows(Protocol):
    """What is stored of bookings."""

    async def overlapping(
        self,
        organisation_id: UUID,
        room_id: UUID,
        *,
        start: datetime,
        end: datetime,
        after: UUID | None,
        limit: int,
    ) -> list[Booking]:
        """List those in the range."""

    async def in_rooms(
        self,
        organisation_id: UUID,
        room_ids: Sequence[UUID],
        *,
        start: datetime,
        end: datetime,
        limit: int,
    ) -> list[Booking]:
        """List those of several rooms in the range."""

    async def find(self, organisation_id: UUID, booking_id: UUID) -> Booking | None:
        """Look one up."""

    async def history(self, organisation_id: UUID, booking_id: UUID, *, limit: int) -> list[Line]:
        """List what happened last."""

    async def series(self, organisation_id: UUID, series_id: UUID, *, limit: int) -> list[datetime]:
        """List when its meetings begin."""


class Bookings:
    """Who is in which room when."""

    def __init__(self, rows: BookingRows, clock: Callable[[], datetime]) -> None:
        self._rows = rows
        self._clock = clock

    def now(self) -> datetime:
        """Return the time that tells what is over."""
        return self._clock()

    async def of_room(self, by: Acting, room_id: UUID, asked: BookingRange) -> Page[Booking]:
        """Return a room's bookings that overlap the range, by start."""
        start, end = resolved(asked, self._clock())
        found = await self._rows.overlapping(
            by.organisation_id,
            room_id,
            start=start,
            end=end,
            after=asked.after,
            limit=asked.limit + 1,
        )
        items = found[: asked.limit]
        following = None
        if len(found) > asked.limit:
            query = {
                "from": start.isoformat(),
                "to": end.isoformat(),
                "limit": asked.limit,
                "after": items[-1].id,
            }
            following = f"/api/rooms/{room_id}/bookings?{urlencode(query)}"
        return Page[Booking](items=items, next=following)

    async def in_rooms(
        self, by: Acting, room_ids: Sequence[UUID], start: datetime, end: datetime
    ) -> list[Booking]:
        """Return the bookings of these rooms that overlap the range, the first 200 of each room."""
        if not room_ids:
            return []
        return await self._rows.in_rooms(
            by.organisation_id, room_ids, start=start, end=end, limit=_MOST_OF_A_ROOM
        )

    async def find(self, by: Acting, booking_id: UUID) -> Booking:
        """Return one."""
        booking = await self._rows.find(by.organisation_id, booking_id)
        if booking is None:
            raise not_found("booking")
        return booking

    async def repeats(self, by: Acting, booking: Booking, zone: ZoneInfo) -> str:
        """Return in words how the booking's series repeats, by the clock of that zone; empty for a single one."""
        if booking.series_id is None:
            return ""
        starts = await self._rows.series(
            by.organisation_id, booking.series_id, limit=_MOST_MEETINGS
        )
        # Whether Graph says the original start of whole days in UTC or in their zone is not known: both are read.
        clock = zone_of(booking.time_zone) if booking.all_day else zone
        days = [first_day(each, clock, all_day=booking.all_day) for each in starts]
        return series_in_words(days)

    async def history(self, by: Acting, booking_id: UUID) -> list[HistoryEntry]:
        """Return what happened to it, oldest first; also of one that was refused and never was."""
        lines = await self._rows.history(by.organisation_id, booking_id, limit=_MOST_HISTORY)
        if not lines:
            await self.find(by, booking_id)
        return told(lines)

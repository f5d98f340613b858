"""Records → Activity: what the sync did lately, which bookings overlap, and what happened to one booking."""

from uuid import UUID

from contracts.events import Booking

from ..domain.activity import LinesAsked
from ..domain.activity_words import words
from ..domain.caller import Access
from ..domain.refusal import Reason, Refusal
from ..domain.rooms import Room
from ..handlers.activity import Activity
from ..handlers.bookings import Bookings
from ..handlers.rooms import Rooms
from .table import Answer, Page, View, Visit

PATH = "/activity"
_LINES = 50
_CONFLICTS = 20


class ActivityPages:
    """Told in words; ids and codes stay behind the links."""

    def __init__(self, activity: Activity, bookings: Bookings, rooms: Rooms) -> None:
        self._activity = activity
        self._bookings = bookings
        self._rooms = rooms

    def pages(self) -> list[Page]:
        """Return the table of these pages."""
        return [
            Page("GET", PATH, Access.ADMINISTRATOR, self._show),
            Page("GET", PATH + "/bookings/{booking_id}", Access.ADMINISTRATOR, self._history),
        ]

    async def _show(self, visit: Visit) -> Answer:
        before = visit.asked(LinesAsked).before
        page = await self._activity.lately(visit.by, LinesAsked(before=before, limit=_LINES))
        conflicts = await self._activity.conflicts(visit.by, LinesAsked(limit=_CONFLICTS))
        values = {
            "lines": [(each, *words(each.entry, each.detail)) for each in page.items],
            "before": before,
            "older": page.items[-1].id if page.next else None,
            "conflicts": conflicts.items if before is None else [],
            "more_conflicts": conflicts.next is not None,
        }
        return View("activity_part.html" if visit.partial else "activity.html", values)

    async def _history(self, visit: Visit) -> Answer:
        booking_id = visit.ids["booking_id"]
        entries = await self._bookings.history(visit.by, booking_id)
        booking, room = await self._seen(visit, booking_id)
        values = {
            "booking_id": booking_id,
            "booking": booking,
            "room": room,
            "status": words(f"booking.{booking.status}", {}) if booking else None,
            "entries": [(each, *words(each.entry, each.detail)) for each in entries],
        }
        return View("booking_history.html", values)

    async def _seen(self, visit: Visit, booking_id: UUID) -> tuple[Booking | None, Room | None]:
        """What there is to show: a series, a refused booking and one in a removed room have a history all the same."""
        try:
            booking = await self._bookings.find(visit.by, booking_id)
            return booking, await self._rooms.find(visit.by, booking.room_id)
        except Refusal as refusal:
            if refusal.reason is not Reason.NOT_FOUND:
                raise
            return None, None

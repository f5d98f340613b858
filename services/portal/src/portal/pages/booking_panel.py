"""One booking: what it is, changing it, cancelling it; a panel of the calendar, or a page where scripts are off."""

from dataclasses import replace
from datetime import datetime

from contracts.events import Booking

from ..domain.booking_asked import PanelAsked
from ..domain.booking_form import CancelForm, ChangeForm, base_of
from ..domain.booking_times import first_day, occupied
from ..domain.bookings import BookingCancellation
from ..domain.caller import Access
from ..domain.refusal import Reason, Refusal
from ..handlers.bookings import Bookings
from ..handlers.commands import Commands
from ..handlers.offices import Offices
from ..handlers.rooms import Rooms
from .booking_answers import Typed, answered, done, is_open, said, taken
from .house import House, house_of
from .table import Answer, Page, View, Visit


class BookingPanels:
    """What every member may do to a booking."""

    def __init__(
        self, offices: Offices, rooms: Rooms, bookings: Bookings, commands: Commands
    ) -> None:
        self._offices = offices
        self._rooms = rooms
        self._bookings = bookings
        self._commands = commands

    def pages(self) -> list[Page]:
        """Return the table of these pages."""
        return [
            Page("GET", "/bookings/{booking_id}", Access.MEMBER, self._show),
            Page("POST", "/bookings/{booking_id}", Access.MEMBER, self._change),
            Page("POST", "/bookings/{booking_id}/cancel", Access.MEMBER, self._cancel),
        ]

    async def _show(self, visit: Visit) -> Answer:
        asked = visit.asked(PanelAsked)
        house, booking = await self._found(visit)
        moved = asked.fields()
        return await self._panel(
            visit, house, booking, house.fields(booking) | moved, moved=bool(moved)
        )

    async def _change(self, visit: Visit) -> Answer:
        house, booking = await self._found(visit)
        typed, since = taken(visit, house)
        now = self._bookings.now()
        try:
            form = replace(visit, typed=typed).form(ChangeForm)
            change = form.change(house.zone(form.room_id))
            if change is None:
                return done(visit, "Nothing was changed.", _calendar(house, booking), booking.id)
            asking = (
                self._commands.outcome(visit.by, booking.id, since)
                if since
                else self._commands.change(visit.by, booking.id, change)
            )
            found = await answered(asking)
        except Refusal as refusal:
            _, booking = await self._found(visit)
            if refusal.rejection is not None and refusal.rejection.reason == "stale":
                typed |= base_of(booking)
            return await self._panel(visit, house, booking, typed, refusal)
        if is_open(found):
            return await self._panel(visit, house, booking, typed, waiting=since or now)
        seen = found if isinstance(found, Booking) else booking
        words = f"{seen.subject}, {house.when(seen)}, {house.name(seen.room_id)}"
        return done(visit, f"Changed: {words}", _calendar(house, seen), seen.id)

    async def _cancel(self, visit: Visit) -> Answer:
        house, booking = await self._found(visit)
        typed, since = taken(visit, house)
        shown = house.fields(booking) | typed
        now = self._bookings.now()
        try:
            form = replace(visit, typed=typed).form(CancelForm)
            wanted = BookingCancellation(reason=form.reason, scope=form.scope)
            asking = (
                self._commands.outcome(visit.by, booking.id, since)
                if since
                else self._commands.cancel(visit.by, booking.id, wanted)
            )
            found = await answered(asking)
        except Refusal as refusal:
            return await self._panel(visit, house, booking, shown, refusal, cancelling=True)
        if is_open(found):
            return await self._panel(
                visit, house, booking, shown, waiting=since or now, cancelling=True
            )
        what = "The series is cancelled" if form.scope == "series" else "Cancelled"
        words = f"{what}: {booking.subject}, {house.when(booking)}"
        return done(visit, words, _calendar(house, booking))

    async def _found(self, visit: Visit) -> tuple[House, Booking]:
        booking = await self._bookings.find(visit.by, visit.ids["booking_id"])
        return await house_of(visit, self._offices, self._rooms), booking

    async def _panel(
        self,
        visit: Visit,
        house: House,
        booking: Booking,
        typed: Typed,
        refusal: Refusal | None = None,
        *,
        moved: bool = False,
        waiting: datetime | None = None,
        cancelling: bool = False,
    ) -> View:
        values = said(house, typed, refusal) | {
            "booking": booking,
            "when": house.when(booking),
            "repeats": await self._bookings.repeats(visit.by, booking, house.zone(booking.room_id)),
            "place": house.name(booking.room_id),
            "back": _calendar(house, booking),
            "over": occupied(booking)[1] <= self._bookings.now(),
            "moved": moved,
            "waiting": waiting,
            "cancelling": cancelling,
            "uncertain": refusal is not None and refusal.reason is Reason.UNAVAILABLE,
        }
        return View("booking_panel.html", values, refusal)


def _calendar(house: House, booking: Booking) -> str:
    zone = house.zone(booking.room_id)
    day = first_day(booking.start, zone, all_day=booking.all_day)
    return house.calendar(booking.room_id, day)

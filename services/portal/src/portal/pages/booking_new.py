"""Booking a room: a form in a panel of the calendar, or a page where scripts are off."""

from dataclasses import replace
from datetime import datetime, time
from uuid import uuid4

from contracts.events import Booking

from ..domain.booking_asked import NewAsked
from ..domain.booking_form import NewForm, is_made_of
from ..domain.booking_times import span_in_words
from ..domain.bookings import NewBooking
from ..domain.calendar_asked import address
from ..domain.caller import Access
from ..domain.refusal import Reason, Refusal
from ..domain.repeats import in_words as repeats_in_words
from ..domain.repeats import nth
from ..handlers.bookings import Bookings
from ..handlers.commands import Commands
from ..handlers.offices import Offices
from ..handlers.rooms import Rooms
from .booking_answers import Typed, answered, day_of, done, is_open, said, taken
from .house import House, house_of
from .table import Answer, Page, View, Visit


class NewBookings:
    """What every member may book; the form carries the booking's id, so that sending it twice books once."""

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
            Page("GET", "/bookings/new", Access.MEMBER, self._show),
            Page("POST", "/bookings/new", Access.MEMBER, self._book),
        ]

    async def _show(self, visit: Visit) -> Answer:
        asked = visit.asked(NewAsked)
        house = await house_of(visit, self._offices, self._rooms)
        near = [each for each in house.rooms if asked.office in {None, each.office_id}]
        room = house.room(asked.room) or next(iter(near or house.rooms), None)
        if room is None:
            return View("bookings_none.html")
        office = house.office(room.id)
        opens = office.opens if office else time(8)
        fields = asked.fields(room.id, house.zone(room.id), opens, self._bookings.now())
        return self._form(visit, house, {"booking_id": str(uuid4()), **fields})

    async def _book(self, visit: Visit) -> Answer:
        house = await house_of(visit, self._offices, self._rooms)
        typed, since = taken(visit, house)
        now = self._bookings.now()
        if "instead" in visit.typed:
            typed["booking_id"] = str(uuid4())
        try:
            form = replace(visit, typed=typed).form(NewForm)
            new = form.booking(house.zone(form.room_id))
            asking = (
                self._commands.outcome(visit.by, form.booking_id, since)
                if since
                else self._commands.book(visit.by, form.room_id, new)
            )
            found = await answered(asking)
            if isinstance(found, Booking) and not is_made_of(found, new, form.room_id):
                raise _used(house, found)
        except Refusal as refusal:
            if refusal.rejection is not None or refusal.reason is Reason.CONFLICT:
                typed["booking_id"] = str(uuid4())  # the old one has its answer for good
            return self._form(visit, house, typed, refusal)
        words = _words(house, form, new)
        if is_open(found):
            return self._form(visit, house, typed, waiting=since or now, words=words)
        return done(
            visit, f"Booked: {words}", house.calendar(form.room_id, form.day), new.booking_id
        )

    def _form(
        self,
        visit: Visit,
        house: House,
        typed: Typed,
        refusal: Refusal | None = None,
        *,
        waiting: datetime | None = None,
        words: str = "",
    ) -> View:
        day = day_of(typed)
        office = house.office(typed.get("room_id"))
        values = said(house, typed, refusal) | {
            "waiting": waiting,
            "words": words,
            "uncertain": refusal is not None and refusal.reason is Reason.UNAVAILABLE,
            "on": day,
            "nth": nth(day) if day else "",
            "back": address(office=office.id if office else None, day=day),
        }
        return View("booking_new.html", values, refusal)


def _words(house: House, form: NewForm, new: NewBooking) -> str:
    when = span_in_words(new.start, new.end, house.zone(form.room_id))
    if new.all_day:
        when = f"{form.day.day} {form.day:%b}, all day"
    parts = (new.subject, when, repeats_in_words(form, form.day), house.name(form.room_id))
    return ", ".join(each for each in parts if each)


def _used(house: House, found: Booking) -> Refusal:
    """A form that was gone back to and filled in anew."""
    before = f"{house.when(found)}, {house.name(found.room_id)}"
    return Refusal(
        Reason.CONFLICT,
        f"This form has already booked {before}. To book this one as well, press Book again.",
    )

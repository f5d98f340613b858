"""The calendar: an office's day with a column for each room, or a room's week."""

from collections.abc import Sequence

from ..domain.calendar import Board, board
from ..domain.calendar_asked import ROOMS_AT_ONCE, CalendarAsked, Sight
from ..domain.caller import Access
from ..domain.offices import Office
from ..domain.refusal import not_found
from ..domain.rooms import RoomName
from ..domain.wall_clock import span_of, zone_of
from ..handlers.bookings import Bookings
from ..handlers.offices import Offices
from ..handlers.rooms import Rooms
from .table import Answer, Page, View, Visit

_MOST_CHOICES = 100


class Calendar:
    """Who is in which room when; every member may look."""

    def __init__(self, offices: Offices, rooms: Rooms, bookings: Bookings) -> None:
        self._offices = offices
        self._rooms = rooms
        self._bookings = bookings

    def pages(self) -> list[Page]:
        """Return the table of these pages."""
        return [Page("GET", "/bookings", Access.MEMBER, self._show)]

    async def _show(self, visit: Visit) -> Answer:
        asked = visit.asked(CalendarAsked)
        offices = await self._offices.all(visit.by)
        rooms = await self._rooms.names(visit.by)
        if not rooms:
            return View("bookings_none.html")
        office, room = _chosen(asked, offices, rooms)
        zone = zone_of(office.time_zone)
        now = self._bookings.now()
        today = now.astimezone(zone).date()
        nearby = [each for each in rooms if each.office_id == office.id]
        fitting = [each for each in nearby if asked.find.casefold() in each.name.casefold()]
        pages = max(1, -(-len(fitting) // ROOMS_AT_ONCE))
        page = min(asked.page, pages)
        sight = Sight(
            office.id, room.id if room else None, asked.day or today, today,
            "" if room else asked.find, 1 if room else page, asked.hours == "all",
        )  # fmt: skip
        shown = [room] if room else fitting[(page - 1) * ROOMS_AT_ONCE : page * ROOMS_AT_ONCE]
        start, end = span_of(sight.days[0], zone)[0], span_of(sight.days[-1], zone)[1]
        bookings = await self._bookings.in_rooms(visit.by, [each.id for each in shown], start, end)
        drawn: Board | None = None
        if shown:
            drawn = board(
                [(each.id, each.name, day) for day in sight.days for each in shown],
                bookings,
                zone,
                opens=office.opens,
                closes=office.closes,
                now=now,
                whole=sight.whole,
            )
        values = {
            "sight": sight,
            "board": drawn,
            "office": office,
            "offices": offices,
            "room": room,
            "rooms": nearby if len(nearby) <= _MOST_CHOICES else [],
            "many": len(nearby) > ROOMS_AT_ONCE,
            "shown": shown,
            "fitting": len(fitting),
            "pages": pages,
        }
        return View("bookings_board.html" if visit.partial else "bookings.html", values)


def _chosen(
    asked: CalendarAsked, offices: Sequence[Office], rooms: Sequence[RoomName]
) -> tuple[Office, RoomName | None]:
    room = next((each for each in rooms if each.id == asked.room), None)
    if asked.room is not None and room is None:
        raise not_found("room")
    wanted = room.office_id if room else asked.office
    if wanted is None:
        used = {each.office_id for each in rooms}
        return next(each for each in offices if each.id in used), None
    office = next((each for each in offices if each.id == wanted), None)
    if office is None:
        raise not_found("office")
    return office, room

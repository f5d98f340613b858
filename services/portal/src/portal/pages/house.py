"""An organisation's rooms and offices, to choose from and to tell times by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.events import Booking

from ..domain.booking_form import fields_of_booking
from ..domain.booking_times import in_words
from ..domain.calendar_asked import address
from ..domain.offices import Office
from ..domain.rooms import RoomName
from ..domain.wall_clock import zone_of
from ..handlers.offices import Offices
from ..handlers.rooms import Rooms
from .table import Visit


@dataclass(frozen=True, slots=True)
class House:
    """Every office and every room, by name."""

    offices: Sequence[Office]
    rooms: Sequence[RoomName]

    def room(self, room_id: UUID | str | None) -> RoomName | None:
        """The room; None when it is removed."""
        return next((each for each in self.rooms if str(each.id) == str(room_id)), None)

    def office(self, room_id: UUID | str | None) -> Office | None:
        """The office of a room."""
        room = self.room(room_id)
        return next((each for each in self.offices if room and each.id == room.office_id), None)

    def zone(self, room_id: UUID | str | None) -> ZoneInfo:
        """By which clock a room is booked."""
        office = self.office(room_id)
        return zone_of(office.time_zone if office else "UTC")

    def name(self, room_id: UUID | str | None) -> str:
        """What a room is called."""
        room = self.room(room_id)
        return room.name if room else "a room that was removed"

    def when(self, booking: Booking) -> str:
        """Its time in words."""
        return in_words(booking, self.zone(booking.room_id))

    def fields(self, booking: Booking) -> dict[str, str]:
        """A form's fields for a booking as it is."""
        return fields_of_booking(booking, self.zone(booking.room_id))

    def calendar(self, room_id: UUID, day: date) -> str:
        """The address of the calendar that shows this room on this day."""
        office = self.office(room_id)
        return address(office=office.id if office else None, day=day)


async def house_of(visit: Visit, offices: Offices, rooms: Rooms) -> House:
    """The visitor's."""
    return House(await offices.all(visit.by), await rooms.names(visit.by))

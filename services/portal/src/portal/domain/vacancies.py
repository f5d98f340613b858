"""Rooms that nobody has at this moment, by the rule of the live plan."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from .occupancy import Occupancy, Span, occupancy
from .offices import Office
from .room_state import state_of
from .rooms import RoomRecord


@dataclass(frozen=True, slots=True)
class FreeRoom:
    """A room that is free, and until when."""

    name: str
    capacity: int | None
    now: Occupancy


@dataclass(frozen=True, slots=True)
class Vacancies:
    """The free rooms of one office, those that stay free longest first."""

    office: Office
    free: tuple[FreeRoom, ...]


def vacancies(
    offices: Iterable[Office],
    rooms: Sequence[RoomRecord],
    taken: Mapping[UUID, Sequence[Span]],
    now: datetime,
) -> list[Vacancies]:
    """Every office in its order, also one without a free room; a room of which nothing is known is not free."""
    return [
        Vacancies(
            office,
            _free([room for room in rooms if room.office_id == office.id], taken, now, office),
        )
        for office in offices
    ]


def _free(
    rooms: Iterable[RoomRecord], taken: Mapping[UUID, Sequence[Span]], now: datetime, office: Office
) -> tuple[FreeRoom, ...]:
    zone = ZoneInfo(office.time_zone)
    seen = [
        FreeRoom(
            room.name,
            room.capacity,
            occupancy(state_of(room, now), taken.get(room.id, ()), now, zone),
        )
        for room in rooms
    ]
    free = [room for room in seen if room.now.state == "free"]
    return tuple(sorted(free, key=lambda room: room.now.until, reverse=True))

"""Rooms that nobody has at this moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from .offices import Office

LOOKS_AHEAD: Final = timedelta(hours=12)
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FreeRoom:
    """A room that is free; `until` is its next booking's start, None when that is more than twelve hours ahead."""

    room_id: UUID
    office_id: UUID
    name: str
    capacity: int | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Vacancies:
    """The free rooms of one office, those that stay free longest first."""

    office: Office
    free: tuple[FreeRoom, ...]


def by_office(offices: Sequence[Office], free: Sequence[FreeRoom]) -> list[Vacancies]:
    """Every office in its order, also one without a free room."""
    longest = sorted(free, key=lambda room: room.until or _NEVER, reverse=True)
    return [
        Vacancies(office, tuple(room for room in longest if room.office_id == office.id))
        for office in offices
    ]

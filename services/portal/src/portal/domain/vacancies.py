"""Rooms that nobody has at this moment, by the rule of the live plan."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from .occupancy import Occupancy, free_until
from .offices import Office


@dataclass(frozen=True, slots=True)
class FreeSeen:
    """A free room as stored: what takes it next, and how many rooms of its office are free like it."""

    office_id: UUID
    name: str
    capacity: int | None
    following: datetime | None
    in_all: int


@dataclass(frozen=True, slots=True)
class FreeRoom:
    """A room that is free, and until when."""

    name: str
    capacity: int | None
    now: Occupancy


@dataclass(frozen=True, slots=True)
class Vacancies:
    """The free rooms of one office, those that stay free longest first, and how many `more` there are."""

    office: Office
    free: tuple[FreeRoom, ...]
    more: int


def vacancies(
    offices: Iterable[Office], seen: Iterable[FreeSeen], now: datetime
) -> list[Vacancies]:
    """Every office in its order, also one without a free room."""
    by_office: dict[UUID, list[FreeSeen]] = {}
    for each in seen:
        by_office.setdefault(each.office_id, []).append(each)
    return [_of(office, by_office.get(office.id, []), now) for office in offices]


def _of(office: Office, seen: list[FreeSeen], now: datetime) -> Vacancies:
    zone = ZoneInfo(office.time_zone)
    free = [
        FreeRoom(each.name, each.capacity, free_until(each.following, now, zone)) for each in seen
    ]
    return Vacancies(office, tuple(free), more=(seen[0].in_all if seen else 0) - len(seen))

"""Which part of the calendar is looked at, as its address says."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

from pydantic import Field

from .booking_form import Day
from .wire import Body

ROOMS_AT_ONCE = 8


class CalendarAsked(Body):
    """An office's day, or with `room` the week of that room; `find` and `page` choose among many rooms."""

    office: UUID | None = None
    room: UUID | None = None
    day: Day | None = None
    find: Annotated[str, Field(max_length=100)] = ""
    page: Annotated[int, Field(ge=1, le=1000)] = 1
    hours: Literal["office", "all"] = "office"


@dataclass(frozen=True, slots=True)
class Sight:
    """What is looked at, settled: the day is known, and of office and room one."""

    office: UUID
    room: UUID | None
    day: date
    today: date
    find: str = ""
    page: int = 1
    whole: bool = False

    @property
    def days(self) -> list[date]:
        """The day, or Monday to Sunday around it."""
        if self.room is None:
            return [self.day]
        monday = self.day - timedelta(days=self.day.weekday())
        return [monday + timedelta(days=number) for number in range(7)]

    @property
    def title(self) -> str:
        """As in “Thursday 26 November 2026”, or of a week its first and last day."""
        first, last = self.days[0], self.days[-1]
        if first == last:
            return f"{first:%A} {first.day} {first:%B %Y}"
        begin = f"{first.day}"
        if (first.year, first.month) != (last.year, last.month):
            begin += f" {first:%B}" if first.year == last.year else f" {first:%B %Y}"
        return f"{begin} \N{EN DASH} {last.day} {last:%B %Y}"

    def address(self, **changed: object) -> str:
        """The address of the same with something else."""
        now: dict[str, object] = {
            "office": None if self.room else self.office,
            "room": self.room,
            "day": self.day if self.day != self.today else None,
            "find": self.find,
            "page": self.page if self.page > 1 else None,
            "hours": "all" if self.whole else None,
        }
        now |= changed
        return address(**now)

    def step(self, by: int) -> str:
        """The address of so many days later, or weeks where a week is shown."""
        return self.address(day=self.day + timedelta(days=by * len(self.days)))


def address(**asked: object) -> str:
    """The calendar's address for these fields; what is None or empty is left out."""
    query = urlencode({name: each for name, each in asked.items() if each not in {None, ""}})
    return f"/bookings?{query}" if query else "/bookings"

"""What the address of a booking's form says: where a person clicked, or to where a booking was dragged."""

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.fields import Count

from .booking_form import Day, fields_of
from .offices import TimeOfDay
from .wire import Body

_LENGTH = timedelta(minutes=30)
_STEP = timedelta(minutes=15)


class Pointed(Body):
    """A room and a time, any of them."""

    room: UUID | None = None
    day: Day | None = None
    start: TimeOfDay | None = None
    end: TimeOfDay | None = None
    end_day: Day | None = None
    start_again: str = ""
    end_again: str = ""


class NewAsked(Pointed):
    """For a new booking; without a time the next quarter of an hour, or when the office opens."""

    office: UUID | None = None

    def fields(self, room_id: UUID, zone: ZoneInfo, opens: time, now: datetime) -> dict[str, str]:
        """What the form shows at first."""
        here = now.astimezone(zone)
        day = self.day or here.date()
        if self.start is not None:
            start = datetime.combine(day, self.start, zone)
        elif day == here.date() and here.time() > opens:
            start = here.replace(minute=0, second=0, microsecond=0, fold=0)
            start += -((start - here) // _STEP) * _STEP
        else:
            start = datetime.combine(day, opens, zone)
        end = start + _LENGTH
        if self.end is not None:
            end = datetime.combine(self.end_day or day, self.end, zone)
        shown = fields_of(room_id, start, end, zone, all_day=False)
        return shown | {"start_again": self.start_again, "end_again": self.end_again}


class PanelAsked(Pointed):
    """For a booking as dragged there; `version` is that of the booking which the person saw."""

    version: Count | None = None

    def fields(self) -> dict[str, str]:
        """The form's fields that differ from the booking; empty when it was not dragged."""
        if self.day is None or self.start is None or self.end is None:
            return {}
        shown = {
            "day": str(self.day),
            "start": f"{self.start:%H:%M}",
            "end": f"{self.end:%H:%M}",
            "end_day": str(self.end_day or ""),
            "start_again": self.start_again,
            "end_again": self.end_again,
        }
        if self.room is not None:
            shown["room_id"] = str(self.room)
        if self.version is not None:
            shown["base_version"] = str(self.version)
        return shown

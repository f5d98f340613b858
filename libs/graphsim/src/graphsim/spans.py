"""When an event is, as clients send it: two dateTimeTimeZones, perhaps all day (graph-calendar §2.7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Self

from .lookup import known_zone
from .wire import Refused
from .zones import parse_wall, to_utc, to_wall


@dataclass(frozen=True, slots=True)
class Span:
    """A start and an end, wall times of one zone."""

    start: datetime
    end: datetime
    zone: str

    @classmethod
    def read(cls, sent: Mapping[str, Any], held: Self | None, *, all_day: bool) -> Self:
        """The span of a body, the unsent half from what is held already; in the start's zone.

        Raises Refused, and KeyError where a half is missing.
        """
        start, zone = (
            (held.start, held.zone) if held and "start" not in sent else _moment(sent["start"])
        )
        end, end_zone = (
            (held.end, held.zone) if held and "end" not in sent else _moment(sent["end"])
        )
        if all_day:
            _check_all_day(start, end, same_zone=known_zone(zone) is known_zone(end_zone))
        span = cls(start, _moved(end, end_zone, zone), zone)
        if span.end < span.start:
            raise invalid()
        return span

    def within(self, zone: str) -> "Span":
        """The same instants in another zone's wall times."""
        return Span(_moved(self.start, self.zone, zone), _moved(self.end, self.zone, zone), zone)


def invalid() -> Refused:
    """An end before its start and the like; code and text are unproven (§2.8)."""
    message = "At least one property failed validation."
    return Refused(400, "ErrorPropertyValidationFailure", message)


def _check_all_day(start: datetime, end: datetime, *, same_zone: bool) -> None:
    for name, moment in (("Start", start), ("End", end)):
        if moment.time() != time() or not same_zone:
            message = f"The Event.{name} property for an all-day event needs to be set to midnight."
            raise Refused(400, "ErrorInvalidRequest", message)
    if end - start < timedelta(days=1):
        message = "The duration of an event marked as All day must be at least 24 hours."
        raise Refused(400, "ErrorInvalidRequest", message)


def _moment(raw: Mapping[str, Any]) -> tuple[datetime, str]:
    zone = str(raw.get("timeZone") or "")
    known_zone(zone)
    try:
        return parse_wall(str(raw["dateTime"]), zone), zone
    except ValueError:
        raise invalid() from None


def _moved(wall: datetime, zone: str, target: str) -> datetime:
    return wall if zone == target else to_wall(to_utc(wall, zone), target)

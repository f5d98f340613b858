"""Days and times as a clock on the wall of an office shows them: days of 23 and 25 hours, hours there twice or not at all."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from .refusal import invalid

STEP = timedelta(minutes=5)


class Reading(NamedTuple):
    """What a clock shows, to five minutes; `again` when it shows it for the second time that day."""

    minute: int
    again: bool = False

    @property
    def text(self) -> str:
        """10:35."""
        return f"{self.minute // 60:02}:{self.minute % 60:02}"


def zone_of(name: str) -> ZoneInfo:
    """The zone; an unknown name is UTC."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


@lru_cache(maxsize=512)
def span_of(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From midnight to midnight, in UTC."""
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    return start.astimezone(UTC), end.astimezone(UTC)


def reading(moment: datetime, zone: ZoneInfo) -> Reading:
    """What the clock shows then."""
    at = moment.astimezone(zone)
    return Reading(at.hour * 60 + at.minute - at.minute % 5, bool(at.fold))


@lru_cache(maxsize=512)
def readings(day: date, zone: ZoneInfo) -> tuple[Reading, ...]:
    """Everything the clock shows on this day, in order: 288 readings, 276 or 300 when it is changed."""
    start, end = span_of(day, zone)
    return tuple(reading(start + number * STEP, zone) for number in range((end - start) // STEP))


def moment(day: date, at: time, zone: ZoneInfo, field: str, *, again: bool = False) -> datetime:
    """When the clock shows this, in UTC; of a time that is there twice the first, or `again`; refuses one that is not there."""
    wanted = datetime.combine(day, at, zone).replace(fold=int(again))
    found = wanted.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) != wanted.replace(tzinfo=None):
        raise invalid(
            field, "does not exist on that day: the clocks go forward. Choose an hour later"
        )
    return found


def is_doubled(at: datetime) -> bool:
    """Whether the clock of its zone shows this time twice on its day."""
    return at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()

"""Graph's patternedRecurrence: reading it, writing it, and the days it falls on."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from itertools import takewhile
from typing import Literal

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_INDEXES = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_FREQUENCIES: Mapping[str, Literal[0, 1, 2, 3]] = {
    "daily": DAILY,
    "weekly": WEEKLY,
    "absolutemonthly": MONTHLY,
    "relativemonthly": MONTHLY,
    "absoluteyearly": YEARLY,
    "relativeyearly": YEARLY,
}
_PATTERN_NAMES = (
    "daily",
    "weekly",
    "absoluteMonthly",
    "relativeMonthly",
    "absoluteYearly",
    "relativeYearly",
)


class InvalidRecurrence(ValueError):
    """The pattern or range is not one that Graph takes."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """One series' pattern and range (graph-calendar §2.7); equal values expand alike."""

    kind: str
    start: date
    zone: str
    interval: int = 1
    weekdays: tuple[str, ...] = ()
    day_of_month: int = 0
    month: int = 0
    index: str = "first"
    week_starts: str = "sunday"
    until: date | None = None
    times: int | None = None


def read(raw: Mapping[str, object], start: date, zone: str) -> Recurrence:
    """The recurrence of a request body; `start` and `zone` fill what the range leaves out.

    Raises InvalidRecurrence.
    """
    pattern, span = raw.get("pattern"), raw.get("range") or {}
    if not isinstance(pattern, Mapping) or not isinstance(span, Mapping):
        raise InvalidRecurrence("a recurrence has a pattern and a range")
    names = {name.lower(): name for name in _PATTERN_NAMES}
    kind = names.get(str(pattern.get("type", "")).lower())
    if kind is None:
        raise InvalidRecurrence(f"unknown pattern type {pattern.get('type')!r}")
    days = pattern.get("daysOfWeek") or ()
    weekdays = tuple(str(day).lower() for day in days) if isinstance(days, Sequence) else ()
    if not set(weekdays) <= set(_WEEKDAYS):
        raise InvalidRecurrence(f"unknown day in {weekdays!r}")
    try:
        first = date.fromisoformat(str(span["startDate"])) if span.get("startDate") else start
        range_kind = str(span.get("type", "noEnd")).lower()
        until = date.fromisoformat(str(span["endDate"])) if range_kind == "enddate" else None
        times = int(str(span["numberOfOccurrences"])) if range_kind == "numbered" else None
        found = Recurrence(
            kind=kind,
            start=first,
            zone=str(span.get("recurrenceTimeZone") or zone),
            interval=int(str(pattern.get("interval") or 1)),
            weekdays=weekdays,
            day_of_month=int(str(pattern.get("dayOfMonth") or 0)),
            month=int(str(pattern.get("month") or 0)),
            index=str(pattern.get("index") or "first").lower(),
            week_starts=str(pattern.get("firstDayOfWeek") or "sunday").lower(),
            until=until,
            times=times,
        )
    except (KeyError, ValueError) as error:
        raise InvalidRecurrence(str(error)) from error
    _check(found)
    return found


def _check(read: Recurrence) -> None:
    """What each type of pattern and range requires (Graph's recurrencePattern, recurrenceRange)."""
    by_day = read.kind == "weekly" or read.kind.startswith("relative")
    for wrong, what in (
        (read.interval < 1, "interval"),
        (by_day and not read.weekdays, "daysOfWeek"),
        (read.kind.startswith("absolute") and not 1 <= read.day_of_month <= 31, "dayOfMonth"),
        (read.kind.endswith("Yearly") and not 1 <= read.month <= 12, "month"),
        (read.index not in _INDEXES, "index"),
        (read.week_starts not in _WEEKDAYS, "firstDayOfWeek"),
        (read.times is not None and read.times < 1, "numberOfOccurrences"),
        (read.until is not None and read.until < read.start, "endDate"),
    ):
        if wrong:
            raise InvalidRecurrence(f"a {read.kind} recurrence needs another {what}")
    first_day(read)


def write(recurrence: Recurrence) -> dict[str, object]:
    """The recurrence as Graph shows it."""
    kind = "endDate" if recurrence.until else "numbered" if recurrence.times else "noEnd"
    return {
        "pattern": {
            "type": recurrence.kind,
            "interval": recurrence.interval,
            "month": recurrence.month,
            "dayOfMonth": recurrence.day_of_month,
            "daysOfWeek": list(recurrence.weekdays),
            "firstDayOfWeek": recurrence.week_starts,
            "index": recurrence.index,
        },
        "range": {
            "type": kind,
            "startDate": recurrence.start.isoformat(),
            "endDate": (recurrence.until or date.min).isoformat(),
            "recurrenceTimeZone": recurrence.zone,
            "numberOfOccurrences": recurrence.times or 0,
        },
    }


def days_between(recurrence: Recurrence, first: date, last: date) -> tuple[date, ...]:
    """The days, both ends included, on which an occurrence starts, cancelled ones too."""
    days = _days(recurrence, date(max(last, recurrence.start).year, 12, 31))
    return days[bisect_left(days, first) : bisect_right(days, last)]


def on_pattern(
    start: datetime, end: datetime, recurrence: Recurrence | None
) -> tuple[datetime, datetime]:
    """A series' start and end, moved to its first occurrence, which is what its master shows (§1.5)."""
    if recurrence is None:
        return start, end
    first = datetime.combine(first_day(recurrence), start.time())
    return first, first + (end - start)


def neighbours(
    recurrence: Recurrence, day: date, skipped: Collection[date] = ()
) -> tuple[date | None, date | None]:
    """The occurrence days before and after an occurrence's day, past those skipped."""
    known = _days(recurrence, _after_next(recurrence, max(day, *skipped) if skipped else day))
    days = [one for one in known if one == day or one not in skipped]
    at = bisect_left(days, day)
    before = days[at - 1] if at else None
    after = days[at + 1] if at + 1 < len(days) else None
    return before, after


def first_day(recurrence: Recurrence) -> date:
    """The day of the first occurrence; raises InvalidRecurrence where there is none."""
    days = _days(recurrence, _after_next(recurrence, recurrence.start))
    if not days:
        raise InvalidRecurrence("the range ends before the pattern's first day")
    return days[0]


def _after_next(recurrence: Recurrence, day: date) -> date:
    """A horizon behind the next occurrence, whatever the pattern."""
    return date(min(day.year + recurrence.interval + 1, date.max.year), 12, 31)


@lru_cache(maxsize=4096)
def _days(recurrence: Recurrence, horizon: date) -> tuple[date, ...]:
    # Whole years at a time, so that the rolling windows of a poller hit the cache.
    midnight = time()
    until = min(recurrence.until, horizon) if recurrence.until else horizon
    if until < recurrence.start:
        return ()
    start = datetime.combine(recurrence.start, midnight)
    weekdays = [_WEEKDAYS.index(day) for day in recurrence.weekdays]
    month_days, weekday_set, position = None, weekdays or None, None
    match recurrence.kind:
        case "absoluteMonthly" | "absoluteYearly":
            day = recurrence.day_of_month
            # Outlook books the last day of a month too short; a bare rule would skip the month.
            month_days, position = (list(range(28, day + 1)), -1) if day > 28 else ([day], None)
            weekday_set = None
        case "relativeMonthly" | "relativeYearly":
            position = _INDEXES[recurrence.index]
        case "daily":
            weekday_set = None
        case _:
            pass
    yearly = recurrence.kind.endswith("Yearly")
    rule = rrule(
        _FREQUENCIES[recurrence.kind.lower()],
        dtstart=start,
        interval=recurrence.interval,
        wkst=_WEEKDAYS.index(recurrence.week_starts),
        bymonth=recurrence.month if yearly else None,
        bymonthday=month_days,
        byweekday=weekday_set,
        bysetpos=position,
        count=recurrence.times,
        until=None if recurrence.times else datetime.combine(until, midnight),
    )
    days = (moment.date() for moment in rule)
    return tuple(takewhile(until.__ge__, days))

"""RFC 5545 rules within what Graph expresses: read into Graph's pattern, expanded into days (graph-calendar §2.7)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule

from graphclient import Recurrence

_DAYS: Final = {
    "MO": "monday",
    "TU": "tuesday",
    "WE": "wednesday",
    "TH": "thursday",
    "FR": "friday",
    "SA": "saturday",
    "SU": "sunday",
}
_NAMES: Final = tuple(_DAYS.values())
_INDEXES: Final = {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}
_POSITIONS: Final = {name: position for position, name in _INDEXES.items()}
_FREQUENCIES: Final[dict[str, Literal[0, 1, 2, 3]]] = {
    "daily": DAILY,
    "weekly": WEEKLY,
    "absoluteMonthly": MONTHLY,
    "relativeMonthly": MONTHLY,
    "absoluteYearly": YEARLY,
    "relativeYearly": YEARLY,
}
_PARTS: Final = {
    "DAILY": set[str](),
    "WEEKLY": {"BYDAY", "WKST"},
    "MONTHLY": {"BYDAY", "BYMONTHDAY", "BYSETPOS"},
    "YEARLY": {"BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS"},
}
_LAST_SAFE_DAY: Final = (
    28  # of every month; Outlook and RFC 5545 disagree on what a 31st is in April
)
_MOST_TIMES: Final = 999  # Exchange's limit of a numbered range
_MOST_INTERVAL: Final = 99


class InvalidRule(ValueError):
    """A rule that cannot be kept; the text tells a person why."""


def read(text: str, first: date) -> Recurrence:
    """The rule of a series whose first day is `first`; raises InvalidRule, also where that is not one of its days."""
    parts = _parts(text)
    frequency = parts.pop("FREQ", "")
    if frequency not in _PARTS:
        raise InvalidRule("A series repeats daily, weekly, monthly or yearly.")
    known = _PARTS[frequency] | {"INTERVAL", "COUNT", "UNTIL"}
    if unknown := parts.keys() - known:
        raise InvalidRule(
            f"Outlook cannot repeat by {', '.join(sorted(unknown))} with FREQ={frequency}."
        )
    found = _pattern(frequency, parts, first)
    if next(days(found), None) != first:
        raise InvalidRule("The first meeting must be on one of the days of the series.")
    return found


def days(recurrence: Recurrence) -> Iterator[date]:
    """The days of a series, in order, endless where it is."""
    until = recurrence.until
    by_day = recurrence.days or None
    rule = rrule(
        _FREQUENCIES[recurrence.kind],
        dtstart=datetime.combine(recurrence.starts_on, time()),
        interval=recurrence.interval,
        wkst=_NAMES.index(recurrence.week_starts),
        bymonth=recurrence.month,
        bymonthday=recurrence.day_of_month,
        byweekday=[_NAMES.index(day) for day in by_day] if by_day else None,
        bysetpos=_POSITIONS[recurrence.index] if recurrence.index else None,
        count=recurrence.times,
        until=datetime.combine(until, time()) if until else None,
    )
    return (moment.date() for moment in rule)


def local(moment: datetime, zone: str, *, all_day: bool) -> datetime:
    """The wall clock of a series: of its zone, or the date itself, which all-day events keep as midnight UTC."""
    return moment.astimezone(UTC if all_day else _zone(zone)).replace(tzinfo=None)


def instant(wall: datetime, zone: str, *, all_day: bool) -> datetime:
    """The moment at which a series' wall clock shows this."""
    return wall.replace(tzinfo=UTC if all_day else _zone(zone)).astimezone(UTC)


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        if not value or name in parts:
            raise InvalidRule(f"The recurrence is not an RFC 5545 rule: {part or text!r}.")
        parts[name] = value
    return parts


def _pattern(frequency: str, parts: dict[str, str], first: date) -> Recurrence:
    until, times = _end(parts)
    interval = _number(parts, "INTERVAL", 1, _MOST_INTERVAL) or 1
    if frequency == "DAILY":
        return Recurrence("daily", first, interval=interval, until=until, times=times)
    if frequency == "WEEKLY":
        given = parts.get("BYDAY")
        chosen = _weekdays(given) if given else (_NAMES[first.weekday()],)
        return Recurrence(
            "weekly",
            first,
            interval=interval,
            days=chosen,
            week_starts=_weekdays(parts.get("WKST", "MO"))[0],
            until=until,
            times=times,
        )
    month = None
    if frequency == "YEARLY":
        month = _number(parts, "BYMONTH", 1, 12) or first.month
    if "BYDAY" not in parts:
        if "BYSETPOS" in parts:
            raise InvalidRule("BYSETPOS needs BYDAY.")
        day = _number(parts, "BYMONTHDAY", 1, 31) or first.day
        if day > _LAST_SAFE_DAY:
            raise InvalidRule(
                "Not every month has this day: choose one up to the 28th, or the last weekday of the month."
            )
        return Recurrence(
            "absoluteYearly" if month else "absoluteMonthly",
            first,
            interval=interval,
            day_of_month=day,
            month=month,
            until=until,
            times=times,
        )
    if "BYMONTHDAY" in parts:
        raise InvalidRule("A series repeats by weekday or by day of the month, not by both.")
    index, weekdays = _relative(parts)
    return Recurrence(
        "relativeYearly" if month else "relativeMonthly",
        first,
        interval=interval,
        days=weekdays,
        month=month,
        index=index,
        until=until,
        times=times,
    )


def _end(parts: dict[str, str]) -> tuple[date | None, int | None]:
    if "UNTIL" in parts and "COUNT" in parts:
        raise InvalidRule("A series ends on a day or after a number of times, not both.")
    until = None
    if "UNTIL" in parts:
        try:
            until = date.fromisoformat(parts["UNTIL"].partition("T")[0])
        except ValueError as error:
            raise InvalidRule("UNTIL must be a date like 20271231.") from error
    return until, _number(parts, "COUNT", 1, _MOST_TIMES)


def _number(parts: dict[str, str], name: str, least: int, most: int) -> int | None:
    given = parts.get(name)
    if given is None:
        return None
    if not given.isascii() or not given.isdigit() or not least <= int(given) <= most:
        raise InvalidRule(f"{name} must be a number from {least} to {most}.")
    return int(given)


def _weekdays(given: str) -> tuple[str, ...]:
    names = given.split(",")
    if not set(names) <= _DAYS.keys():
        raise InvalidRule(f"{given} is no list of weekdays like MO,WE.")
    return tuple(name for short, name in _DAYS.items() if short in names)


def _relative(parts: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    given = parts["BYDAY"]
    position = parts.get("BYSETPOS")
    if position is None:
        position, given = given[:-2], given[-2:]
    try:
        index = _INDEXES[int(position)]
    except (KeyError, ValueError) as error:
        raise InvalidRule(
            "Which weekday of the month is meant must be said: the first to fourth, or the last (-1)."
        ) from error
    return index, _weekdays(given)

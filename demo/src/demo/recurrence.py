"""Graph's patternedRecurrence for what the demo repeats. Pure."""

from collections.abc import Sequence
from datetime import date
from typing import Any

WORKING_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
_ALL_DAYS = (*WORKING_DAYS, "saturday", "sunday")


def weekly(first: date, weekdays: Sequence[str], times: int, zone: str) -> dict[str, Any]:
    """Return a series on these days of every week, so many times."""
    return {
        "pattern": {
            "type": "weekly",
            "interval": 1,
            "daysOfWeek": list(weekdays),
            "firstDayOfWeek": "monday",
        },
        "range": {
            "type": "numbered",
            "startDate": first.isoformat(),
            "numberOfOccurrences": times,
            "recurrenceTimeZone": zone,
        },
    }


def asked(choice: object, first: date, zone: str) -> dict[str, Any] | None:
    """Return what a choice of the page's "repeat" field means; None for never."""
    if choice == "daily":
        return weekly(first, WORKING_DAYS, 10, zone)
    if choice == "weekly":
        return weekly(first, (_ALL_DAYS[first.weekday()],), 8, zone)
    return None

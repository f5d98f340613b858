"""Time zones: Graph speaks Windows, we keep IANA names (graph-calendar §2.7); where a day begins."""

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tzlocal.windows_tz import win_tz

_NO_ZONE = (
    "UTC"  # also for `tzone://Microsoft/Custom`: the instants are exact, only the label is lost
)


@lru_cache(maxsize=1024)
def iana_name(name: str | None) -> str:
    """The IANA name of a Windows or IANA zone name; `UTC` where Graph gives none that we know."""
    if not name:
        return _NO_ZONE
    known = win_tz.get(name, name)
    try:
        ZoneInfo(known)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _NO_ZONE
    return known


@lru_cache(maxsize=4096)
def begins(day: datetime, zone: str) -> datetime:
    """The moment at which a day, kept as its midnight UTC, begins in a zone; in UTC where that is not known."""
    return day.astimezone(UTC).replace(tzinfo=ZoneInfo(iana_name(zone))).astimezone(UTC)


def day_of(moment: datetime, zone: str) -> date:
    """The date of a moment in a zone; in UTC where that is not known."""
    return moment.astimezone(ZoneInfo(iana_name(zone))).date()

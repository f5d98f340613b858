"""Names of time zones: Graph speaks Windows, we keep IANA (graph-calendar §2.7)."""

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

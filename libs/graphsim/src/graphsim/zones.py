"""Time zone names as Outlook takes them: Windows names and IANA names, and their wall times."""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tzlocal.windows_tz import win_tz

CUSTOM_ZONE = "tzone://Microsoft/Custom"


class UnknownZone(ValueError):
    """No time zone goes by this name; Graph calls it TimeZoneNotSupportedException."""


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone of a Windows or IANA name, case-insensitively for the Windows ones.

    Raises UnknownZone.
    """
    iana = win_tz.get(name) or _WINDOWS_LOWER.get(name.lower()) or name
    try:
        return ZoneInfo(iana)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownZone(name) from None


_WINDOWS_LOWER = {name.lower(): iana for name, iana in win_tz.items()}


def to_utc(wall: datetime, zone_name: str) -> datetime:
    """The instant of a naive wall time; of a doubled one the first, a skipped one moves on."""
    return _instant(wall, wall.fold, zone_name)


@lru_cache(maxsize=16_384)
def _instant(wall: datetime, _fold: int, zone_name: str) -> datetime:
    """Calendars are read again and again; times that differ by their fold alone are equal."""
    return wall.replace(tzinfo=zone(zone_name)).astimezone(UTC)


def to_wall(instant: datetime, zone_name: str) -> datetime:
    """The naive wall time of an aware instant."""
    return instant.astimezone(zone(zone_name)).replace(tzinfo=None)


def graph_time(wall: datetime) -> str:
    """A wall time as Graph writes it: seven fraction digits, no offset (graph-calendar §2.1)."""
    return wall.isoformat(timespec="microseconds") + "0"


def instant_text(instant: datetime) -> str:
    """A DateTimeOffset as Graph writes it: UTC, `Z`, a fraction only where there is one."""
    text = instant.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (text + "0" if "." in text else text) + "Z"


def parse_instant(text: str) -> datetime:
    """An ISO 8601 value as an instant; without an offset it is UTC (graph-calendar §1.1).

    Raises ValueError.
    """
    parsed = datetime.fromisoformat(_six_digits(text.strip()))
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def parse_wall(text: str, zone_name: str) -> datetime:
    """A naive wall time in the zone, from an ISO value with or without an offset.

    Raises ValueError, UnknownZone.
    """
    parsed = datetime.fromisoformat(_six_digits(text.strip()))
    target = zone(zone_name)
    return parsed.astimezone(target).replace(tzinfo=None) if parsed.tzinfo else parsed


def _six_digits(text: str) -> str:
    head, dot, tail = text.partition(".")
    if not dot:
        return text
    digits = len(tail) - len(tail.lstrip("0123456789"))
    return f"{head}.{tail[: min(digits, 6)]}{tail[digits:]}"

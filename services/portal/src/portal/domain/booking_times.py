"""When a booking takes place: its day, what it takes of a room's time, and in words."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from contracts.events import Booking

from .wall_clock import is_doubled, span_of, zone_of

_TO = "\N{EN DASH}"


def first_day(start: datetime, zone: ZoneInfo, *, all_day: bool) -> date:
    """The day on which it begins there; whole days are dates, the same in every zone: midnight of UTC says them, or of their own."""
    dated = all_day and start.astimezone(UTC).time() == time()
    return start.astimezone(UTC if dated else zone).date()


def occupied(booking: Booking) -> tuple[datetime, datetime]:
    """From when until when it takes its room: whole days from midnight to midnight in their own zone."""
    if not booking.all_day:
        return booking.start, booking.end
    days = (at.astimezone(UTC).date() for at in (booking.start, booking.end))
    start, end = (span_of(day, zone_of(booking.time_zone))[0] for day in days)
    return start, end


def in_words(booking: Booking, zone: ZoneInfo, day: date | None = None) -> str:
    """09:00 to 10:00, short; with its date where it is not on `day`, with the zone's name where a clock shows it twice."""
    if booking.all_day:
        first = booking.start.astimezone(UTC).date()
        last = booking.end.astimezone(UTC).date() - timedelta(days=1)
        if first == last:
            return "All day" if first == day else f"All day, {_date(first)}"
        return f"All day, {_date(first)} {_TO} {_date(last)}"
    return span_in_words(booking.start, booking.end, zone, day)


def span_in_words(start: datetime, end: datetime, zone: ZoneInfo, day: date | None = None) -> str:
    """As `in_words`."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.date() == last.date():
        words = f"{_clock(first)}{_TO}{_clock(last)}"
        return words if first.date() == day else f"{_date(first)}, {words}"
    if first.date() == day and end == span_of(day, zone)[1]:
        return f"{_clock(first)}{_TO}24:00"
    before = "" if first.date() == day else f"{_date(first)}, "
    after = "" if last.date() == day else f"{_date(last)}, "
    return f"{before}{_clock(first)} {_TO} {after}{_clock(last)}"


def _clock(at: datetime) -> str:
    text = f"{at.hour:02}:{at.minute:02}"
    return f"{text} {at:%Z}" if is_doubled(at) else text


def _date(at: date) -> str:
    return f"{at.day} {at:%b}"

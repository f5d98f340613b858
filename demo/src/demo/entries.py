"""What the page draws: one shape for Outlook's meetings and the platform's bookings, in the office's wall time. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any, TypedDict

from .rooms import ImportedRoom


class Entry(TypedDict):
    """One block on one side of the page."""

    id: str
    start: str
    end: str
    all_day: bool
    subject: str
    organizer: str
    status: str
    series: bool
    version: int


def moment(text: str) -> datetime:
    """Read RFC 3339; without an offset it is UTC, as Graph means it."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def utc(when: datetime) -> str:
    """Write an instant as RFC 3339 in UTC, to the second."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def of_booking(booking: Mapping[str, Any], room: ImportedRoom) -> Entry:
    """Return the platform's booking as the page draws it."""
    all_day = bool(booking["all_day"])
    return Entry(
        id=booking["id"],
        start=_shown(booking["start"], room, all_day=all_day),
        end=_shown(booking["end"], room, all_day=all_day),
        all_day=all_day,
        subject=booking["subject"],
        organizer=booking["organizer"]["name"],
        status=booking["status"],
        series=booking["series_id"] is not None,
        version=booking.get("version") or 0,
    )


def touches(entry: Entry, day: date) -> bool:
    """Tell whether the entry takes any of this day on the office's clock."""
    following = (day + timedelta(days=1)).isoformat()
    return entry["start"] < following and entry["end"] > f"{day.isoformat()}T00:00"


def double_booked(entries: Iterable[Entry]) -> set[str]:
    """Return the ids of those that share time; touching is not sharing, and what the room has not answered takes none."""
    taking = [entry for entry in entries if entry["status"] in {"confirmed", "tentative"}]
    pairs = (
        {one["id"], other["id"]}
        for one, other in combinations(taking, 2)
        if one["start"] < other["end"] and other["start"] < one["end"]
    )
    return set[str]().union(*pairs)


def _shown(text: str, room: ImportedRoom, *, all_day: bool) -> str:
    # An all-day booking keeps its dates wherever it is read: midnight UTC stands for the date (design §5.2).
    return moment(text).strftime("%Y-%m-%dT%H:%M") if all_day else room.wall(moment(text))


def busy_text(bookings: list[Entry], now: str) -> tuple[bool, str]:
    """Tell whether a room is taken at this wall time, and until or from when; same-day bookings, sorted by start."""
    for entry in sorted(bookings, key=lambda each: each["start"]):
        if entry["start"] <= now < entry["end"]:
            until = "all day" if entry["all_day"] else f"until {entry['end'][11:]}"
            return True, f"taken {until}"
        if entry["start"] > now:
            return False, f"free until {entry['start'][11:]}"
    return False, "free for the rest of the day"

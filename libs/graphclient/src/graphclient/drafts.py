"""Events as we ask Graph to write them, and the bodies that say so (graph-calendar §2). Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from .models import DateTimeTimeZone

MARKER: Final = "String {889eed62-3ae0-48cc-a6a4-a3ffc961e949} Name clearoomsBooking"
"""The extended property by which we know an event of ours again."""


@dataclass(frozen=True, slots=True)
class Invitee:
    """A person or room to invite."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Graph's pattern and range, in its own words: kinds, days and indexes as recurrencePattern names them (§2.7)."""

    kind: Literal[
        "daily",
        "weekly",
        "absoluteMonthly",
        "relativeMonthly",
        "absoluteYearly",
        "relativeYearly",
    ]
    starts_on: date
    interval: int = 1
    days: tuple[str, ...] = ()
    day_of_month: int | None = None
    month: int | None = None
    index: str | None = None
    week_starts: str = "monday"
    until: date | None = None
    times: int | None = None


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be, or a series: `room` is invited as a resource and named as the location.

    `start` and `end` are aware and written in `time_zone` (IANA). All day, only their dates in UTC count, the last one
    exclusive.
    """

    subject: str
    start: datetime
    end: datetime
    time_zone: str
    all_day: bool
    transaction_id: UUID
    marker: str
    room: Invitee | None = None
    recurrence: Recurrence | None = None


@dataclass(frozen=True, slots=True)
class EventChange:
    """What to change, None for what stays; times as a NewEvent's, so an all-day event's need `all_day=True`.

    A series' times are its first occurrence's. `attendees` are people and replace everybody invited so far, a room included.
    """

    start: datetime | None = None
    end: datetime | None = None
    time_zone: str = "UTC"
    all_day: bool | None = None
    subject: str | None = None
    attendees: tuple[Invitee, ...] | None = None
    series: bool = False


def creation(new: NewEvent) -> bytes:
    """The body that creates the event; ValueError for an unknown time zone."""
    is_series = new.recurrence is not None
    body: dict[str, object] = {
        "subject": new.subject,
        "start": _time(new.start, new.time_zone, all_day=new.all_day, series=is_series),
        "end": _time(new.end, new.time_zone, all_day=new.all_day, series=is_series),
        "isAllDay": new.all_day,
        "showAs": "busy",  # Outlook itself proposes "free" for all-day events, and free would not take the room
        "transactionId": str(new.transaction_id),
        "singleValueExtendedProperties": [{"id": MARKER, "value": new.marker}],
    }
    if new.recurrence is not None:
        body["recurrence"] = _recurrence(new.recurrence, new.time_zone)
    if new.room is not None:
        body["location"] = {
            "displayName": new.room.name,
            "locationEmailAddress": new.room.address,
        }
        body["attendees"] = [_attendee(new.room, "resource")]
    return msgspec.json.encode(body)


def alteration(change: EventChange) -> bytes:
    """The body that changes an event; ValueError for an unknown time zone."""
    body: dict[str, object] = {}
    if change.subject is not None:
        body["subject"] = change.subject
    for name, moment in (("start", change.start), ("end", change.end)):
        if moment is not None:
            all_day = change.all_day is True
            body[name] = _time(moment, change.time_zone, all_day=all_day, series=change.series)
    if change.all_day is not None:
        body["isAllDay"] = change.all_day
    if change.attendees is not None:
        body["attendees"] = [_attendee(person, "required") for person in change.attendees]
    return msgspec.json.encode(body)


def _time(moment: datetime, time_zone: str, *, all_day: bool, series: bool) -> DateTimeTimeZone:
    if all_day:
        return DateTimeTimeZone(f"{moment.astimezone(UTC).date()}T00:00:00", time_zone)
    if series:  # never in UTC, whatever its first day: the wall clock is what repeats
        return DateTimeTimeZone.wall(moment, time_zone)
    return DateTimeTimeZone.at(moment, time_zone)


def _recurrence(given: Recurrence, time_zone: str) -> dict[str, object]:
    pattern: dict[str, object] = {
        "type": given.kind,
        "interval": given.interval,
        "daysOfWeek": list(given.days),
        "dayOfMonth": given.day_of_month,
        "month": given.month,
        "index": given.index,
        "firstDayOfWeek": given.week_starts if given.kind == "weekly" else None,
    }
    extent: dict[str, object] = {
        "type": "endDate" if given.until else "numbered" if given.times else "noEnd",
        "startDate": given.starts_on.isoformat(),
        "endDate": given.until.isoformat() if given.until else None,
        "numberOfOccurrences": given.times,
        "recurrenceTimeZone": time_zone,
    }
    return {
        "pattern": {name: value for name, value in pattern.items() if value},
        "range": {name: value for name, value in extent.items() if value},
    }


def _attendee(invitee: Invitee, kind: str) -> dict[str, object]:
    return {"type": kind, "emailAddress": {"address": invitee.address, "name": invitee.name}}

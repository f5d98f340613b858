"""Events as we ask Graph to write them, and the bodies that say so (graph-calendar §2). Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
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
class NewEvent:
    """A single event to be: `room` is invited as a resource and named as the location.

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


@dataclass(frozen=True, slots=True)
class EventChange:
    """What to change, None for what stays; times as a NewEvent's, so an all-day event's need `all_day=True`.

    `attendees` are people and replace everybody invited so far, a room included.
    """

    start: datetime | None = None
    end: datetime | None = None
    time_zone: str = "UTC"
    all_day: bool | None = None
    subject: str | None = None
    attendees: tuple[Invitee, ...] | None = None


def creation(new: NewEvent) -> bytes:
    """The body that creates the event; ValueError for an unknown time zone."""
    body: dict[str, object] = {
        "subject": new.subject,
        "start": _time(new.start, new.time_zone, all_day=new.all_day),
        "end": _time(new.end, new.time_zone, all_day=new.all_day),
        "isAllDay": new.all_day,
        "showAs": "busy",  # Outlook itself proposes "free" for all-day events, and free would not take the room
        "transactionId": str(new.transaction_id),
        "singleValueExtendedProperties": [{"id": MARKER, "value": new.marker}],
    }
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
            body[name] = _time(moment, change.time_zone, all_day=change.all_day is True)
    if change.all_day is not None:
        body["isAllDay"] = change.all_day
    if change.attendees is not None:
        body["attendees"] = [_attendee(person, "required") for person in change.attendees]
    return msgspec.json.encode(body)


def _time(moment: datetime, time_zone: str, *, all_day: bool) -> DateTimeTimeZone:
    if all_day:
        return DateTimeTimeZone(f"{moment.astimezone(UTC).date()}T00:00:00", time_zone)
    return DateTimeTimeZone.at(moment, time_zone)


def _attendee(invitee: Invitee, kind: str) -> dict[str, object]:
    return {"type": kind, "emailAddress": {"address": invitee.address, "name": invitee.name}}

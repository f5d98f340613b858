"""Events, rows, commands and intents for the domain's tests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from contracts.commands import Book, Cancel, Change, Command, Person
from graphclient.models import Event
from sync_worker.domain.booking import Row
from sync_worker.domain.command import Asked, Key
from sync_worker.domain.intent import Content, Intent
from sync_worker.domain.mirror import Sighting, sight

ROOM = UUID("11111111-2222-4333-8444-555555555555")
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
BOOKING = UUID(int=1)
PLATFORM = "/clearooms/platform"


def event(event_id: str = "e1", etag: str = "1", **fields: object) -> Event:
    raw: dict[str, object] = {
        "id": event_id,
        "@odata.etag": etag,
        "type": "singleInstance",
        "subject": "Planning",
        "start": {"dateTime": "2026-03-02T09:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-03-02T10:00:00.0000000", "timeZone": "UTC"},
        "organizer": {"emailAddress": {"name": "Mara Lind", "address": "mara@x.test"}},
        "originalStartTimeZone": "W. Europe Standard Time",
        "responseStatus": {"response": "accepted"},
        "showAs": "busy",
        **fields,
    }
    return msgspec.convert(raw, Event)


def sighting(event_id: str = "e1", etag: str = "1", **fields: object) -> Sighting:
    return sight(ROOM, event(event_id, etag, **fields))


def row(number: int = 1, starts: datetime = NOW + HOUR, hours: float = 1, **fields: Any) -> Row:
    """A meeting of Outlook's that was told; `number` is its id."""
    made = Row(
        id=UUID(int=number), event_id=f"e{number}", kind="single", master_id=None, series_id=None,
        original_start=None, etag="1", seen_etags=("1",), ical_uid=f"uid {number}", starts=starts,
        ends=starts + hours * HOUR, all_day=False, time_zone="Europe/Berlin", subject="Planning",
        organizer_name="Mara Lind", organizer_email="mara@x.test", answer="confirmed",
        origin="outlook", version=1, published=True, removed_at=None, changed_at=NOW,
    )  # fmt: skip
    return replace(made, **fields)


def content(starts: datetime = NOW + HOUR, hours: float = 1, **fields: Any) -> Content:
    """What a booking of ours says."""
    made = Content(
        starts=starts, ends=starts + hours * HOUR, all_day=False, time_zone="Europe/Berlin",
        subject="Planning", organizer_name="Mara Lind", organizer_email="mara@x.test",
    )  # fmt: skip
    return replace(made, **fields)


def intent(number: int = 1, **fields: Any) -> Intent:
    """A booking to be made in its organiser's calendar, begun once; `number` is that of its booking."""
    made = Intent(
        id=UUID(int=1000 + number), booking_id=UUID(int=number), command=Key(PLATFORM, f"c{number}"),
        step="create", path="organizer", mailbox="mara@x.test", content=content(),
        created_at=NOW, due_at=NOW, attempts=1,
    )  # fmt: skip
    return replace(made, **fields)


def book(number: int = 1, sequence: int = 1, **fields: Any) -> Book:
    """An order for the booking of this number."""
    made = Book(
        booking_id=UUID(int=number), room_id=ROOM, sequence=sequence, start=NOW + HOUR,
        end=NOW + 2 * HOUR, subject="Planning", organizer=Person(name="Mara Lind", email="mara@x.test"),
    )  # fmt: skip
    return made.model_copy(update=fields)


def change(base_version: int = 1, sequence: int = 2, **fields: Any) -> Change:
    """An order to change the first booking."""
    return Change(booking_id=BOOKING, sequence=sequence, base_version=base_version, **fields)


def cancel(number: int = 1, sequence: int = 3) -> Cancel:
    """An order to cancel the booking of this number."""
    return Cancel(booking_id=UUID(int=number), sequence=sequence, reason="")


def asked(order: Command, command_id: str = "c1", source: str = PLATFORM) -> Asked:
    """The order as it was received."""
    return Asked(Key(source, command_id), order, NOW)

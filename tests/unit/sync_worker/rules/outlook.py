"""Mailboxes in memory, as far as deciding about one room needs them: etags are compared, writes are counted."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from graphclient import EventChange, NewEvent, Written
from graphclient.errors import Changed, Forbidden, NotFound
from graphclient.models import DateTimeTimeZone, Event, Marking, Page


@dataclass(slots=True)
class Outlook:
    """Events by mailbox and id; `writes` are the words for what was written, in order."""

    events: dict[tuple[str, str], Event] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    strangers: frozenset[str] = frozenset()  # people whose calendars are not ours to write
    reads: int = 0  # of single events
    _number: int = 100

    def put(self, mailbox: UUID | str, event: Event) -> None:
        """Somebody's work in Outlook."""
        self.events[str(mailbox), event.id] = event

    def edit(self, mailbox: UUID | str, event_id: str, **fields: object) -> Event:
        """The event with these fields and a new etag."""
        changed = msgspec.structs.replace(
            self.events[str(mailbox), event_id], etag=self._next(), **fields
        )
        self.put(mailbox, changed)
        return changed

    def take(self, mailbox: UUID | str, event_id: str) -> None:
        """The event is no more."""
        self.events.pop((str(mailbox), event_id), None)

    async def calendar_view(
        self, mailbox: UUID | str, start: datetime, end: datetime
    ) -> AsyncIterator[Page]:
        found = [
            event
            for (box, _), event in self.events.items()
            if box == str(mailbox) and event.start.instant() < end and event.end.instant() > start
        ]
        yield Page(found, last=True)

    async def event(self, mailbox: UUID | str, event_id: str) -> Event:
        self.reads += 1
        found = self.events.get((str(mailbox), event_id))
        if found is None:
            raise NotFound(status=404, code="ErrorItemNotFound")
        return found

    async def instances(
        self, mailbox: UUID | str, master_id: str, start: datetime, end: datetime
    ) -> list[Event]:
        return []

    async def calendar_reachable(self, mailbox: UUID | str) -> None:
        return

    async def marking(self, mailbox: UUID | str, event_id: str) -> Marking:
        return Marking()

    async def marked_events(self, mailbox: UUID | str, marker: str) -> list[Event]:
        return []

    async def create_event(self, mailbox: UUID | str, new: NewEvent) -> Written:
        if mailbox in self.strangers:
            raise Forbidden(status=403, code="ErrorAccessDenied")
        self.writes.append("a meeting")
        made = Event(
            id="made",
            etag=self._next(),
            type="singleInstance",
            start=_at(new.start),
            end=_at(new.end),
            subject=new.subject,
            ical_uid="uid of made",
        )
        self.put(mailbox, made)
        return Written(made.id, made.etag, made.ical_uid)

    async def change_event(
        self, mailbox: UUID | str, event_id: str, etag: str, change: EventChange
    ) -> Written:
        event = await self.event(mailbox, event_id)
        if event.etag != etag:
            raise Changed(status=412)
        self.writes.append(
            " and ".join(
                word
                for word, part in (
                    ("time", change.start or change.end),
                    ("subject", change.subject),
                    ("guest", change.attendees),
                )
                if part
            )
        )
        fields: dict[str, object] = {}
        if change.start is not None and change.end is not None:
            fields = {"start": _at(change.start), "end": _at(change.end)}
        if change.subject is not None:
            fields["subject"] = change.subject
        after = self.edit(mailbox, event_id, **fields)
        return Written(after.id, after.etag, after.ical_uid)

    async def cancel_event(
        self, mailbox: UUID | str, event_id: str, etag: str, comment: str
    ) -> None:
        await self._end(mailbox, event_id, etag, "cancelled")

    async def delete_event(self, mailbox: UUID | str, event_id: str, etag: str) -> None:
        await self._end(mailbox, event_id, etag, "deleted")

    async def decline_event(self, mailbox: UUID | str, event_id: str, comment: str) -> None:
        await self.event(mailbox, event_id)
        self.writes.append("declined")
        self.take(mailbox, event_id)

    async def _end(self, mailbox: UUID | str, event_id: str, etag: str, word: str) -> None:
        event = await self.event(mailbox, event_id)
        if event.etag != etag:
            raise Changed(status=412)
        self.writes.append(word)
        self.take(mailbox, event_id)

    def _next(self) -> str:
        self._number += 1
        return str(self._number)


def an_hour(starts: datetime) -> dict[str, Any]:
    """Start and end of an event, as Graph spells them."""
    times = {"start": starts, "end": starts + timedelta(hours=1)}
    return {
        name: {"dateTime": f"{moment:%Y-%m-%dT%H:%M:%S.0000000}", "timeZone": "UTC"}
        for name, moment in times.items()
    }


def _at(moment: datetime) -> DateTimeTimeZone:
    return DateTimeTimeZone(f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}", "UTC")

"""A tenant's room calendars in memory, in Graph's own models, that counts what is asked of it."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from graphclient import (
    Credentials,
    Event,
    EventChange,
    GraphError,
    Marking,
    NewEvent,
    NotFound,
    Page,
    Written,
)

PAGE = 250


def graph_time(moment: datetime) -> dict[str, str]:
    return {
        "dateTime": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.0000000"),
        "timeZone": "UTC",
    }


@dataclass
class Calendars:
    """All mailboxes of one tenant; every change gives an event a new etag."""

    mailboxes: dict[UUID | str, dict[str, Event]] = field(default_factory=dict)
    gets: Counter[tuple[str, str]] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    failures: list[GraphError] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)  # a calendar view does not list them
    signed_in: list[Credentials] = field(default_factory=list)
    _etags: int = 0

    def tenant(self, credentials: Credentials) -> "Calendars":
        self.signed_in.append(credentials)
        return self

    def put(
        self,
        mailbox: UUID,
        event_id: str,
        start: datetime,
        *,
        minutes: int = 60,
        kind: str = "singleInstance",
        subject: str = "Planning",
        response: str = "accepted",
        master: str | None = None,
        original_start: datetime | None = None,
        zone: str = "W. Europe Standard Time",
        **fields: object,
    ) -> Event:
        """Create or replace an event; returns it with its new etag."""
        self._etags += 1
        raw: dict[str, object] = {
            "id": event_id,
            "@odata.etag": f'W/"{self._etags}"',
            "type": kind,
            "subject": subject,
            "start": graph_time(start),
            "end": graph_time(start + timedelta(minutes=minutes)),
            "organizer": {"emailAddress": {"name": "Mara Lind", "address": "mara@x.test"}},
            "originalStartTimeZone": zone,
            "responseStatus": {"response": response},
            "seriesMasterId": master,
            "originalStart": original_start,
            "showAs": "busy",
            **fields,
        }
        event = msgspec.convert(raw, Event)
        self.mailboxes.setdefault(mailbox, {})[event_id] = event
        return event

    def remove(self, mailbox: UUID, event_id: str) -> None:
        del self.mailboxes[mailbox][event_id]

    def _fail(self, call: str) -> None:
        self.asked[call] += 1
        if self.failures:
            raise self.failures.pop(0)

    async def calendar_view(
        self, mailbox: UUID | str, start: datetime, end: datetime
    ) -> AsyncIterator[Page]:
        self._fail("view")
        found = [
            each
            for each in self.mailboxes.get(mailbox, {}).values()
            if each.type != "seriesMaster" and each.id not in self.hidden
            and each.start.instant() < end and each.end.instant() > start
        ]  # fmt: skip
        for place in range(0, max(len(found), 1), PAGE):
            yield Page(found[place : place + PAGE], last=place + PAGE >= len(found))

    async def event(self, mailbox: UUID | str, event_id: str) -> Event:
        self._fail("event")
        event = self.mailboxes.get(mailbox, {}).get(event_id)
        if event is None:
            raise NotFound(status=404, code="ErrorItemNotFound")
        self.gets[event.id, event.etag] += 1
        return event

    async def instances(
        self, mailbox: UUID | str, master_id: str, start: datetime, end: datetime
    ) -> list[Event]:
        self._fail("instances")
        return [
            each
            for each in self.mailboxes.get(mailbox, {}).values()
            if each.series_master_id == master_id and each.start.instant() < end and each.end.instant() > start
        ]  # fmt: skip

    async def calendar_reachable(self, mailbox: UUID | str) -> None:
        self._fail("calendar")
        if mailbox not in self.mailboxes:
            raise NotFound(status=404, code="ErrorInvalidUser")

    def forget_token(self) -> bool:
        return False

    async def marking(self, mailbox: UUID | str, event_id: str) -> Marking:
        raise AssertionError("in live mode the marker is not asked for")

    # Writes are proved on the simulator: here nobody makes any.

    async def create_event(self, mailbox: UUID | str, new: NewEvent) -> Written:
        raise AssertionError("this tenant is only read")

    async def change_event(
        self, mailbox: UUID | str, event_id: str, etag: str, change: EventChange
    ) -> Written:
        raise AssertionError("this tenant is only read")

    async def cancel_event(
        self, mailbox: UUID | str, event_id: str, etag: str, comment: str
    ) -> None:
        raise AssertionError("this tenant is only read")

    async def delete_event(self, mailbox: UUID | str, event_id: str, etag: str) -> None:
        raise AssertionError("this tenant is only read")

    async def decline_event(self, mailbox: UUID | str, event_id: str, comment: str) -> None:
        raise AssertionError("this tenant is only read")

    async def marked_events(self, mailbox: UUID | str, marker: str) -> list[Event]:
        raise AssertionError("this tenant is only read")

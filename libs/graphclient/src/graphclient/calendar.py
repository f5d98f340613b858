"""Reading a mailbox's default calendar: only ever with the minimal `$select` (graph-calendar §1.1)."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import msgspec

from .drafts import MARKER
from .models import Event, Marking, Page
from .paging import Listing, decode, pages
from .protocol import Request, instant_text, literal
from .transport import Wire

PAGE_SIZE = 250
_MOST_PAGES = 400  # 100,000 events in one window: no room has them
_PAGE_SECONDS = 30.0

_event = msgspec.json.Decoder(Event)
_events = msgspec.json.Decoder(Listing[Event])
_marking = msgspec.json.Decoder(Marking)


async def calendar_view(
    wire: Wire, mailbox: UUID | str, start: datetime, end: datetime
) -> AsyncIterator[Page]:
    """Every event and occurrence that overlaps the window, page by page; no series masters, nothing twice."""
    request = _window(wire, ("calendarView",), mailbox, start, end)
    async for events, last in pages(wire, request, _events, _version, most=_MOST_PAGES):
        yield Page(events, last)


async def instances(
    wire: Wire, mailbox: UUID | str, master_id: str, start: datetime, end: datetime
) -> list[Event]:
    """The occurrences and exceptions of a series in the window; NotFound if the series is gone."""
    return await _all(wire, _window(wire, ("events", master_id, "instances"), mailbox, start, end))


async def marked_events(wire: Wire, mailbox: UUID | str, marker: str) -> list[Event]:
    """The single events and series masters that carry this marker of ours."""
    ours = f"ep/id eq {literal(MARKER)} and ep/value eq {literal(marker)}"
    url = wire.service.url(
        "users",
        str(mailbox),
        "events",
        _filter=f"singleValueExtendedProperties/Any(ep: {ours})",
        _select=wire.select,
        _top=str(PAGE_SIZE),
    )
    return await _all(wire, Request("GET", url, mailbox=str(mailbox), seconds=_PAGE_SECONDS))


async def marking(wire: Wire, mailbox: UUID | str, event_id: str) -> Marking:
    """Our marker on the event, and nothing of its content; NotFound if the mailbox has none of this id."""
    url = wire.service.url(
        "users",
        str(mailbox),
        "events",
        event_id,
        _select="responseStatus",
        _expand=f"singleValueExtendedProperties($filter=id eq {literal(MARKER)})",
    )
    answer = await wire.read(Request("GET", url, mailbox=str(mailbox)))
    return decode(_marking, answer.body)


async def event(wire: Wire, mailbox: UUID | str, event_id: str) -> Event:
    """The event as it is now; NotFound if the mailbox has none of this id."""
    url = wire.service.url("users", str(mailbox), "events", event_id, _select=wire.select)
    answer = await wire.read(Request("GET", url, mailbox=str(mailbox)))
    return decode(_event, answer.body)


async def calendar_reachable(wire: Wire, mailbox: UUID | str) -> None:
    """Return if the mailbox's calendar answers; raises what stands in the way."""
    url = wire.service.url("users", str(mailbox), "calendar", _select="id")
    await wire.read(Request("GET", url, mailbox=str(mailbox)))


def _window(
    wire: Wire, path: tuple[str, ...], mailbox: UUID | str, start: datetime, end: datetime
) -> Request:
    url = wire.service.url(
        "users",
        str(mailbox),
        *path,
        startDateTime=instant_text(start),
        endDateTime=instant_text(end),
        _select=wire.select,
        _top=str(PAGE_SIZE),
    )
    return Request("GET", url, mailbox=str(mailbox), seconds=_PAGE_SECONDS)


async def _all(wire: Wire, request: Request) -> list[Event]:
    found: list[Event] = []
    async for events, _ in pages(wire, request, _events, _version, most=_MOST_PAGES):
        found.extend(events)
    return found


def _version(event: Event) -> tuple[str, str]:
    return event.id, event.etag

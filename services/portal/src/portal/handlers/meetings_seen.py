"""The meetings that some rooms have accepted lately, for what they show of the rooms' settings."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from graphclient import Event, GraphError
from graphclient.tenant import Tenant

from ..domain.room_settings import NOTHING_SEEN, Meeting, RoomSettings, settings_of

_BACK, _AHEAD = timedelta(days=14), timedelta(days=30)
_SECONDS = 6.0
_MOST_ROOMS = 3


async def room_settings(tenant: Tenant, mailboxes: Sequence[UUID], now: datetime) -> RoomSettings:
    """Return what the meetings of the first rooms prove; nothing where they cannot be read whole."""
    seen: list[list[Meeting]] = []
    try:
        async with asyncio.timeout(_SECONDS):
            for mailbox in mailboxes[:_MOST_ROOMS]:
                view = tenant.calendar_view(mailbox, now - _BACK, now + _AHEAD)
                events = [event async for page in view for event in page.events]
                seen.append([meeting for event in events if (meeting := _meeting(event))])
    except (GraphError, TimeoutError):
        return settings_of(seen) if seen else NOTHING_SEEN
    return settings_of(seen)


def _meeting(event: Event) -> Meeting | None:
    """None for what the room has not accepted, for what takes no time of it, and for times nobody can read."""
    counts = event.response == "accepted" and not event.is_cancelled and event.show_as != "free"
    if not counts or event.organizer is None or not event.organizer.name:
        return None
    try:
        start, end = event.start.instant(), event.end.instant()
    except ValueError:
        return None
    return Meeting(event.subject or "", event.organizer.name, start, end)

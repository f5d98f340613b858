"""Write and undo, on request alone: a marked event in a room's calendar, deleted again."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from graphclient import Changed, GraphError, Malformed, NewEvent, NotFound, Unavailable
from graphclient.tenant import Tenant

from ..domain.evidence import Write, WriteLost, WroteAndUndid
from .answers import passing, refused

_SUBJECT = "Clearooms connection test"
_AHEAD = timedelta(days=1_500)  # beyond every window that is synced, so nobody's day shows it
_LENGTH = timedelta(minutes=1)
_WRITE_SECONDS = 8.0
_UNDO_SECONDS = 8.0


async def write_and_undo(tenant: Tenant, mailbox: UUID, clock: Callable[[], datetime]) -> Write:
    """Return whether an event could be written and whether it is gone again, also where an answer was lost."""
    at = (clock() + _AHEAD).replace(hour=2, minute=0, second=0, microsecond=0)
    name = uuid4()
    marker = f"test/{name}"  # no booking's id: the sync does not take it for one of ours
    event = NewEvent(_SUBJECT, at, at + _LENGTH, "UTC", False, name, marker)
    try:
        async with asyncio.timeout(_WRITE_SECONDS):
            made = await tenant.create_event(mailbox, event)
    except TimeoutError:
        return await _without_answer(tenant, mailbox, marker, WriteLost(at))
    except (Unavailable, Malformed) as error:
        return await _without_answer(tenant, mailbox, marker, WriteLost(at, error.request_id))
    except GraphError as error:
        return passing(error) or refused(error)
    return WroteAndUndid(await _undone(tenant, mailbox, made.id, made.etag), at)


async def _undone(tenant: Tenant, mailbox: UUID, event_id: str, etag: str) -> bool:
    try:
        async with asyncio.timeout(_UNDO_SECONDS):
            try:
                await tenant.delete_event(mailbox, event_id, etag)
            except Changed:  # Exchange itself touches new events now and then
                now = await tenant.event(mailbox, event_id)
                await tenant.delete_event(mailbox, event_id, now.etag)
    except NotFound:
        return True
    except (GraphError, TimeoutError):
        return False
    return True


async def _without_answer(tenant: Tenant, mailbox: UUID, marker: str, lost: WriteLost) -> Write:
    """What was written without an answer is looked for; that none shows proves nothing, for reads lag."""
    try:
        async with asyncio.timeout(_UNDO_SECONDS):
            found = await tenant.marked_events(mailbox, marker)
    except (GraphError, TimeoutError):
        return lost
    gone = [await _undone(tenant, mailbox, each.id, each.etag) for each in found]
    return WroteAndUndid(all(gone), lost.at) if gone else lost

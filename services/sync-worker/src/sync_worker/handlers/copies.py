"""The copy of a meeting that a write is about: found, read and compared before it is touched."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias
from uuid import UUID

from graphclient.errors import Forbidden, MailboxUnsupported, NotFound
from graphclient.models import Event

from ..domain.booking import SHOWS_WITHIN, Row
from ..domain.intent import Content, Intent
from ..domain.mirror import Sighting, Unreadable
from ..domain.schedule import backoff
from .desk import Desk

MOST_ROUNDS: Final = 3  # of reading and writing an event that changes under our hands
_EVENT_GONE = "erroritemnotfound"
_AROUND = timedelta(minutes=1)
_MEETINGS_TRIED: Final = 3


@dataclass(frozen=True, slots=True)
class Gone:
    """There is no such event, or it is cancelled."""


@dataclass(frozen=True, slots=True)
class Copy:
    """The event as it is; `seen` where it was read, None where it is known from our own last look."""

    id: str
    etag: str
    ical_uid: str | None
    starts: datetime
    ends: datetime
    subject: str
    seen: Sighting | None = None


State: TypeAlias = Copy | Gone


def is_event_gone(error: NotFound) -> bool:
    """Whether the event is missing and not the mailbox (graph-calendar §2.8)."""
    return (error.code or "").lower() == _EVENT_GONE


async def state_of_copy(
    desk: Desk, mailbox: UUID | str, event_id: str | None, intent: Intent | None = None
) -> State:
    """The copy as Graph has it; without an id it is looked for in the intent's slot by its iCalUId.

    Raises NotFound where the mailbox itself is missing.
    """
    if event_id is None:
        return await _by_uid(desk, mailbox, intent)
    if (
        intent is not None
        and intent.etag is not None
        and intent.attempts <= 1
        and intent.base is not None
    ):
        # The state of our own last look at the room: If-Match tells if it is no longer true.
        base = intent.base
        return Copy(
            event_id,
            intent.etag,
            intent.ical_uid,
            base.starts,
            base.ends,
            base.subject,
        )
    try:
        event = await desk.diary.event(mailbox, event_id)
    except NotFound as error:
        if is_event_gone(error):
            return await _by_uid(desk, mailbox, intent)  # a mailbox that moved has other ids
        raise
    return _state(desk, event)


async def known_by_id(desk: Desk, intent: Intent, copy: Copy) -> Intent:
    """The intent with the id of its copy, committed: if the write's answer is lost, the organiser may have moved it by then."""
    if intent.event_id is not None:
        return intent
    known = replace(intent, event_id=copy.id)
    await desk.save(known)
    return known


def may_show_later(desk: Desk, intent: Intent) -> bool:
    """Whether the event was written so lately that a read may lag behind: then one 404 proves nothing."""
    now = desk.held.clock()
    if now - intent.created_at >= SHOWS_WITHIN:
        return False
    row = desk.held.mirrored.rows.get(intent.booking_id)
    lately = row is not None and intent.created_at - row.changed_at < SHOWS_WITHIN
    return intent.command is None or lately


async def look_later(desk: Desk, intent: Intent) -> None:
    """Leave it for a read that lags less; raises LeaseLost."""
    later = desk.held.clock() + backoff(intent.attempts)
    due_at = min(later, intent.created_at + SHOWS_WITHIN)
    await desk.save(replace(intent, due_at=due_at))


async def alive(desk: Desk, intent: Intent) -> list[Event]:
    """The events that carry the marker of what an intent makes, the same one first at every look. Raises GraphError."""
    try:
        found = await desk.diary.marked_events(desk.mailbox_of(intent), intent.marker)
    except (Forbidden, NotFound, MailboxUnsupported):
        return []  # nothing of ours can be in a calendar that is not there; the write says what is
    return sorted((each for each in found if not each.is_cancelled), key=lambda each: each.id)


async def _by_uid(desk: Desk, mailbox: UUID | str, intent: Intent | None) -> State:
    """The copy of a meeting whose id there we do not know; iCalUIds are compared here, Graph is asked for a span only."""
    if intent is None or intent.ical_uid is None:
        return Gone()
    if intent.occurrence_at is not None:
        return await _master_by_uid(desk, mailbox, intent.ical_uid, await _meetings(desk, intent))
    # Where it was when this was decided on, and where an attempt whose answer was lost has put it.
    places = [intent.base, intent.content] if intent.base is not None else [intent.content]
    for where in places:
        if (copy := await _copy_at(desk, mailbox, intent, where)) is not None:
            return copy
    in_room = str(mailbox) == desk.room
    moved = None if in_room else await _as_the_room_shows_it(desk, intent)
    if moved is None or moved in places:
        return Gone()
    return await _copy_at(desk, mailbox, intent, moved) or Gone()


async def _copy_at(desk: Desk, mailbox: UUID | str, intent: Intent, where: Content) -> Copy | None:
    copies: list[Copy] = []
    slot = where.occupied
    view = desk.diary.calendar_view(mailbox, slot.starts - _AROUND, slot.ends + _AROUND)
    async for page in view:
        found = [_state(desk, each) for each in page.events if each.ical_uid == intent.ical_uid]
        copies += [each for each in found if isinstance(each, Copy)]
    row = desk.held.mirrored.rows.get(intent.booking_id)
    meant = [each for each in copies if _is_meant(each, where, row)]
    meant.sort(key=lambda copy: not where.at_same_time(copy.starts, copy.ends))  # used at once
    return meant[0] if meant else None


def _is_meant(copy: Copy, where: Content, row: Row | None) -> bool:
    """Meetings of one series may share their iCalUId: the others of the series are not meant, though ours be gone."""
    if copy.seen is None or copy.seen.kind == "single":
        return True
    original = copy.seen.original_start
    if original is None or row is None or row.original_start is None:
        return where.at_same_time(copy.starts, copy.ends)
    return original == row.original_start


async def _as_the_room_shows_it(desk: Desk, intent: Intent) -> Content | None:
    """Moved by its organiser without our having heard of it, its copy in the room says where to."""
    row = desk.held.mirrored.rows.get(intent.booking_id)
    if row is None or not row.bound:
        return None
    here = await state_of_copy(desk, desk.held.claim.mailbox_id, row.event_id)
    return None if isinstance(here, Gone) else intent.content.at(here.starts, here.ends)


async def _meetings(desk: Desk, intent: Intent) -> list[datetime]:
    """When a few meetings of its series are: the one it was decided by may have moved since."""
    row = desk.held.mirrored.rows.get(intent.booking_id)
    known: list[Row] = []
    if row is not None:
        await desk.held.mirrored.load([], [row.event_id])
        known = desk.held.mirrored.occurrences(row)
    starts = sorted(each.occupied.starts for each in known)[:_MEETINGS_TRIED]
    first = [] if intent.occurrence_at is None else [intent.occurrence_at]
    return list(dict.fromkeys((*first, *starts)))


async def _master_by_uid(
    desk: Desk, mailbox: UUID | str, uid: str, meetings: Sequence[datetime]
) -> State:
    """The organiser's copy of a series made in Outlook: the masters of what shows at these times are compared."""
    compared: set[str] = set()
    for at in meetings:
        view = desk.diary.calendar_view(mailbox, at - _AROUND, at + _AROUND)
        masters = {event.series_master_id async for page in view for event in page.events}
        for master_id in sorted(each for each in masters - compared if each is not None):
            compared.add(master_id)
            master = await desk.diary.event(mailbox, master_id)
            if master.ical_uid == uid:
                return _state(desk, master)
    return Gone()


def _state(desk: Desk, event: Event) -> State:
    try:
        seen = desk.held.mirrored.sight(event)
    except Unreadable:
        return Gone()
    if event.is_cancelled:
        return Gone()
    return Copy(
        id=event.id,
        etag=event.etag,
        ical_uid=event.ical_uid,
        starts=seen.starts,
        ends=seen.ends,
        subject=(event.subject or "").strip(),
        seen=seen,
    )

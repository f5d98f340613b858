"""Events that the mirror does not know though it has, or had, their booking: told by iCalUId or by our marker (design §5.2)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from graphclient import MARKER
from graphclient.errors import Forbidden, MailboxUnsupported, NotFound
from graphclient.models import Event

from ..domain.adoption import Marked, renamed, restored
from ..domain.booking import Row
from ..domain.changes import Seen
from ..domain.mirror import Sighting
from .asking import ask
from .copies import is_event_gone
from .holding import Holding
from .needs import Diary

log = structlog.get_logger()

_MOST_LOOKED_UP: Final = 30  # per pass: other rooms want their turn
_LONGEST: Final = timedelta(seconds=10)  # per page: the lease is renewed when it is committed
_ASKED_PER_LEASE: Final = 60
_AROUND: Final = timedelta(minutes=1)


async def under_new_ids(held: Holding, diary: Diary, seen: Sequence[Seen]) -> list[Row]:
    """Rows of meetings whose event id is another one now, the mailbox having moved; raises GraphError."""
    unknown = _unknown(held, seen)
    if not unknown:
        return []
    await held.occupancy()
    pairs = renamed(held.rows.values(), unknown)
    found: list[Row] = []
    for start in range(0, len(pairs), _ASKED_PER_LEASE):
        some = pairs[start : start + _ASKED_PER_LEASE]
        answers = await ask(diary, held.claim.mailbox_id, [row.event_id for row, _ in some])
        if answers.failure is not None:
            raise answers.failure
        found += [
            replace(row, event_id=one.event_id)
            for row, one in some
            if row.event_id in answers.missing
        ]
        await held.write_state()  # renews the lease
    if found:
        log.info("event_ids_changed", room=str(held.claim.room_id), events=len(found))
    return found


async def by_marker(
    held: Holding, diary: Diary, seen: Sequence[Seen], known: Sequence[Row] = ()
) -> list[Row]:
    """In observe mode the bookings that unknown events are by our marker, which live mode knows otherwise.

    What could not be looked up in this pass is kept back. Raises GraphError.
    """
    if held.options.writes:
        return []
    rows: list[Row] = []
    until = held.clock() + _LONGEST
    for one in _unknown(held, seen, known):
        if sum(held.looked_up.values()) >= _MOST_LOOKED_UP or held.clock() > until:
            held.looked_up[one.event_id] = False
            continue
        marked = await _marked(held, diary, one)
        row = None if marked is None else await _row(held, one, marked, rows)
        if row is not None:
            rows.append(row)
        held.looked_up[one.event_id] = True
    if rows:
        log.info("own_bookings_recognised", room=str(held.claim.room_id), events=len(rows))
    return rows


def _unknown(held: Holding, seen: Sequence[Seen], known: Sequence[Row] = ()) -> list[Sighting]:
    """Living single events that no row has, not even as the awaited copy of what we wrote."""
    rows = [*held.rows.values(), *known]
    events = {row.event_id for row in rows}
    awaited = {row.ical_uid for row in rows if not row.bound}
    return [
        each.sighting
        for each in seen
        if each.sighting.kind == "single"
        and each.sighting.answer != "cancelled"
        and each.sighting.event_id not in events
        and each.sighting.ical_uid not in awaited - {None}
    ]


async def _marked(held: Holding, diary: Diary, one: Sighting) -> Marked | None:
    room = held.claim.mailbox_id
    try:
        here = await diary.marking(room, one.event_id)
        if here.organized_here:
            return _read(here.value(MARKER), one.subject)
    except NotFound as error:
        if is_event_gone(error):
            return None  # its hint proves it
        raise
    if not one.organizer_email or one.ical_uid is None:
        return None
    mailbox = one.organizer_email.lower()
    try:
        copy = await _copy(diary, mailbox, one)
        if copy is None:
            return None
        there = await diary.marking(mailbox, copy.id)
    except (Forbidden, NotFound, MailboxUnsupported):
        return None  # outside the tenant nothing is ours
    return _read(there.value(MARKER), (copy.subject or "").strip(), mailbox, copy.id)


async def _copy(diary: Diary, mailbox: str, one: Sighting) -> Event | None:
    """The organiser's copy; iCalUIds are compared here, Graph is asked for a span only."""
    async for page in diary.calendar_view(mailbox, one.starts - _AROUND, one.ends + _AROUND):
        for event in page.events:
            if event.ical_uid == one.ical_uid:
                return event
    return None


def _read(
    value: str | None, subject: str, mailbox: str | None = None, event_id: str | None = None
) -> Marked | None:
    try:
        return (
            None
            if value is None
            else Marked(UUID(value.partition("/")[0]), subject, mailbox, event_id)
        )
    except ValueError:
        return None


async def _row(held: Holding, one: Sighting, marked: Marked, rows: Sequence[Row]) -> Row | None:
    """None where the marker came along with a copy of the event, or with another room's invitation."""
    booking = marked.booking_id
    if any(row.id == booking for row in rows) or await held.elsewhere(booking):
        return None
    await held.load([booking], [])
    return restored(held.rows.get(booking), one, marked, held.clock())

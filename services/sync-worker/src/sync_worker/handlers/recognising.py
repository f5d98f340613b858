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
from ..domain.mirror import Sighting, Unreadable
from .asking import ask
from .copies import is_event_gone
from .holding import Holding
from .masters import master_of, ours_under_new_ids, unknown_series
from .needs import Diary

log = structlog.get_logger()

_MOST_LOOKED_UP: Final = 30  # per pass: other rooms want their turn
_LONGEST: Final = timedelta(seconds=10)  # per page: the lease is renewed when it is committed
_ASKED_PER_LEASE: Final = 60
_AROUND: Final = timedelta(minutes=1)


async def under_new_ids(held: Holding, diary: Diary, seen: Sequence[Seen]) -> list[Row]:
    """Rows of meetings whose event id is another one now, the mailbox having moved; raises GraphError."""
    series = await ours_under_new_ids(held, diary, seen)
    unknown = _unknown(held, seen)
    if not unknown:
        return series
    await held.mirrored.occupancy()
    pairs = renamed(held.mirrored.rows.values(), unknown)
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
    return [*series, *found]


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
    singles = [[one] for one in _unknown(held, seen, known)]
    for shown in (*singles, *unknown_series(held, seen).values()):
        names = [one.event_id for one in shown]
        if sum(held.looked_up.values()) >= _MOST_LOOKED_UP or held.clock() > until:
            held.looked_up |= dict.fromkeys(names, False)
            continue
        row = await _recognised(held, diary, shown[0], rows)
        if row is not None:
            rows.append(row)
        # A series is one look, however many meetings it has.
        held.looked_up |= dict.fromkeys(names, True)
    if rows:
        log.info("own_bookings_recognised", room=str(held.claim.room_id), events=len(rows))
    return rows


def _unknown(held: Holding, seen: Sequence[Seen], known: Sequence[Row] = ()) -> list[Sighting]:
    """Living single events that no row has, not even as the awaited copy of what we wrote."""
    rows = [*held.mirrored.rows.values(), *known]
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


async def _recognised(
    held: Holding, diary: Diary, one: Sighting, rows: Sequence[Row]
) -> Row | None:
    """The booking of a single event, or of the series that a meeting is of; None where it is not ours."""
    meeting = one
    if one.master_id is not None:
        master = await master_of(held, diary, one.master_id)
        if master is None:
            return None
        try:
            one = held.mirrored.sight(master)
        except Unreadable:
            return None
    marked = await _marked(held, diary, one, meeting)
    row = None if marked is None else await _row(held, one, marked, rows)
    if row is not None and row.is_own_series:
        held.mirrored.series.bind(row.event_id, row.id)
    return row


async def _marked(held: Holding, diary: Diary, one: Sighting, meeting: Sighting) -> Marked | None:
    """What the marker says, in the room's calendar or its organiser's, looked for at the time of this meeting."""
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
        copy = await _copy(diary, mailbox, one, meeting)
        if copy is None:
            return None
        there = await diary.marking(mailbox, copy.id)
    except (Forbidden, NotFound, MailboxUnsupported):
        return None  # outside the tenant nothing is ours
    return _read(there.value(MARKER), (copy.subject or "").strip(), mailbox, copy.id)


async def _copy(diary: Diary, mailbox: str, one: Sighting, meeting: Sighting) -> Event | None:
    """The organiser's copy; iCalUIds are compared here, Graph is asked for a span only."""
    masters: dict[str, None] = {}
    slot = meeting.occupied
    async for page in diary.calendar_view(mailbox, slot.starts - _AROUND, slot.ends + _AROUND):
        for event in page.events:
            if one.kind == "single" and event.ical_uid == one.ical_uid:
                return event
            if one.kind == "master" and event.series_master_id is not None:
                masters[event.series_master_id] = None
    for master_id in masters:
        master = await diary.event(mailbox, master_id)
        if master.ical_uid == one.ical_uid:
            return master
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
    if any(row.id == booking for row in rows) or await held.mirrored.elsewhere(booking):
        return None
    await held.mirrored.load([booking], [])
    return restored(held.mirrored.rows.get(booking), one, marked, held.clock())

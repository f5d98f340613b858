"""Following hints: read what they point to, at most once per state, and prove removals by asking twice."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from graphclient.errors import GraphError, NotFound
from graphclient.models import Event

from ..domain.absence import Lacking, after_missing
from ..domain.changes import Seen
from ..domain.enclosed import CONFIRMED_AFTER
from ..domain.mirror import Unreadable
from ..domain.reading import Drop, Pending, Read, Wait, answered, by_event, decide, missing
from .asking import Answers, ask
from .enclosures import Enclosures
from .holding import Holding
from .needs import Diary
from .recognising import by_marker

log = structlog.get_logger()

_MOST_ASKED = 60  # per pass: other rooms want their turn
_KEPT = timedelta(days=30)


@dataclass(slots=True)
class _Found:
    """What one round of questions brought."""

    seen: list[Seen] = field(default_factory=list)
    gone: list[UUID] = field(default_factory=list)
    lacking: list[Lacking] = field(default_factory=list)
    failure: GraphError | None = None


async def follow_hints(held: Holding, calendar: Diary, enclosures: Enclosures) -> None:
    """Deal with the pending hints; those that must wait stay pending. Raises GraphError, LeaseLost, NotConfirmed."""
    now = held.clock()
    waiting: list[Pending] = []
    reads: dict[str, tuple[Pending, ...]] = {}
    found = _Found()
    received: dict[str, datetime] = {}
    for event_id, hints in by_event(held.pending).items():
        match decide(hints, held.mirrored.row_of(event_id), now):
            case Drop():
                pass
            case Wait(pending):
                waiting.extend(pending)
            case Read(pending):
                received[event_id] = pending[0].received_at
                seen = enclosures.seen(held, event_id, pending)
                if seen is None:
                    reads[event_id] = pending
                else:
                    found.seen.append(seen)
                    found.lacking.append(Lacking(event=event_id, ask_at=now + CONFIRMED_AFTER))
    if reads:
        answers = await ask(calendar, held.claim.mailbox_id, list(reads))
        found.failure = answers.failure
        for event_id, hints in reads.items():
            waiting.extend(await _digest(held, calendar, answers, event_id, hints, found))
    if received:
        await _write(held, calendar, found, received, waiting)
        return
    held.pending = tuple(waiting)


async def ask_lacking(held: Holding, calendar: Diary) -> None:
    """Ask for events that window reads lacked; raises GraphError, LeaseLost, NotConfirmed."""
    now = held.clock()
    due = [each for each in held.state.lacking if each.ask_at <= now][:_MOST_ASKED]
    if not due:
        return
    names = [each.event for each in due]
    await held.mirrored.load([], names)
    answers = await ask(calendar, held.claim.mailbox_id, names)
    found = _Found(failure=answers.failure)
    left: dict[str, Lacking | None] = {}
    for each in due:
        if each.event in answers.events:
            event = answers.events[each.event]
            done = await _sighted(held, calendar, event, (), found, afresh=True)
            left[each.event] = None if done else each
        elif each.event in answers.missing:
            again = after_missing(each, held.clock(), _settles_at(held, each.event))
            left[each.event] = again
            if again is None:
                found.gone.extend(_standing(held, each.event))
        elif each.event in answers.refused:
            left[each.event] = None
    still = [left.get(each.event, each) for each in held.state.lacking]
    held.state = replace(held.state, lacking=tuple(each for each in still if each is not None))
    await _write(held, calendar, found, {}, held.pending)


async def _write(
    held: Holding,
    calendar: Diary,
    found: _Found,
    hints: dict[str, datetime],
    waiting: Sequence[Pending],
) -> None:
    held.owe(found.lacking)
    rows = await by_marker(held, calendar, found.seen)
    await held.commit(found.seen, found.gone, hints, rows=rows)
    held.pending = tuple(waiting)
    if found.failure is not None:
        raise found.failure


async def _digest(
    held: Holding,
    calendar: Diary,
    answers: Answers,
    event_id: str,
    hints: tuple[Pending, ...],
    found: _Found,
) -> tuple[Pending, ...]:
    """What an answer means for the hints that asked; those that still wait."""
    now = held.clock()
    event = answers.events.get(event_id)
    if event is not None:
        after = answered(hints, held.mirrored.row_of(event_id), event.etag, now)
        if await _sighted(held, calendar, event, after.etags, found):
            return after.waiting
        return hints
    if event_id in answers.missing:
        standing = _standing(held, event_id)
        if not standing and held.mirrored.row_of(event_id) is not None:
            return ()  # gone before, and still gone
        result = missing(
            hints, known=bool(standing), now=now, settles_at=_settles_at(held, event_id)
        )
        if result.gone:
            await held.mirrored.load([], [event_id])
            found.gone.extend(_standing(held, event_id))
        return result.waiting
    if event_id in answers.refused:
        return missing(hints, known=False, now=now).waiting
    return hints


def _settles_at(held: Holding, event_id: str) -> datetime | None:
    row = held.mirrored.row_of(event_id)
    return None if row is None else row.settles_at(held.clock())


def _standing(held: Holding, event_id: str) -> list[UUID]:
    return [
        row.id
        for row in held.mirrored.rows.values()
        if row.removed_at is None and event_id in {row.event_id, row.master_id}
    ]


async def _sighted(
    held: Holding,
    calendar: Diary,
    event: Event,
    etags: tuple[str, ...],
    found: _Found,
    *,
    afresh: bool = False,
) -> bool:
    """Take in an event, a series with its instances; False if a failure came in between.

    The instances of a series in a state we know are read only `afresh`.
    """
    room_id = held.claim.room_id
    try:
        sighting = held.mirrored.sight(event)
    except Unreadable as error:
        log.warning("event_not_a_booking", room=str(room_id), reason=str(error))
        return True
    old = held.mirrored.row_of(event.id)
    if sighting.kind == "master":
        if old is not None and old.kind == "master" and old.etag == event.etag and not afresh:
            found.seen.append(Seen(sighting, etags))
            return True
        return await _series(held, calendar, Seen(sighting, etags), found)
    if old is None and sighting.kind != "single":
        await held.mirrored.load(
            [sighting.id], []
        )  # the occurrence may be known under another event id
    if old is not None and old.kind == "master":
        # No longer a series: its occurrences are asked for one by one.
        lost = await held.mirrored.lacking_of(event.id, [], held.window())
        found.lacking.extend(Lacking(event=row.event_id, ask_at=held.clock()) for row in lost)
    if (
        old is None
        and sighting.id not in held.mirrored.rows
        and sighting.occupied.ends < held.clock() - _KEPT
    ):
        return True
    found.seen.append(Seen(sighting, etags))
    return True


async def _series(held: Holding, calendar: Diary, master: Seen, found: _Found) -> bool:
    window = held.window()
    master_id = master.sighting.event_id
    try:
        instances = await calendar.instances(
            held.claim.mailbox_id, master_id, window.start, window.end
        )
    except NotFound:
        return False  # gone between two requests: its hint stays and proves it
    except GraphError as error:
        found.failure = error
        return False
    seen = list(sightings(held, instances))
    lost = await held.mirrored.lacking_of(master_id, seen, window)
    found.seen.extend((*seen, master))
    found.lacking.extend(Lacking(event=row.event_id, ask_at=held.clock()) for row in lost)
    return True


def sightings(held: Holding, events: Sequence[Event]) -> list[Seen]:
    """The events that can be bookings; others are left out and said so."""
    seen: list[Seen] = []
    for event in events:
        try:
            seen.append(Seen(held.mirrored.sight(event)))
        except Unreadable as error:
            log.warning("event_not_a_booking", room=str(held.claim.room_id), reason=str(error))
    return seen

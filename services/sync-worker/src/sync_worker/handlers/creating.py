"""Making an event: in the organiser's calendar with the room invited, or in the room's own (design §5.3)."""

from dataclasses import replace

import structlog

from graphclient import Invitee, NewEvent, Written
from graphclient.errors import Conflict

from ..domain.booking import SHOWS_WITHIN
from ..domain.expected import expected
from ..domain.intent import Intent
from ..domain.mirror import Sighting
from ..domain.recurrence import local, read
from ..domain.schedule import backoff
from ..domain.work import Effects
from .copies import Copy, Gone, state_of_copy
from .desk import Desk
from .second_look import second_look

log = structlog.get_logger()


async def create(desk: Desk, intent: Intent) -> Intent | None:
    """Write it under its transactionId, once; what is to be written next. Raises GraphError, LeaseLost, NotConfirmed."""
    if intent.by_answer and intent.event_id is None:
        try:
            new = _new_event(desk, intent)
            written = await desk.diary.create_event(desk.mailbox_of(intent), new)
        except Conflict as duplicate:
            known = replace(intent, event_id=duplicate.existing_id, by_answer=False)
            intent = replace(known, written_at=desk.held.clock())
        else:
            if intent.path == "direct":  # should the second look fail, it is known what was made
                known = replace(intent, event_id=written.id, etag=written.etag)
                await desk.save(replace(known, written_at=desk.held.clock()))
            return await created(desk, intent, written)
    found = await _made_before(desk, intent)
    if found is not None and found.seen is not None:
        made = Written(found.id, found.etag, found.ical_uid)
        return await created(desk, intent, made, found.seen)
    await _made_and_gone(desk, intent)
    return None


async def created(
    desk: Desk, intent: Intent, written: Written, found: Sighting | None = None
) -> Intent | None:
    """Our event is there: pending until the room has answered, or looked at once more where nobody else checks.

    `found`: as it was found, where its making was not answered; somebody may have changed it since.
    """
    done = intent.written(
        desk.held.clock(),
        event_id=written.id,
        etag=written.etag,
        ical_uid=written.ical_uid,
        by_answer=found is None,
    )
    if found is not None:
        await desk.held.mirrored.load(
            [], [written.id]
        )  # it may have been taken for somebody else's
    if intent.path == "direct":
        if (
            found is not None
        ):  # should the look fail, and somebody cancel it, it is known that it was there
            await desk.save(replace(intent, event_id=written.id, etag=written.etag))
        return await second_look(desk, done, found, intent.etag)
    row = expected(done, desk.held.mirrored.rows.get(done.booking_id), desk.held.clock())
    await desk.held.commit([], [], rows=[row], effects=Effects(intents=(done,)))
    return None


def _new_event(desk: Desk, intent: Intent) -> NewEvent:
    content, address = intent.content, desk.held.errands.address
    invited = intent.path == "organizer" and address is not None
    recurrence = None
    if content.recurrence is not None:
        first = local(content.starts, content.time_zone, all_day=content.all_day).date()
        recurrence = read(content.recurrence, first)
    return NewEvent(
        subject=content.subject,
        start=content.starts,
        end=content.ends,
        time_zone=content.time_zone,
        all_day=content.all_day,
        transaction_id=intent.transaction_id,
        marker=intent.marker,
        room=Invitee(address.name, address.mailbox) if invited and address else None,
        recurrence=recurrence,
    )


async def _made_before(desk: Desk, intent: Intent) -> Copy | None:
    """What Graph made under this transactionId before, if it lives (graph-calendar §2.3)."""
    if intent.event_id is None:
        return None
    copy = await state_of_copy(desk, desk.mailbox_of(intent), intent.event_id)
    return None if isinstance(copy, Gone) else copy


async def _made_and_gone(desk: Desk, intent: Intent) -> None:
    """It was made and is not to be seen: not yet, or somebody has cancelled it, and then it stays cancelled."""
    now = desk.held.clock()
    if now - (intent.written_at or intent.created_at) < SHOWS_WITHIN:
        await desk.save(replace(intent, due_at=now + backoff(intent.attempts)))
        return
    log.info("cancelled_before_it_was_known", booking=str(intent.booking_id))
    await desk.abandon(intent, "stale", "The meeting was cancelled in Outlook meanwhile.")

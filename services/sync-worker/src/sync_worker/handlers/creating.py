"""Making an event: in the organiser's calendar with the room invited, or in the room's own (design §5.3)."""

from dataclasses import replace

import structlog

from graphclient import Invitee, NewEvent, Written
from graphclient.errors import Conflict

from ..domain.intent import MOST_NUMBERS, Intent
from ..domain.recurrence import local, read
from ..domain.work import Effects
from .answering import row_of, second_look
from .copies import Gone, State, state_of_copy
from .desk import Desk

log = structlog.get_logger()


async def create(desk: Desk, intent: Intent) -> Intent | None:
    """Write it under its transactionId; what is to be written next. Raises GraphError, LeaseLost, NotConfirmed."""
    while True:
        try:
            written = await desk.diary.create_event(
                desk.mailbox_of(intent), _new_event(desk, intent)
            )
        except Conflict as error:
            duplicate = error
        else:
            return await created(desk, intent, written)
        known = await _made_before(desk, intent, duplicate)
        if known is not None:
            return await created(desk, intent, known, by_answer=False)
        if intent.number >= MOST_NUMBERS:
            booking = str(intent.booking_id)
            log.error("transaction_ids_used_up", booking=booking, code=duplicate.code)
            text = "Microsoft 365 says that this booking was made and removed."
            await desk.abandon(intent, "invalid", text)
            return None
        intent = await desk.ready(replace(intent, number=intent.number + 1))


async def created(
    desk: Desk, intent: Intent, written: Written, *, by_answer: bool = True
) -> Intent | None:
    """Our event is there: pending until the room has answered, or looked at once more where nobody else checks."""
    done = intent.written(
        desk.held.clock(),
        event_id=written.id,
        etag=written.etag,
        ical_uid=written.ical_uid,
        by_answer=by_answer,
    )
    if intent.path == "direct":
        return await second_look(desk, done)
    row = row_of(desk, done)
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


async def _made_before(desk: Desk, intent: Intent, duplicate: Conflict) -> Written | None:
    """What Graph made under this transactionId before, if it lives (graph-calendar §2.3)."""
    copy: State = Gone()
    if duplicate.existing_id is not None:
        copy = await state_of_copy(desk, desk.mailbox_of(intent), duplicate.existing_id)
    return None if isinstance(copy, Gone) else Written(copy.id, copy.etag, copy.ical_uid)

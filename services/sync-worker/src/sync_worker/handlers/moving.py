"""A booking that moves to another room: booked there first, given up here once that room has accepted (design §5.3)."""

from dataclasses import replace
from datetime import timedelta

from contracts.commands import Book, Change, Person
from graphclient.errors import Forbidden, MailboxUnsupported, NotFound

from ..domain.changes import withdrawn
from ..domain.command import Asked, Key, accepted, rejected
from ..domain.intent import Content, Intent
from ..domain.work import Effects
from .copies import Copy, Gone, State, look_later, may_show_later, state_of_copy
from .desk import Desk
from .errands import removal

_OVERTAKEN = "The meeting was changed or cancelled in Outlook meanwhile."
_LOOKS_AGAIN = timedelta(seconds=5)  # the other room's holder rouses this one; that may be lost


def handed_over(desk: Desk, intent: Intent, asked: Asked) -> Asked:
    """The command to the other room, the same at every attempt."""
    content = intent.content
    to_room = intent.to_room
    if to_room is None:
        raise ValueError("a move needs a room to go to")
    order = Book(
        booking_id=intent.booking_id,
        room_id=to_room,
        sequence=asked.sequence,
        start=content.starts,
        end=content.ends,
        all_day=content.all_day,
        time_zone=content.time_zone,
        subject=content.subject,
        organizer=Person(name=content.organizer_name, email=content.organizer_email),
        not_after=asked.order.not_after,
    )
    room_id = desk.held.claim.room_id
    key = Key(f"/clearooms/rooms/{room_id}", str(intent.id))
    return Asked(key, order, intent.created_at, for_room=room_id)


async def hand_over(desk: Desk, intent: Intent) -> None:
    """Ask the other room for the booking as it is now; raises GraphError, LeaseLost, DatabaseUnavailable."""
    asked = desk.held.errands.command(intent.command)
    mailbox = desk.mailbox_of(intent)
    copy = await state_of_copy(desk, mailbox, intent.event_id, replace(intent, etag=None))
    if not _is_as_known(intent, copy) and may_show_later(desk, intent):
        await look_later(desk, intent)  # a read that lags shows what it was before our last write
        return
    content = None if isinstance(copy, Gone) or asked is None else _as_it_is(intent, asked, copy)
    if asked is None or content is None:
        await desk.abandon(intent, "stale", _OVERTAKEN)
        return
    now = desk.held.clock()
    moving = replace(intent, content=content)
    claim = desk.held.claim
    await desk.outgoing.hand_over(claim.organisation_id, handed_over(desk, moving, asked), now)
    await desk.save(replace(moving, stage="written", written_at=now, due_at=now + _LOOKS_AGAIN))


def _is_as_known(intent: Intent, copy: State) -> bool:
    base = intent.base
    if isinstance(copy, Gone):
        return False
    return base is None or (
        base.at_same_time(copy.starts, copy.ends) and base.subject == copy.subject
    )


def _as_it_is(intent: Intent, asked: Asked, copy: Copy) -> Content | None:
    """What the command leaves alone goes along as Outlook shows it; None where both sides moved the booking."""
    order, base = asked.order, intent.base
    if not isinstance(order, Change) or base is None:
        return intent.content
    content = intent.content
    if not base.at_same_time(copy.starts, copy.ends):
        if order.start is not None or order.end is not None:
            return None
        content = content.at(copy.starts, copy.ends)
    return content if order.subject is not None else replace(content, subject=copy.subject)


async def settle_moves(desk: Desk) -> None:
    """End the moves that the other room has answered. Raises GraphError, LeaseLost, NotConfirmed, DatabaseUnavailable."""
    held = desk.held
    for intent in held.errands.intents:
        asked = held.errands.command(intent.command)
        if intent.step != "move" or intent.stage != "written" or asked is None:
            continue
        now = held.clock()
        key = handed_over(desk, intent, asked).key
        result = await desk.outgoing.outcome(held.claim.organisation_id, key)
        if result is None:
            if intent.due_at <= now:
                await desk.save(replace(intent, due_at=now + _LOOKS_AGAIN))
            continue
        done = Effects(intents=(replace(intent, stage="done", ended_at=now),))
        if result.outcome == "rejected" and result.reason is not None:
            refused = rejected(
                asked, held.claim.room_id, result.reason, result.text, result.alternatives
            )
            await held.decided(asked, refused, done)
            continue
        there = accepted(asked, result.room_id or held.claim.room_id)
        there = there.model_copy(update={"version": result.version})
        await _send_after(desk, intent, there.version or 0)
        await _give_up(desk, intent, done | held.errands.decision(asked, there, now))


async def _send_after(desk: Desk, intent: Intent, version: int) -> None:
    """What its people changed in Outlook after the other room was asked goes there as well, as a change of `version`."""
    try:
        copy = await state_of_copy(desk, desk.mailbox_of(intent), intent.event_id)
    except (Forbidden, NotFound, MailboxUnsupported):
        return  # a calendar that is out of reach by now keeps no move from ending
    told = [intent.content, *([] if intent.base is None else [intent.base])]
    if isinstance(copy, Gone):
        return
    moved = not any(each.at_same_time(copy.starts, copy.ends) for each in told)
    renamed = copy.subject not in {each.subject for each in told}
    if not moved and not renamed:
        return
    order = Change(
        booking_id=intent.booking_id,
        sequence=1,
        base_version=version,
        start=copy.starts if moved else None,
        end=copy.ends if moved else None,
        subject=copy.subject if renamed else None,
    )
    claim = desk.held.claim
    key = Key(f"/clearooms/moves/{intent.id}", "after")
    asked = Asked(key, order, desk.held.clock(), for_room=claim.room_id)
    await desk.outgoing.hand_over(claim.organisation_id, asked, desk.held.clock())


async def _give_up(desk: Desk, intent: Intent, effects: Effects) -> None:
    held = desk.held
    now = held.clock()
    row = held.mirrored.rows.get(intent.booking_id)
    # Declined here meanwhile, it still stands in its organiser's calendar.
    rows = [] if row is None or row.removed_at is not None else [withdrawn(row, now)]
    old = replace(intent, content=intent.base or intent.content)
    gone = replace(removal(old, now), ical_uid=intent.ical_uid)
    await held.commit([], [], rows=rows, effects=effects | Effects(intents=(gone,)))

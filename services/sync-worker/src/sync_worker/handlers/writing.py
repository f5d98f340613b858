"""Carrying out an intent: one write to Graph, its outcome committed, doubts left to the next attempt (design §5.3)."""

from dataclasses import replace
from datetime import timedelta
from typing import assert_never
from uuid import UUID, uuid5

import structlog
from prometheus_client import Counter

from contracts.commands import Cancel
from contracts.identity import NAMESPACE
from graphclient import EventChange, Invitee, NewEvent, Written
from graphclient.errors import (
    Changed,
    Conflict,
    CredentialsRejected,
    Forbidden,
    GraphError,
    MailboxUnsupported,
    Malformed,
    NotFound,
    Rejected,
    Throttled,
    Unavailable,
)

from ..domain.booking import Row
from ..domain.changes import removed
from ..domain.command import accepted, rejected
from ..domain.intent import MOST_NUMBERS, Intent
from ..domain.room import LeaseLost
from ..domain.schedule import backoff
from ..domain.work import Effects
from .answering import new_row, second_look
from .copies import Gone, State, is_event_gone, state_of_copy
from .desk import Desk

log = structlog.get_logger()

writes = Counter("sync_writes_total", "Writes begun at Graph", ["step", "path"])

_LONGEST_WAIT = timedelta(seconds=30)  # somebody is waiting for the answer
_MOST_ROUNDS = 3  # an event that changes under our hands
_UNREACHABLE = (Forbidden, NotFound, MailboxUnsupported)


async def carry_out(desk: Desk, intent: Intent, *, begun: bool = False) -> None:
    """Do what an intent says; raises LeaseLost, NotConfirmed, and the GraphErrors that concern the whole room.

    `begun`: it was committed just now, this attempt counted.
    """
    if not begun:
        intent = await desk.ready(intent)
    elif not desk.held.may_write():
        raise LeaseLost
    writes.labels(intent.step, intent.path).inc()
    try:
        match intent.step:
            case "create":
                await _create(desk, intent)
            case "change" | "restore":
                await _change(desk, intent)
            case "invite":
                await _invite(desk, intent)
            case "cancel" | "delete" | "decline":
                await _take_away(desk, intent)
            case _:
                assert_never(intent.step)
    except CredentialsRejected:
        raise
    except (Throttled, Unavailable, Malformed, Changed) as error:
        await _postpone(desk, intent, error)
    except _UNREACHABLE as error:
        if intent.path == "direct":
            raise
        await _unreachable(desk, intent, error)
    except Rejected as error:
        await _refused(desk, intent, error)


async def created(desk: Desk, intent: Intent, written: Written, *, by_answer: bool = True) -> None:
    """Our event is there: pending until the room has answered, or looked at once more where nobody else checks."""
    now = desk.held.clock()
    done = intent.written(
        now,
        event_id=written.id,
        etag=written.etag,
        ical_uid=written.ical_uid,
        by_answer=by_answer,
    )
    if intent.path == "direct":
        await desk.save(done)
        await second_look(desk, done)
        return
    row = desk.held.rows.get(intent.booking_id) or new_row(desk, done)
    await desk.held.commit([], [], rows=[row], effects=Effects(intents=(done,)))


async def _create(desk: Desk, intent: Intent) -> None:
    content, address = intent.content, desk.held.errands.address
    room = None
    if intent.path == "organizer" and address is not None:
        room = Invitee(address.name, address.mailbox)
    new = NewEvent(
        subject=content.subject,
        start=content.starts,
        end=content.ends,
        time_zone=content.time_zone,
        all_day=content.all_day,
        transaction_id=intent.transaction_id,
        marker=intent.marker,
        room=room,
    )
    try:
        written = await desk.diary.create_event(_mailbox(desk, intent), new)
    except Conflict as duplicate:
        await _used_before(desk, intent, duplicate)
        return
    await created(desk, intent, written)


async def _used_before(desk: Desk, intent: Intent, duplicate: Conflict) -> None:
    """Graph knows the transactionId: what it made then is ours if it lives; else another id is tried, twice at most."""
    copy: State = Gone()
    if duplicate.existing_id is not None:
        copy = await state_of_copy(desk, _mailbox(desk, intent), duplicate.existing_id)
    if not isinstance(copy, Gone):
        written = Written(copy.id, copy.etag, copy.ical_uid)
        await created(desk, intent, written, by_answer=False)
        return
    if intent.number >= MOST_NUMBERS:
        log.error("transaction_ids_used_up", booking=str(intent.booking_id), code=duplicate.code)
        await _give_up(desk, intent, "Microsoft 365 says that this booking was made and removed.")
        return
    await carry_out(desk, replace(intent, number=intent.number + 1))


async def _change(desk: Desk, intent: Intent) -> None:
    """Read, compare, write with the etag that was compared: at the copy that counts."""
    mailbox = _mailbox(desk, intent)
    content = intent.content
    subject = intent.new_subject
    for _ in range(_MOST_ROUNDS):
        copy = await state_of_copy(desk, mailbox, intent.event_id, intent)
        if isinstance(copy, Gone):
            await _missed(desk, intent)
            return
        intent = intent.upon(copy.subject)
        shows_when = content.at_same_time(copy.starts, copy.ends)
        if shows_when and subject in {None, copy.subject}:
            await _changed(desk, intent, Written(copy.id, copy.etag, copy.ical_uid), found=True)
            return
        if (
            intent.step == "change"
            and not shows_when
            and intent.finds_moved(copy.starts, copy.ends)
        ):
            await _missed(desk, intent)
            return
        change = EventChange(
            start=None if shows_when else content.starts,
            end=None if shows_when else content.ends,
            time_zone=content.time_zone,
            all_day=None if shows_when else content.all_day,
            subject=subject,
        )
        try:
            written = await desk.diary.change_event(mailbox, copy.id, copy.etag, change)
        except Changed:
            intent = replace(intent, etag=None)
            continue
        await _changed(desk, intent, written, found=False)
        return
    raise Changed("the event changes faster than we can follow")


async def _changed(desk: Desk, intent: Intent, written: Written, *, found: bool) -> None:
    held = desk.held
    now = held.clock()
    done = intent.written(
        now, event_id=written.id, etag=written.etag, ical_uid=written.ical_uid, by_answer=not found
    )
    if intent.path == "direct":
        await desk.save(done)
        await second_look(desk, done)
        return
    row = held.rows.get(intent.booking_id)
    rows: list[Row] = []
    if row is not None:
        rows = [
            replace(
                row,
                subject=intent.content.subject if row.origin == "clearooms" else row.subject,
                organizer_mailbox=intent.mailbox,
                organizer_event_id=written.id,
            )
        ]
    if intent.moves:
        await held.commit([], [], rows=rows, effects=Effects(intents=(done,)))
        return
    # The room need not answer for a subject: its calendar shows the organiser's name anyway.
    effects = Effects(intents=(done.ended(now),))
    asked = held.errands.command(intent.command)
    if asked is not None:
        effects |= held.errands.decision(asked, accepted(asked, held.claim.room_id), now)
    await held.commit([], [], rows=rows, effects=effects)


async def _invite(desk: Desk, intent: Intent) -> None:
    """The guest of a direct booking, once the slot is surely ours: the mail goes out now (graph-calendar §2.5)."""
    content = intent.content
    guest = Invitee(content.organizer_name, content.organizer_email)
    etag = None if intent.attempts > 1 else intent.etag
    for _ in range(_MOST_ROUNDS):
        if etag is None:
            copy = await state_of_copy(desk, _mailbox(desk, intent), intent.event_id)
            if isinstance(copy, Gone):
                await desk.save(intent.ended(desk.held.clock()))
                return
            etag = copy.etag
            if intent.attempts > 1 and etag != intent.etag:
                # No longer as we made it: the invitation whose answer was lost took effect. A second one would be a fourth
                # write, and attendees are not ours to read (law 2).
                await _invited(desk, intent, etag)
                return
        try:
            written = await desk.diary.change_event(
                _mailbox(desk, intent), intent.event_id or "", etag, EventChange(attendees=(guest,))
            )
        except Changed:
            etag = None
            continue
        await _invited(desk, intent, written.etag)
        return
    raise Changed("the event changes faster than we can follow")


async def _invited(desk: Desk, intent: Intent, etag: str) -> None:
    row = desk.held.rows.get(intent.booking_id)
    rows: list[Row] = []
    if row is not None:
        rows = [replace(row, etag=etag, seen_etags=(*row.seen_etags, etag))]
    done = Effects(intents=(intent.ended(desk.held.clock()),))
    await desk.held.commit([], [], rows=rows, effects=done)


async def _take_away(desk: Desk, intent: Intent) -> None:
    """Cancel, delete or decline; what is gone already is gone."""
    mailbox = _mailbox(desk, intent)
    comment = _comment(desk, intent)
    event_id = intent.event_id
    for _ in range(_MOST_ROUNDS):
        try:
            if intent.step == "decline":
                await desk.diary.decline_event(mailbox, event_id or "", comment)
                break
            copy = await state_of_copy(desk, mailbox, event_id, intent)
            if isinstance(copy, Gone):
                if event_id is None:  # not in the organiser's calendar: the room says no instead
                    await _decline_instead(desk, intent)
                    return
                break
            if intent.step == "delete":
                await desk.diary.delete_event(mailbox, copy.id, copy.etag)
            else:
                await desk.diary.cancel_event(mailbox, copy.id, copy.etag, comment)
            break
        except NotFound as error:
            if not is_event_gone(error):
                raise
            break
        except Changed:
            continue
    else:
        raise Changed("the event changes faster than we can follow")
    await _taken_away(desk, intent)


async def _taken_away(desk: Desk, intent: Intent) -> None:
    held = desk.held
    now = held.clock()
    effects = Effects(intents=(intent.ended(now),))
    row = held.rows.get(intent.booking_id)
    asked = held.errands.command(intent.command)
    if asked is None or row is None:
        await held.commit([], [], effects=effects)
        return
    result = accepted(asked, held.claim.room_id)
    effects |= held.errands.decision(asked, result, now)
    await held.commit([], [], rows=[removed(row, now)], effects=effects)


async def _unreachable(desk: Desk, intent: Intent, error: GraphError) -> None:
    """The organiser has no calendar that we may use: the room's own is left."""
    log.info(
        "organizer_unreachable",
        room=str(desk.held.claim.room_id),
        step=intent.step,
        status=error.status,
        code=error.code,
    )
    now = desk.held.clock()
    ended = replace(intent, stage="done", ended_at=now)
    match intent.step:
        case "create":
            direct = replace(
                intent,
                id=uuid5(NAMESPACE, f"{intent.id}/direct"),
                path="direct",
                mailbox=desk.room,
                attempts=0,
                number=0,
                created_at=now,
            )
            await desk.save(ended, direct)
            await carry_out(desk, direct)
        case "cancel":
            await _decline_instead(desk, intent)
        case "change":
            effects = Effects(intents=(ended,))
            asked = desk.held.errands.command(intent.command)
            if asked is not None:
                text = "The organiser's calendar cannot be reached; ask them to change the meeting."
                room_id = desk.held.claim.room_id
                result = rejected(asked, room_id, "organizer_unreachable", text)
                effects |= desk.held.errands.decision(asked, result, now)
            await desk.held.commit([], [], effects=effects)
        case _:
            log.error("left_undone", step=intent.step, booking=str(intent.booking_id))
            await desk.save(ended)


async def _decline_instead(desk: Desk, intent: Intent) -> None:
    now = desk.held.clock()
    row = desk.held.rows.get(intent.booking_id)
    ended = replace(intent, stage="done", ended_at=now)
    if row is None or not row.bound:
        await _taken_away(desk, intent)
        return
    decline = replace(
        intent,
        id=uuid5(NAMESPACE, f"{intent.id}/decline"),
        step="decline",
        path="direct",
        mailbox=desk.room,
        event_id=row.event_id,
        etag=row.etag,
        attempts=0,
        created_at=now,
    )
    await desk.save(ended, decline)
    await carry_out(desk, decline)


async def _missed(desk: Desk, intent: Intent) -> None:
    """Outlook was faster: it cancelled or moved the meeting that we were to change."""
    now = desk.held.clock()
    ended = replace(intent, stage="done", ended_at=now)
    effects = Effects(intents=(ended,))
    asked = desk.held.errands.command(intent.command)
    if asked is not None:
        text = "The meeting was changed or cancelled in Outlook meanwhile."
        result = rejected(asked, desk.held.claim.room_id, "stale", text)
        effects |= desk.held.errands.decision(asked, result, now)
    await desk.held.commit([], [], effects=effects)


async def _refused(desk: Desk, intent: Intent, error: GraphError) -> None:
    log.warning(
        "write_refused",
        step=intent.step,
        path=intent.path,
        code=error.code,
        request_id=error.request_id,
    )
    await _give_up(desk, intent, f"Microsoft 365 refuses it ({error.code or error.status}).")


async def _give_up(desk: Desk, intent: Intent, text: str) -> None:
    now = desk.held.clock()
    effects = Effects(intents=(replace(intent, stage="done", ended_at=now),))
    asked = desk.held.errands.command(intent.command)
    if asked is not None:
        result = rejected(asked, desk.held.claim.room_id, "invalid", text)
        effects |= desk.held.errands.decision(asked, result, now)
    await desk.held.commit([], [], effects=effects)


async def _postpone(desk: Desk, intent: Intent, error: GraphError) -> None:
    """Not now, or the outcome is unknown: the next attempt looks for our own work first."""
    told = error.retry_after if isinstance(error, (Throttled, Unavailable)) else None
    wait = backoff(intent.attempts, told)
    if told is None:
        wait = min(wait, _LONGEST_WAIT)
    log.warning(
        "write_postponed",
        room=str(desk.held.claim.room_id),
        step=intent.step,
        error=type(error).__name__,
        status=error.status,
        code=error.code,
        seconds=wait.total_seconds(),
        request_id=error.request_id,
    )
    await desk.save(replace(intent, due_at=desk.held.clock() + wait))
    if intent.path == "direct" and isinstance(error, Throttled):
        raise error


def _mailbox(desk: Desk, intent: Intent) -> UUID | str:
    return desk.held.claim.mailbox_id if intent.path == "direct" else intent.mailbox


def _comment(desk: Desk, intent: Intent) -> str:
    asked = desk.held.errands.command(intent.command)
    if asked is not None and isinstance(asked.order, Cancel):
        return asked.order.reason
    return "The room is not available at this time."

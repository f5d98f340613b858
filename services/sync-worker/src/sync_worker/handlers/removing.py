"""Taking an event away: cancelled by its organiser, deleted where only we know it, declined by the room (design §5.3)."""

from dataclasses import replace
from uuid import uuid5

import structlog

from contracts.commands import Cancel
from contracts.identity import NAMESPACE
from graphclient.errors import Changed, NotFound

from ..domain.booking import Row
from ..domain.changes import withdrawn
from ..domain.command import accepted
from ..domain.intent import Content, Intent
from ..domain.work import Conflict, Effects
from .copies import (
    MOST_ROUNDS,
    Copy,
    Gone,
    is_event_gone,
    known_by_id,
    look_later,
    may_show_later,
    state_of_copy,
)
from .desk import Desk

log = structlog.get_logger()


async def take_away(desk: Desk, intent: Intent) -> Intent | None:
    """Cancel, delete or decline; what is gone already is gone. What is to be written next."""
    mailbox = desk.mailbox_of(intent)
    comment = _comment(desk, intent)
    line: Conflict | None = None
    for _ in range(MOST_ROUNDS):
        try:
            if intent.step == "decline":
                await desk.diary.decline_event(mailbox, intent.event_id or "", comment)
                break
            copy = await state_of_copy(desk, mailbox, intent.event_id, intent)
            if isinstance(copy, Gone):
                if may_show_later(desk, intent):
                    await look_later(desk, intent)
                    return None
                if (
                    intent.event_id is None
                ):  # not in the organiser's calendar: the room says no instead
                    return await decline_instead(desk, intent)
                break
            intent = await known_by_id(desk, intent, copy)
            intent = await _carry_over(desk, intent, copy)
            if intent.step == "delete":
                await desk.diary.delete_event(mailbox, copy.id, copy.etag)
            else:
                await desk.diary.cancel_event(mailbox, copy.id, copy.etag, comment)
            line = _twin_gone(desk, intent)
            break
        except NotFound as error:
            if not is_event_gone(error):
                raise
            break
        except Changed:
            continue
    else:
        raise Changed("the event changes faster than we can follow")
    await _taken_away(desk, intent, line)
    return None


def _twin_gone(desk: Desk, intent: Intent) -> Conflict | None:
    """A line for whoever looks into a booking that stands: it stood in Outlook twice."""
    row = desk.held.mirrored.rows.get(intent.booking_id)
    if intent.command is not None or row is None or row.removed_at is not None:
        return None
    stands = {row.event_id, row.organizer_event_id}
    return None if intent.event_id in stands else Conflict("twin", row.id)


async def _carry_over(desk: Desk, intent: Intent, twin: Copy) -> Intent:
    """What somebody has changed in a twin goes to the event that stays, before the twin goes; raises LeaseLost."""
    row = desk.held.mirrored.rows.get(intent.booking_id)
    if row is None or row.removed_at is not None or row.kind != "single":
        return intent
    stays = row.event_id if intent.path == "direct" else row.organizer_event_id
    made = intent.content
    moved = not made.at_same_time(twin.starts, twin.ends)
    # A private subject stays where it is.
    shown = twin.seen.subject if twin.seen is not None else made.subject
    renamed = twin.subject != made.subject and twin.subject == shown
    if stays in {None, twin.id} or not row.bound or not (moved or renamed):
        return intent
    log.info("change_of_a_twin", room=str(desk.held.claim.room_id))
    base = Content.of(row)
    now = desk.held.clock()
    change = Intent(
        id=uuid5(NAMESPACE, f"{intent.id}/change"),
        booking_id=row.id,
        command=None,
        step="change",
        path=intent.path,
        mailbox=intent.mailbox,
        content=base,
        base=base,
        created_at=now,
        due_at=now,
        event_id=stays,
        ical_uid=row.ical_uid,
    )
    known = desk.held.errands.intent(change.id)
    if known is not None and known.stage == "open":  # changed twice: one write for all
        # An attempt of which no answer came may have written what was wanted then.
        change = replace(known, by_answer=known.by_answer and known.attempts == 0)
    wanted = change.content.at(twin.starts, twin.ends) if moved else change.content
    if renamed:
        wanted = replace(wanted, subject=twin.subject)
    change = replace(change, content=wanted)
    seen = made.at(twin.starts, twin.ends)
    intent = replace(intent, content=replace(seen, subject=twin.subject))
    await desk.save(intent, change)
    return intent


async def decline_instead(desk: Desk, intent: Intent) -> Intent | None:
    """The organiser's copy is out of reach: the room says no, which the organiser is told. Raises LeaseLost."""
    now = desk.held.clock()
    row = desk.held.mirrored.rows.get(intent.booking_id)
    ended = replace(intent, stage="done", ended_at=now)
    if row is None or not row.bound:
        await _taken_away(desk, intent)
        return None
    decline = replace(
        intent,
        id=uuid5(NAMESPACE, f"{intent.id}/decline"),
        step="decline",
        path="direct",
        mailbox=desk.room,
        event_id=row.event_id,
        etag=row.etag,
        attempts=1,
        created_at=now,
    )
    await desk.save(ended, decline)
    return decline


async def _taken_away(desk: Desk, intent: Intent, line: Conflict | None = None) -> None:
    held = desk.held
    now = held.clock()
    row = held.mirrored.rows.get(intent.booking_id)
    # A twin seldom has a row that would say that a read which still shows it lags.
    twin = intent.step == "delete" and (row is None or row.event_id != intent.event_id)
    ended = intent.kept(now) if twin else intent.ended(now)
    gone: list[Row] = []
    if twin and intent.event_id is not None:
        await held.mirrored.load([], [intent.event_id])
        stranger = held.mirrored.row_of(intent.event_id)  # moved before we knew it
        gone += [] if stranger is None else [withdrawn(stranger, now)]
    effects = Effects(intents=(ended,), conflicts=(line,) if line else ())
    asked = held.errands.command(intent.command)
    if asked is not None and row is not None:
        result = accepted(asked, held.claim.room_id)
        effects |= held.errands.decision(asked, result, now)
        gone += [withdrawn(each, now) for each in (row, *held.mirrored.occurrences(row))]
    await held.commit([], [], rows=gone, effects=effects)


def _comment(desk: Desk, intent: Intent) -> str:
    asked = desk.held.errands.command(intent.command)
    if asked is not None and isinstance(asked.order, Cancel):
        return asked.order.reason
    return "The room is not available at this time."

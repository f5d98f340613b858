"""Changing an event that is there: read, compared, written with the etag that was compared (design §5.3)."""

from dataclasses import replace

from graphclient import EventChange, Invitee, Written
from graphclient.errors import Changed, NotFound, Throttled

from ..domain.booking import SHOWS_WITHIN, Row, with_past
from ..domain.changes import Seen
from ..domain.command import accepted
from ..domain.intent import Intent
from ..domain.mirror import Sighting
from ..domain.work import Effects
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
from .second_look import second_look

_OVERTAKEN = "The meeting was changed or cancelled in Outlook meanwhile."


async def change(desk: Desk, intent: Intent) -> Intent | None:
    """Read, compare, write with the etag that was compared: at the copy that counts; what is to be written next.

    The intent knows the etag of a write that may have taken effect, and none as long as nothing of it can have.
    """
    mailbox = desk.mailbox_of(intent)
    row = desk.held.mirrored.rows.get(intent.booking_id)
    is_series = row is not None and row.kind == "master"
    for _ in range(MOST_ROUNDS):
        copy = await state_of_copy(desk, mailbox, intent.event_id, intent)
        if isinstance(copy, Gone):
            if may_show_later(desk, intent):
                await look_later(desk, intent)
            else:
                await desk.abandon(intent, "stale", _OVERTAKEN)
            return None
        if copy.seen is not None and row is not None and row.lags(copy.etag, desk.held.clock()):
            raise Changed("the read lags behind what we have seen or written")
        intent = await known_by_id(desk, intent, copy)
        if intent.finds_renamed(copy.subject):  # what their twin was called is the older wish
            intent = intent.only_moving(copy.subject)
        intent = intent.upon(copy.subject)
        content, subject = intent.content, intent.new_subject
        shows = content.at_same_time(copy.starts, copy.ends)
        moves = intent.moves and (not shows or _may_be_past(desk, intent))
        if not moves and subject in {None, copy.subject}:
            return await _found(desk, intent, copy)
        if not shows and intent.finds_moved(copy.starts, copy.ends):
            if intent.command is not None or subject in {None, copy.subject}:
                await _overtaken(desk, intent)
                return None
            intent, moves = intent.only_renaming(copy.starts, copy.ends), False
        change = EventChange(
            start=content.starts if moves else None,
            end=content.ends if moves else None,
            time_zone=content.time_zone,
            all_day=True if content.all_day and moves else None,
            subject=subject,
            series=is_series,
        )
        intent, written = await _written(desk, intent, copy, change)
        if written is None:
            continue
        return await _changed(desk, intent, written, copy, found=False)
    raise Changed("the event changes faster than we can follow")


async def _overtaken(desk: Desk, intent: Intent) -> None:
    """Moved once more meanwhile: that is what somebody wants; raises LeaseLost."""
    if intent.step == "restore":
        await desk.save(intent.kept(desk.held.clock()))
    else:
        await desk.abandon(intent, "stale", _OVERTAKEN)


def _may_be_past(desk: Desk, intent: Intent) -> bool:
    """Whether a read that shows it put back, without our having done so, may only lag behind what is to be put back."""
    lately = desk.held.clock() - intent.created_at < SHOWS_WITHIN
    return intent.step == "restore" and intent.etag is None and lately


async def _written(
    desk: Desk, intent: Intent, copy: Copy, change: EventChange
) -> tuple[Intent, Written | None]:
    """The write, committed with its etag before it goes out; None where it was changed or cancelled after it was read."""
    refused = intent
    if intent.etag is None:
        intent = replace(intent, etag=copy.etag)
        await desk.save(intent)
    elif intent.attempts <= 1:
        refused = replace(intent, etag=None)
    mailbox = desk.mailbox_of(intent)
    try:
        return intent, await desk.diary.change_event(mailbox, copy.id, copy.etag, change)
    except (Throttled, Changed, NotFound) as error:
        if isinstance(error, NotFound) and not is_event_gone(error):
            raise
        if refused != intent:
            await desk.save(refused)
        if isinstance(error, Throttled):
            raise
    return refused, None


async def _found(desk: Desk, intent: Intent, copy: Copy) -> Intent | None:
    """It shows already what the change asks for: by an attempt whose answer was lost, or by somebody in Outlook."""
    if intent.step != "change" or (intent.attempts > 1 and intent.etag is not None):
        found = Written(copy.id, copy.etag, copy.ical_uid)
        return await _changed(desk, intent, found, copy, found=True)
    # We have written nothing so far: it is no change of ours, and there is nothing to undo.
    held = desk.held
    effects = Effects(intents=(intent.ended(held.clock()),))
    asked = held.errands.command(intent.command)
    if asked is not None:
        effects |= held.errands.decision(asked, accepted(asked, held.claim.room_id), held.clock())
    known = [] if copy.seen is None or intent.path != "direct" else [Seen(copy.seen)]
    await held.commit([], [], effects=effects, known=known)
    return None


async def _changed(
    desk: Desk, intent: Intent, written: Written, copy: Copy, *, found: bool
) -> Intent | None:
    held = desk.held
    now = held.clock()
    done = intent.written(
        now, event_id=written.id, etag=written.etag, ical_uid=written.ical_uid, by_answer=not found
    )
    if intent.path == "direct":
        replaced = None if found else copy.etag
        return await second_look(desk, done, _after(copy, intent, written), replaced)
    row = held.mirrored.rows.get(intent.booking_id)
    rows: list[Row] = []
    if row is not None:
        known = None if row.kind in {"occurrence", "exception"} else written.id
        rows = [
            replace(
                each,
                subject=intent.content.subject if each.origin == "clearooms" else each.subject,
                organizer_mailbox=intent.mailbox,
                organizer_event_id=known if each is row else each.organizer_event_id,
                # Should it be put back, a read of what was before is known as one that lags.
                past_etags=each.past_etags
                if found or each is not row
                else with_past(each, each.etag, copy.etag),
            )
            for each in (row, *desk.held.mirrored.occurrences(row))
        ]
    if intent.moves:
        await held.commit([], [], rows=rows, effects=Effects(intents=(done,)))
        return None
    # The room need not answer for a subject: its calendar shows the organiser's name anyway.
    effects = Effects(intents=(done.kept(now),))
    asked = held.errands.command(intent.command)
    if asked is not None:
        effects |= held.errands.decision(asked, accepted(asked, held.claim.room_id), now)
    await held.commit([], [], rows=rows, effects=effects)
    return None


def _after(copy: Copy, intent: Intent, written: Written) -> Sighting | None:
    """The event as our change left it; None where it was not read before."""
    if copy.seen is None:
        return None
    changed = replace(copy.seen, etag=written.etag, subject=intent.new_subject or copy.seen.subject)
    if not intent.moves:
        return changed
    return replace(changed, starts=intent.content.starts, ends=intent.content.ends)


async def invite(desk: Desk, intent: Intent) -> None:
    """The guest of a direct booking, once the slot is surely ours: the mail goes out now (graph-calendar §2.5)."""
    content = intent.content
    guest = Invitee(content.organizer_name, content.organizer_email)
    etag = None if intent.attempts > 1 else intent.etag
    seen: Sighting | None = None
    for _ in range(MOST_ROUNDS):
        if etag is None:
            copy = await state_of_copy(desk, desk.mailbox_of(intent), intent.event_id)
            if isinstance(copy, Gone):
                if may_show_later(desk, intent):
                    await look_later(desk, intent)
                else:
                    await desk.save(intent.ended(desk.held.clock()))
                return
            etag, seen = copy.etag, copy.seen
            if intent.attempts > 1 and etag != intent.etag:
                # No longer as we made it: the invitation whose answer was lost took effect. A second one would be a fourth
                # write, and attendees are not ours to read (law 2).
                await _invited(desk, intent, etag, copy.seen, None)
                return
        try:
            written = await desk.diary.change_event(
                desk.mailbox_of(intent),
                intent.event_id or "",
                etag,
                EventChange(attendees=(guest,)),
            )
        except Changed:
            etag = None
            continue
        await _invited(desk, intent, written.etag, seen, etag)
        return
    raise Changed("the event changes faster than we can follow")


async def _invited(
    desk: Desk, intent: Intent, etag: str, seen: Sighting | None, replaced: str | None
) -> None:
    """`seen` is the event as it was read before, if it was; `replaced` the state that the invitation took the place of."""
    row = desk.held.mirrored.rows.get(intent.booking_id)
    rows: list[Row] = []
    if row is not None:
        rows = [
            replace(
                row,
                etag=etag,
                past_etags=with_past(row, etag, replaced),
                written_at=desk.held.clock(),
                seen_etags=(*row.seen_etags, etag),
            )
        ]
    done = Effects(intents=(intent.ended(desk.held.clock()),))
    known = [] if seen is None else [Seen(replace(seen, etag=etag))]
    await desk.held.commit([], [], rows=rows, effects=done, known=known)

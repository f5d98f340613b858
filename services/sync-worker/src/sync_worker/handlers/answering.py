"""What becomes of what we wrote: the room's answer, or a second look where nobody else checks (design §5.3, §5.4)."""

from dataclasses import replace
from uuid import uuid5

import structlog

from contracts.events import RejectionReason
from contracts.identity import NAMESPACE
from graphclient.models import Event

from ..domain.alternatives import Slot
from ..domain.answers import verdict
from ..domain.booking import SHOWS_WITHIN, Row, unbound_id, with_past
from ..domain.changes import Seen, withdrawn
from ..domain.command import accepted, rejected
from ..domain.intent import YIELD_WITHIN, Content, Intent
from ..domain.mirror import Sighting
from ..domain.series import slots
from ..domain.work import Conflict, Effects
from .binding import bind_series, take_in_master
from .copies import Gone, alive, state_of_copy
from .desk import Desk
from .errands import removal
from .following import sightings

log = structlog.get_logger()

_TEXT: dict[RejectionReason, str] = {
    "overlap": "The room is taken at this time.",
    "room_declined": "The room declined the meeting.",
    "room_no_answer": "The room did not answer.",
}


async def second_look(desk: Desk, intent: Intent, shown: Sighting | None = None) -> Intent | None:
    """Right after a direct write: alone in its slot it is confirmed, else it gives way; what is to be written next.

    `shown` is the event as the write left it, or as it was found. Raises GraphError.
    """
    held = desk.held
    row = _direct_row(desk, intent)
    is_series = row.kind == "master"
    slot = _slot(intent.content) if shown is None else Slot(shown.starts, shown.ends)
    if is_series:
        slot = Slot(max(slot.starts, held.window().start), held.window().end)
        held.bind(row.event_id, row.id)
    seen = await _look(desk, slot)
    ours = [each for each in seen if row.event_id in _names(each)]
    slots = [_span(each) for each in ours] if is_series else [slot]
    rest = [each for each in seen if row.event_id not in _names(each)]
    in_the_way = [
        each
        for each in rest
        if each.sighting.answer != "cancelled" and any(slot.overlaps(_span(each)) for slot in slots)
    ]
    now = held.clock()
    twins: list[Event] = []
    if not intent.moves:
        in_the_way = []
    if in_the_way and intent.step == "create" and not intent.by_answer:
        twins = [each for each in await alive(desk, intent) if each.id != row.event_id]
        ids = {each.id for each in twins}
        in_the_way = [each for each in in_the_way if not ids.intersection(_names(each))]
    if in_the_way:
        return await _refuse(desk, intent, "overlap", in_the_way)
    if is_series:  # first, so that its occurrences are known as ours
        await held.commit([], [], rows=[row])
    gone = (removal(replace(intent, event_id=each.id), now) for each in twins)
    effects = Effects(intents=(intent.ended(now), *gone))
    asked = held.errands.command(intent.command)
    if asked is not None and intent.step != "restore":
        result = accepted(asked, held.claim.room_id)
        effects |= held.errands.decision(asked, result, now)
    address = held.errands.address
    asks = intent.content.organizer_email.lower()
    is_room = address is not None and asks == address.mailbox.lower()  # it need not invite itself
    following = _invitation(intent, desk) if intent.step == "create" and not is_room else None
    if following is not None:
        effects |= Effects(intents=(following,))
    known = ours if is_series else [] if shown is None else [Seen(shown)]
    await held.commit([], [], rows=[row], effects=effects, known=known)
    return following


def _names(seen: Seen) -> tuple[str, str | None]:
    return seen.sighting.event_id, seen.sighting.master_id


def _span(seen: Seen) -> Slot:
    return Slot(seen.sighting.starts, seen.sighting.ends)


async def look_for_answers(desk: Desk) -> None:
    """Look at the slots whose answer is due: a lost hint must not cost the booking. Raises GraphError."""
    held = desk.held
    for intent in held.errands.intents:
        if not intent.awaits_room or intent.due_at > held.clock():
            continue
        await _look_at(desk, intent)
        still = next((each for each in held.errands.intents if each.id == intent.id), None)
        if still is None or not still.awaits_room:
            continue
        await held.occupancy()
        taken = any(
            held.taken(slot, but=still.booking_id, for_sure=True) for slot in _slots(desk, still)
        )
        # Taken by a meeting that the room has accepted: ours it has declined, or will, without our having seen its copy.
        # Of a series it may decline single meetings, or accept it all the same: there the room is waited for.
        if taken and (still.content.recurrence is None or still.unanswered(held.clock())):
            await _turned_down(desk, still, "overlap")
        elif still.unanswered(held.clock()):
            await _turned_down(desk, still, "room_no_answer")
        else:
            await desk.save(still.looked(held.clock()))


async def settle_declined(desk: Desk) -> None:
    """End what the room has declined, with the cause that a look at the slot shows. Raises GraphError."""
    held = desk.held
    for intent in held.errands.intents:
        if not intent.awaits_room:
            continue
        row = held.rows.get(intent.booking_id)
        gone = intent.booking_id in held.errands.declined
        if not gone and (intent.step != "create" or verdict(intent, row) != "declined"):
            continue
        held.errands.declined.discard(intent.booking_id)
        slot = _slot(intent.content)
        seen = await _look(desk, slot)
        await held.occupancy()
        await held.commit(seen, [])
        if not gone and verdict(intent, held.rows.get(intent.booking_id)) != "declined":
            continue
        taken = any(held.taken(each, but=intent.booking_id) for each in _slots(desk, intent))
        await _turned_down(desk, intent, "overlap" if taken else "room_declined")


async def _turned_down(desk: Desk, intent: Intent, reason: RejectionReason) -> None:
    """The room says no, or nothing: undone, unless the organiser's calendar tells another story. Raises GraphError."""
    held = desk.held
    now = held.clock()
    if intent.step == "create" and not intent.by_answer and await take_survivor(desk, intent):
        return
    copy = await state_of_copy(desk, intent.mailbox, intent.event_id)
    lags = intent.written_at is not None and now - intent.written_at < SHOWS_WITHIN
    ours = [intent.content] if intent.base is None or not lags else [intent.content, intent.base]
    if isinstance(copy, Gone):
        if lags:
            await desk.save(intent.looked(now))
        else:
            await _overtaken(desk, intent, "The meeting was cancelled in Outlook meanwhile.")
    elif any(each.at_same_time(copy.starts, copy.ends) for each in ours):
        await _refuse(desk, intent, reason, [])
    elif intent.step != "create":  # theirs is the newer wish, whatever the room says to it
        await _overtaken(desk, intent, "The meeting was changed in Outlook meanwhile.", gone=False)
    else:
        moved = replace(intent, content=intent.content.at(copy.starts, copy.ends), written_at=now)
        await desk.save(replace(moved, due_at=now))


async def take_survivor(desk: Desk, intent: Intent) -> bool:
    """Of several events of ours go on with the one that the room has accepted, if that is another one. Raises GraphError."""
    held = desk.held
    leaving = {each.event_id for each in held.errands.intents if each.step in {"cancel", "delete"}}
    twins = [
        each
        for each in await alive(desk, intent)
        if each.id != intent.event_id and each.id not in leaving
    ]
    if not twins:
        return False
    in_room = {
        each.sighting.ical_uid
        for each in await _look(desk, _slot(intent.content))
        if each.sighting.answer in {"confirmed", "tentative"}
    }
    other = next((each for each in twins if each.ical_uid in in_room), None)
    if other is not None:
        await _take_twin(desk, intent, other)
    return other is not None


async def _take_twin(desk: Desk, intent: Intent, other: Event) -> None:
    held = desk.held
    now = held.clock()
    row = held.rows.get(intent.booking_id)
    rows: list[Row] = []
    if row is not None:
        rows = [
            replace(
                row,
                event_id=unbound_id(row.id),
                etag="",
                ical_uid=other.ical_uid,
                organizer_event_id=other.id,
                answer="pending",
                removed_at=None,
            )
        ]
    mine = replace(
        intent,
        event_id=other.id,
        etag=other.etag,
        ical_uid=other.ical_uid,
        written_at=now,
        due_at=now,
    )
    gone = removal(intent, now)
    line = Conflict("twin", intent.booking_id)
    effects = Effects(intents=(mine, gone), conflicts=(line,))
    await held.commit([], [], rows=rows, effects=effects)


async def _overtaken(desk: Desk, intent: Intent, text: str, *, gone: bool = True) -> None:
    """Somebody changed or cancelled it in the organiser's calendar before the room had answered: nothing is to be undone."""
    held = desk.held
    now = held.clock()
    ended = replace(intent, stage="done", ended_at=now) if gone else intent.overtaken(now)
    effects = Effects(intents=(ended,))
    asked = held.errands.command(intent.command)
    if asked is not None and intent.step != "restore":
        result = rejected(asked, held.claim.room_id, "stale", text)
        effects |= held.errands.decision(asked, result, now)
    row = held.rows.get(intent.booking_id)
    over = [row, *held.occurrences(row)] if gone and row is not None else []
    rows = [withdrawn(each, now) for each in over]
    await held.commit([], [], rows=rows, effects=effects)


async def _look_at(desk: Desk, intent: Intent) -> None:
    """Take in what the room shows of it; raises GraphError."""
    row = desk.held.rows.get(intent.booking_id)
    if row is not None and row.kind == "master" and row.bound:
        await take_in_master(desk, row.event_id)
        return
    seen = await _look(desk, _slot(intent.content))
    await desk.held.commit(seen, [])
    await bind_series(desk, seen if intent.content.recurrence is not None else ())


async def _look(desk: Desk, slot: Slot) -> list[Seen]:
    held = desk.held
    seen: list[Seen] = []
    view = desk.diary.calendar_view(held.claim.mailbox_id, slot.starts, slot.ends)
    async for page in view:
        seen.extend(sightings(held, page.events))
    await held.load([each.sighting.id for each in seen], [each.sighting.event_id for each in seen])
    return seen


async def _refuse(
    desk: Desk, intent: Intent, reason: RejectionReason, seen: list[Seen]
) -> Intent | None:
    """Undo what we wrote and say why: a new booking goes, a changed one goes back to where it was unless it is parked."""
    held = desk.held
    now = held.clock()
    row = held.rows.get(intent.booking_id)
    undo = _undoing(intent, row, desk)
    ended = intent.dropped(now)
    effects = Effects(intents=(ended,) if undo is None else (ended, undo))
    rows: list[Row] = []
    if undo is not None and undo.step != "restore" and row is not None:
        rows = [withdrawn(each, now) for each in (row, *held.occurrences(row))]
        if intent.step == "restore":
            log.warning("booking_lost_its_room", room=str(held.claim.room_id))
            effects |= Effects(conflicts=(Conflict("withdrawn", intent.booking_id),))
    asked = held.errands.command(intent.command)
    if asked is not None and intent.step != "restore":
        offers = () if reason == "room_no_answer" else await desk.offers(_slot(intent.content))
        result = rejected(asked, held.claim.room_id, reason, _TEXT[reason], offers)
        effects |= held.errands.decision(asked, result, now)
    await held.commit(seen, [], rows=rows, effects=effects)
    return undo


def _undoing(intent: Intent, row: Row | None, desk: Desk) -> Intent | None:
    now = desk.held.clock()
    if intent.step != "change" or intent.base is None:
        return removal(intent, now)
    if row is not None and row.parked:
        return None
    return Intent(
        id=uuid5(NAMESPACE, f"{intent.id}/restore"),
        booking_id=intent.booking_id,
        command=intent.command,
        step="restore",
        path=intent.path,
        mailbox=intent.mailbox,
        content=intent.base,
        created_at=now,
        due_at=now,
        event_id=intent.event_id,
        ical_uid=intent.ical_uid,
        base=intent.content,
        attempts=1,
    )


def _invitation(intent: Intent, desk: Desk) -> Intent:
    now = desk.held.clock()
    return Intent(
        id=uuid5(NAMESPACE, f"{intent.id}/invite"),
        booking_id=intent.booking_id,
        command=None,
        step="invite",
        path="direct",
        mailbox=intent.mailbox,
        content=intent.content,
        created_at=now,
        due_at=now,
        event_id=intent.event_id,
        etag=intent.etag,
        ical_uid=intent.ical_uid,
        attempts=1,
    )


def _slot(content: Content) -> Slot:
    return Slot(content.starts, content.ends)


def _slots(desk: Desk, intent: Intent) -> tuple[Slot, ...]:
    return slots(intent.content, desk.held.window().end)


def _direct_row(desk: Desk, intent: Intent) -> Row:
    """The row of a booking in the room's own calendar, once its slot is surely ours."""
    row = row_of(desk, intent)
    etags = tuple(etag for etag in (intent.etag,) if etag and etag not in row.seen_etags)
    content = intent.content
    return replace(
        row,
        event_id=intent.event_id or row.event_id,
        etag=intent.etag or row.etag,
        past_etags=with_past(row, intent.etag or row.etag),
        written_at=desk.held.clock(),
        seen_etags=(*row.seen_etags, *etags),
        starts=content.starts if intent.moves else row.starts,
        ends=content.ends if intent.moves else row.ends,
        subject=content.subject,
        answer="confirmed",
        yields_until=desk.held.clock() + YIELD_WITHIN
        if intent.step == "create"
        else row.yields_until,
    )


def row_of(desk: Desk, intent: Intent) -> Row:
    """The row of what we write; of a new booking, or the master of a new series, as it is before the room's copy shows."""
    old = desk.held.rows.get(intent.booking_id)
    if old is not None and old.removed_at is None:
        return old
    content = intent.content
    is_series = content.recurrence is not None
    by_organizer = intent.path == "organizer"
    return Row(
        id=intent.booking_id,
        event_id=unbound_id(intent.booking_id),
        kind="master" if is_series else "single",
        master_id=None,
        series_id=intent.booking_id if is_series else None,
        original_start=None,
        etag="",
        seen_etags=(),
        ical_uid=intent.ical_uid,
        starts=content.starts,
        ends=content.ends,
        all_day=content.all_day,
        time_zone=content.time_zone,
        subject=content.subject,
        organizer_name=content.organizer_name,
        organizer_email=content.organizer_email,
        answer="pending",
        origin="clearooms",
        version=old.version if old is not None else 0,  # it moved away and comes back
        published=not is_series,
        removed_at=None,
        changed_at=desk.held.clock(),
        organizer_mailbox=intent.mailbox if by_organizer else None,
        organizer_event_id=intent.event_id if by_organizer else None,
        when_ours=True,
    )

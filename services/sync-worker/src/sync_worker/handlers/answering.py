"""What the room answers to what we wrote into its organiser's calendar (design §5.3)."""

from dataclasses import replace

from contracts.events import RejectionReason

from ..domain.absence import Lacking
from ..domain.answers import verdict
from ..domain.intent import Intent
from .binding import bind_series, take_in_master
from .copies import Gone, state_of_copy
from .desk import Desk
from .looking import look, slots_of
from .surviving import take_survivor
from .undoing import overtaken, refuse


async def look_for_answers(desk: Desk) -> None:
    """Look at the slots whose answer is due: a lost hint must not cost the booking. Raises GraphError."""
    held = desk.held
    for intent in held.errands.intents:
        if not intent.awaits_room or intent.due_at > held.clock():
            continue
        await _look_at(desk, intent)
        still = _still_waiting(desk, intent)
        if still is None:
            continue
        await held.mirrored.occupancy()
        taken = any(
            held.mirrored.taken(slot, but=still.booking_id, for_sure=True)
            for slot in slots_of(desk, still)
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
        row = held.mirrored.rows.get(intent.booking_id)
        gone = intent.booking_id in held.errands.declined
        if not gone and (intent.step != "create" or verdict(intent, row) != "declined"):
            continue
        held.errands.declined.discard(intent.booking_id)
        slot = intent.content.occupied
        seen = await look(desk, slot)
        await held.mirrored.occupancy()
        await held.commit(seen, [])
        still = _still_waiting(desk, intent)
        if still is None:  # the one that is gone was a twin: the room has accepted the other one
            continue
        if not gone and verdict(still, held.mirrored.rows.get(still.booking_id)) != "declined":
            continue
        taken = any(
            held.mirrored.taken(each, but=still.booking_id) for each in slots_of(desk, still)
        )
        await _turned_down(desk, still, "overlap" if taken else "room_declined")


def _still_waiting(desk: Desk, intent: Intent) -> Intent | None:
    """The intent as what was just taken in has left it; None if that was the room's answer."""
    intents = desk.held.errands.intents
    return next((each for each in intents if each.id == intent.id and each.awaits_room), None)


async def _turned_down(desk: Desk, intent: Intent, reason: RejectionReason) -> None:
    """The room says no, or nothing: undone, unless the organiser's calendar tells another story. Raises GraphError."""
    held = desk.held
    now = held.clock()
    perhaps_twice = intent.step == "create" and not intent.by_answer
    if perhaps_twice and await take_survivor(desk, intent, declined=reason == "room_declined"):
        return
    settles_at = intent.settles_at(now)
    if perhaps_twice and settles_at is not None:  # a twin may not show yet, and be what stays
        row = held.mirrored.rows.get(intent.booking_id)
        if row is not None and row.bound:
            held.owe([Lacking(event=row.event_id, ask_at=settles_at)])
        await desk.save(intent.looked(now))
        return
    copy = await state_of_copy(desk, intent.mailbox, intent.event_id)
    lags = settles_at is not None
    ours = [intent.content]
    if intent.step != "create" and intent.base is not None and lags:
        ours.append(intent.base)
    if isinstance(copy, Gone):
        if lags:
            await desk.save(intent.looked(now))
        else:
            await overtaken(desk, intent, "The meeting was cancelled in Outlook meanwhile.")
    elif any(each.at_same_time(copy.starts, copy.ends) for each in ours):
        await refuse(desk, intent, reason, [])
    elif intent.step != "create":  # theirs is the newer wish, whatever the room says to it
        await overtaken(desk, intent, "The meeting was changed in Outlook meanwhile.", gone=False)
    else:
        moved = intent.content.at(copy.starts, copy.ends)
        base = intent.base or intent.content  # its twins, if any, are still there
        await desk.save(replace(intent, content=moved, base=base, written_at=now, due_at=now))


async def _look_at(desk: Desk, intent: Intent) -> None:
    """Take in what the room shows of it; raises GraphError."""
    row = desk.held.mirrored.rows.get(intent.booking_id)
    if row is not None and row.kind == "master" and row.bound:
        await take_in_master(desk, row.event_id)
        return
    seen = await look(desk, intent.content.occupied)
    await desk.held.commit(seen, [])
    await bind_series(desk, seen if intent.content.recurrence is not None else ())

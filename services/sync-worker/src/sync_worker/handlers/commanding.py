"""A command whose turn it is: refused for a reason, done at once, or begun with an intent."""

from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

import structlog

from contracts.commands import Book, Cancel, Change, Resync

from ..domain.adoption import adopted, match, stands
from ..domain.alternatives import Slot
from ..domain.booking import Row
from ..domain.command import Asked, accepted
from ..domain.intent import Content, Intent, Path
from ..domain.merge import Stale, merge
from ..domain.recurrence import InvalidRule
from ..domain.series import occurrence_ids, slots
from ..domain.work import Effects, Hold
from . import series
from .desk import Desk
from .intending import intend, on_copy
from .refusing import Ended, Refused, check_free, check_time, refusal, stale
from .window import read_window

log = structlog.get_logger()

_WHICH_ONE = "This names a series: say which meeting of it, or ask for the whole series."
_NO_MOVE = "A series keeps its room: cancel the meeting and book the other room."
_GUESTS = "This meeting was made in Outlook and may have other guests: change its room there."


@dataclass(frozen=True, slots=True)
class Begun:
    """To be written; the slots are held until it is decided."""

    intent: Intent
    holds: tuple[Hold, ...] = ()


async def begin(desk: Desk, asked: Asked) -> Ended | Begun:
    """What is to be done about a command; raises GraphError where it asks for a read."""
    try:
        return await _begin(desk, asked)
    except Refused as refused:
        return refused.ended


async def passed_on(desk: Desk, asked: Asked) -> bool:
    """Whether its booking moved away while it waited: then the command is given to where that lives."""
    held = desk.held
    row = held.mirrored.rows.get(asked.booking_id) if asked.booking_id is not None else None
    if row is None or row.removed_at is None or isinstance(asked.order, (Book, Resync)):
        return False
    claim = held.claim
    return await desk.outgoing.pass_on(claim.organisation_id, claim.room_id, asked, held.clock())


async def _begin(desk: Desk, asked: Asked) -> Ended | Begun:
    held = desk.held
    if held.errands.superseded(asked):
        raise refusal(
            desk, asked, "superseded", "A later command for this booking was decided before."
        )
    if asked.expired(held.clock()):
        raise refusal(desk, asked, "expired", "The command was not to be begun so late.")
    match asked.order:
        case Book() as order:
            return await _book(desk, asked, order)
        case Change() as order:
            return await _change(desk, asked, order)
        case Cancel() as order:
            return await _cancel(desk, asked, order)
        case Resync():
            await read_window(held, desk.diary, desk.mirror)
            return Ended(accepted(asked, held.claim.room_id))
        case _:
            assert_never(asked.order)


def effects_of(desk: Desk, asked: Asked, decision: Ended | Begun) -> Effects:
    """What is committed for it."""
    match decision:
        case Ended(result, conflicts, _):
            effects = desk.held.errands.decision(asked, result, desk.held.clock())
            return effects | Effects(conflicts=conflicts)
        case Begun(intent, holds):
            return Effects(intents=(intent,), holds=holds)
        case _:
            assert_never(decision)


async def _book(desk: Desk, asked: Asked, order: Book) -> Ended | Begun:
    held = desk.held
    known = held.mirrored.rows.get(order.booking_id)
    if known is not None and held.errands.is_owner(asked) and stands(known, order):
        return Ended(accepted(asked, held.claim.room_id))
    comes_back = asked.for_room is not None and (known is None or known.removed_at is not None)
    if not comes_back and (not held.errands.is_owner(asked) or known is not None):
        raise refusal(desk, asked, "invalid", "There is a booking with this id already.")
    address = held.errands.address
    mailbox = order.organizer.email.lower()
    is_room = address is not None and mailbox == address.mailbox.lower()
    zone = address.time_zone if address else "UTC"
    content = Content(
        starts=order.start,
        ends=order.end,
        all_day=order.all_day,
        # A series repeats by the room's wall clock, whatever the zone it is shown in (design §5.3).
        time_zone=zone if order.recurrence else order.time_zone or zone,
        subject=order.subject,
        organizer_name=order.organizer.name,
        organizer_email=order.organizer.email,
        recurrence=order.recurrence,
    )
    try:
        wanted = slots(content, held.window().end) or (content.occupied,)
    except InvalidRule as error:
        raise refusal(desk, asked, "invalid", str(error)) from error
    check_time(desk, asked, wanted)
    await held.mirrored.occupancy()
    standing = None if order.recurrence else match(held.mirrored.rows.values(), order)
    if standing is not None:
        rows = adopted(standing, order, None if is_room else mailbox, held.clock())
        return Ended(accepted(asked, held.claim.room_id), rows=rows)
    await check_free(desk, asked, wanted, order.booking_id)
    path: Path = "direct" if is_room else "organizer"
    where = desk.room if is_room else mailbox
    intent = intend(asked, "create", path, where, content, held.clock())
    if asked.for_room is not None:
        intent = replace(intent, to_room=held.claim.room_id)
    if order.recurrence is None:
        return Begun(intent, (Hold(order.booking_id, wanted[0]),))
    return Begun(intent, _series_holds(order.booking_id, wanted, desk))


def _series_holds(series_id: UUID, wanted: tuple[Slot, ...], desk: Desk) -> tuple[Hold, ...]:
    """A hold for each occurrence that is not over."""
    now = desk.held.clock()
    ids = occurrence_ids(series_id, wanted)
    pairs = zip(ids, wanted, strict=True)
    return tuple(Hold(each, slot, series_id) for each, slot in pairs if slot.ends > now)


async def _change(desk: Desk, asked: Asked, order: Change) -> Ended | Begun:
    held = desk.held
    row = held.mirrored.rows.get(order.booking_id)
    if order.scope == "series" and (row is None or row.kind != "single"):
        begun = await series.change(desk, asked, order)
        return begun if isinstance(begun, Ended) else Begun(*begun)
    if row is None or row.kind == "master":
        raise _unknown(desk, asked)
    if row.removed_at is not None:
        raise stale(desk, asked, row, "The booking was cancelled meanwhile.")
    merged = merge(row, order)
    if merged is None:
        raise refusal(desk, asked, "invalid", "The end must be later than the start.")
    if isinstance(merged, Stale):
        raise stale(desk, asked, row, "The meeting was changed in Outlook meanwhile.")
    if order.room_id not in {None, held.claim.room_id}:
        return _move(desk, asked, row, merged.content, order.room_id)
    if not merged.when and not merged.subject:
        return Ended(accepted(asked, held.claim.room_id))
    slot = merged.content.occupied
    if merged.when:
        check_time(desk, asked, (slot,))
        await check_free(desk, asked, (slot,), row.id)
    intent = on_copy(desk, asked, "change", row, merged.content)
    if intent is None:
        raise refusal(desk, asked, "organizer_unreachable", "The meeting has no organiser to ask.")
    return Begun(intent, (Hold(row.id, slot),) if merged.when else ())


def _move(desk: Desk, asked: Asked, row: Row, content: Content, to_room: UUID | None) -> Begun:
    if row.kind != "single":
        raise refusal(desk, asked, "invalid", _NO_MOVE)
    if row.origin != "clearooms":
        raise refusal(desk, asked, "invalid", _GUESTS)
    intent = on_copy(desk, asked, "move", row, content)
    if intent is None:
        raise refusal(desk, asked, "organizer_unreachable", "The booking has no organiser.")
    return Begun(replace(intent, to_room=to_room))


async def _cancel(desk: Desk, asked: Asked, order: Cancel) -> Ended | Begun:
    held = desk.held
    row = held.mirrored.rows.get(order.booking_id)
    if order.scope == "series" and (row is None or row.kind != "single"):
        begun = await series.cancel(desk, asked, order)
        return begun if isinstance(begun, Ended) else Begun(begun)
    if row is None or row.kind == "master":
        raise _unknown(desk, asked)
    if row.removed_at is not None:
        return Ended(accepted(asked, held.claim.room_id))
    intent = on_copy(desk, asked, "cancel", row, Content.of(row))
    if intent is None:  # nobody to cancel it: the room declines
        content, now = Content.of(row), held.clock()
        intent = intend(asked, "decline", "direct", desk.room, content, now, row)
    return Begun(intent)


def _unknown(desk: Desk, asked: Asked) -> Refused:
    rows = desk.held.mirrored.rows.values()
    if any(asked.booking_id in {row.series_id, row.id} for row in rows):
        return refusal(desk, asked, "invalid", _WHICH_ONE)
    return refusal(desk, asked, "unknown_booking", "There is no booking with this id.")

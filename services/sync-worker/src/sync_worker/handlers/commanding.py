"""A command whose turn it is: refused for a reason, done at once, or begun with an intent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never
from uuid import uuid5

import structlog

from contracts.commands import Book, Cancel, Change, Resync
from contracts.events import CommandResult, RejectionReason
from contracts.identity import NAMESPACE

from ..domain.adoption import adopted, match, stands
from ..domain.alternatives import Slot
from ..domain.booking import Row
from ..domain.command import Asked, accepted, rejected
from ..domain.intent import Content, Intent, Path, Step
from ..domain.merge import Stale, merge
from ..domain.work import Conflict, Effects
from .desk import Desk
from .errands import hold
from .window import read_window

log = structlog.get_logger()

_LONGEST = timedelta(days=31)
_NO_SERIES = "Series cannot be booked or changed from here yet; change them in Outlook."
_NO_MOVE = "A booking cannot move to another room yet; cancel it and book the other room."


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing is to be written."""

    result: CommandResult
    conflicts: tuple[Conflict, ...] = ()
    rows: tuple[Row, ...] = ()  # what a booking that stands already becomes


@dataclass(frozen=True, slots=True)
class Begun:
    """To be written; `slot` is held until it is decided."""

    intent: Intent
    slot: Slot | None = None


class _Refused(Exception):
    """Ends a command from wherever the reason is seen."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended.result.reason)
        self.ended = ended


async def begin(desk: Desk, asked: Asked) -> Ended | Begun:
    """What is to be done about a command; raises GraphError where it asks for a read."""
    try:
        return await _begin(desk, asked)
    except _Refused as refused:
        return refused.ended


async def _begin(desk: Desk, asked: Asked) -> Ended | Begun:
    held = desk.held
    room_id = held.claim.room_id
    if held.errands.superseded(asked):
        raise _no(desk, asked, "superseded", "A later command for this booking was carried out.")
    if asked.expired(held.clock()):
        raise _no(desk, asked, "expired", "The command was not to be begun so late.")
    match asked.order:
        case Book() as order:
            return await _book(desk, asked, order)
        case Change() as order:
            return await _change(desk, asked, order)
        case Cancel() as order:
            return _cancel(desk, asked, order)
        case Resync():
            await read_window(held, desk.diary, desk.mirror)
            return Ended(accepted(asked, room_id))
        case _:
            assert_never(asked.order)


def effects_of(desk: Desk, asked: Asked, decision: Ended | Begun) -> Effects:
    """What is committed for it."""
    match decision:
        case Ended(result, conflicts, _):
            effects = desk.held.errands.decision(asked, result, desk.held.clock())
            return effects | Effects(conflicts=conflicts)
        case Begun(intent, slot):
            booking = intent.booking_id
            holds = () if slot is None else (hold(booking, slot.starts, slot.ends),)
            return Effects(intents=(intent,), holds=holds)
        case _:
            assert_never(decision)


async def _book(desk: Desk, asked: Asked, order: Book) -> Ended | Begun:
    held = desk.held
    if order.recurrence is not None:
        raise _no(desk, asked, "invalid", _NO_SERIES)
    known = held.rows.get(order.booking_id)
    if known is not None and held.errands.is_owner(asked) and stands(known, order):
        return Ended(accepted(asked, held.claim.room_id))
    if known is not None or not held.errands.is_owner(asked):
        raise _no(desk, asked, "invalid", "There is a booking with this id already.")
    slot = Slot(order.start, order.end)
    _check_time(desk, asked, slot)
    address = held.errands.address
    mailbox = order.organizer.email.lower()
    is_room = address is not None and mailbox == address.mailbox.lower()
    await held.occupancy()
    standing = match(held.rows.values(), order)
    if standing is not None:
        rows = adopted(standing, order, None if is_room else mailbox, held.clock())
        return Ended(accepted(asked, held.claim.room_id), rows=rows)
    await _check_free(desk, asked, slot)
    zone = order.time_zone or (address.time_zone if address else "UTC")
    content = Content(
        starts=order.start,
        ends=order.end,
        all_day=order.all_day,
        time_zone=zone,
        subject=order.subject,
        organizer_name=order.organizer.name,
        organizer_email=order.organizer.email,
    )
    path: Path = "direct" if is_room else "organizer"
    intent = _intent(
        asked, "create", path, desk.room if is_room else mailbox, content, held.clock()
    )
    return Begun(intent, slot)


async def _change(desk: Desk, asked: Asked, order: Change) -> Ended | Begun:
    held = desk.held
    row = held.rows.get(order.booking_id)
    if row is None:
        raise _no(desk, asked, "unknown_booking", "There is no booking with this id.")
    if row.kind != "single" or order.scope == "series":
        raise _no(desk, asked, "invalid", _NO_SERIES)
    if order.room_id not in {None, held.claim.room_id}:
        raise _no(desk, asked, "invalid", _NO_MOVE)
    if row.removed_at is not None:
        raise _stale(desk, asked, row, "The booking was cancelled meanwhile.")
    merged = merge(row, order)
    if merged is None:
        raise _no(desk, asked, "invalid", "The end must be later than the start.")
    if isinstance(merged, Stale):
        raise _stale(desk, asked, row, "The meeting was changed in Outlook meanwhile.")
    if not merged.when and not merged.subject:
        return Ended(accepted(asked, held.claim.room_id))
    slot = Slot(merged.content.starts, merged.content.ends)
    if merged.when:
        _check_time(desk, asked, slot)
        await _check_free(desk, asked, slot)
    intent = _on_copy(desk, asked, "change", row, merged.content)
    if intent is None:
        raise _no(desk, asked, "organizer_unreachable", "The meeting has no organiser to ask.")
    return Begun(intent, slot if merged.when else None)


def _cancel(desk: Desk, asked: Asked, order: Cancel) -> Ended | Begun:
    held = desk.held
    row = held.rows.get(order.booking_id)
    if row is None:
        raise _no(desk, asked, "unknown_booking", "There is no booking with this id.")
    if row.removed_at is not None:
        return Ended(accepted(asked, held.claim.room_id))
    if row.kind != "single" or order.scope == "series":
        raise _no(desk, asked, "invalid", _NO_SERIES)
    intent = _on_copy(desk, asked, "cancel", row, Content.of(row))
    if intent is None:  # nobody to cancel it: the room declines
        intent = _intent(asked, "decline", "direct", desk.room, Content.of(row), held.clock(), row)
    return Begun(intent)


def _on_copy(desk: Desk, asked: Asked, step: Step, row: Row, content: Content) -> Intent | None:
    """A write to the copy that counts: the organiser's, or the room's own where the room organises; None without either."""
    now = desk.held.clock()
    address = desk.held.errands.address
    ours_direct = row.origin == "clearooms" and row.organizer_mailbox is None
    email = (row.organizer_mailbox or row.organizer_email).lower()
    if ours_direct or (address is not None and email == address.mailbox.lower()):
        return _intent(asked, step, "direct", desk.room, content, now, row)
    if not email:
        return None
    return _intent(asked, step, "organizer", email, content, now, row)


def _intent(
    asked: Asked,
    step: Step,
    path: Path,
    mailbox: str,
    content: Content,
    now: datetime,
    row: Row | None = None,
) -> Intent:
    booking_id = asked.booking_id
    if booking_id is None:
        raise ValueError("a resync writes nothing")
    direct = path == "direct"
    return Intent(
        id=uuid5(NAMESPACE, f"intents/{asked.key.source}/{asked.key.id}/{step}/{path}"),
        booking_id=booking_id,
        command=asked.key,
        step=step,
        path=path,
        mailbox=mailbox,
        content=content,
        created_at=now,
        due_at=now,
        attempts=1,
        event_id=None if row is None else row.event_id if direct else row.organizer_event_id,
        etag=row.etag if row is not None and direct else None,
        ical_uid=row.ical_uid if row is not None else None,
        base=Content.of(row) if row is not None and step == "change" else None,
    )


def _check_time(desk: Desk, asked: Asked, slot: Slot) -> None:
    """Refuse a time nobody can book."""
    held = desk.held
    now = held.clock()
    if slot.ends <= now or slot.starts < now - _LONGEST:
        raise _no(desk, asked, "outside_window", "The time is over.")
    if slot.ends - slot.starts > _LONGEST:
        text = f"A booking takes at most {_LONGEST.days} days."
        raise _no(desk, asked, "outside_window", text)
    if slot.starts > now + held.options.window:
        text = f"Rooms can be booked at most {held.options.window.days} days ahead."
        raise _no(desk, asked, "outside_window", text)


async def _check_free(desk: Desk, asked: Asked, slot: Slot) -> None:
    """Refuse what another command holds and what the mirror shows taken: a decline foreseen costs nobody a mail."""
    held = desk.held
    await held.occupancy()
    mine = asked.booking_id
    if mine is None or not (held.errands.held(slot, but=mine) or held.taken(slot, but=mine)):
        return
    text = "The room is taken at this time."
    offers = await desk.offers(slot)
    raise _Refused(Ended(rejected(asked, held.claim.room_id, "overlap", text, offers)))


def _no(desk: Desk, asked: Asked, reason: RejectionReason, text: str) -> _Refused:
    return _Refused(Ended(rejected(asked, desk.held.claim.room_id, reason, text)))


def _stale(desk: Desk, asked: Asked, row: Row, text: str) -> _Refused:
    line = Conflict("stale", row.id, command_id=asked.key.id)
    return _Refused(Ended(rejected(asked, desk.held.claim.room_id, "stale", text), (line,)))

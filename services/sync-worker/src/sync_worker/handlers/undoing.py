"""What is refused is taken back, unless its organiser has overtaken it (design §5.3)."""

from dataclasses import replace
from uuid import uuid5

import structlog

from contracts.events import RejectionReason
from contracts.identity import NAMESPACE

from ..domain.absence import Lacking
from ..domain.booking import Row
from ..domain.changes import Seen, withdrawn
from ..domain.command import rejected
from ..domain.intent import Intent
from ..domain.work import Conflict, Effects
from .desk import Desk
from .errands import removal

log = structlog.get_logger()

_TEXT: dict[RejectionReason, str] = {
    "overlap": "The room is taken at this time.",
    "room_declined": "The room declined the meeting.",
    "room_no_answer": "The room did not answer.",
}


async def refuse(
    desk: Desk,
    intent: Intent,
    reason: RejectionReason,
    seen: list[Seen],
    past_etags: tuple[str, ...] = (),
) -> Intent | None:
    """Undo what we wrote and say why: a new booking goes, a changed one goes back to where it was.

    Not so one that is parked, nor what a change made in Outlook brought: that stays, and Graph is asked what became of it.

    `past_etags`: the states that the write has left behind; a read that shows one of them does not show it put back.
    """
    held = desk.held
    now = held.clock()
    row = held.mirrored.rows.get(intent.booking_id)
    undo = _undoing(intent, row, desk)
    ended = intent.dropped(now)
    effects = Effects(intents=(ended,) if undo is None else (ended, undo))
    rows: list[Row] = []
    if undo is not None and undo.step == "restore" and row is not None and past_etags:
        rows = [replace(row, past_etags=past_etags, written_at=now)]
    if undo is not None and undo.step != "restore" and row is not None:
        rows = [withdrawn(each, now) for each in (row, *held.mirrored.occurrences(row))]
        if intent.step == "restore":
            log.warning("booking_lost_its_room", room=str(held.claim.room_id))
            effects |= Effects(conflicts=(Conflict("withdrawn", intent.booking_id),))
    if undo is None:
        _ask_for(desk, row)
    asked = held.errands.command(intent.command)
    if asked is not None and intent.step != "restore":
        offers = () if reason == "room_no_answer" else await desk.offers(intent.content.occupied)
        result = rejected(asked, held.claim.room_id, reason, _TEXT[reason], offers)
        effects |= held.errands.decision(asked, result, now)
    await held.commit(seen, [], rows=rows, effects=effects)
    return undo


async def overtaken(desk: Desk, intent: Intent, text: str, *, gone: bool = True) -> None:
    """Somebody changed or cancelled it in the organiser's calendar before the room had answered: nothing is to be undone."""
    held = desk.held
    now = held.clock()
    ended = intent.dropped(now) if gone else intent.kept(now)
    effects = Effects(intents=(ended,))
    asked = held.errands.command(intent.command)
    if asked is not None and intent.step != "restore":
        result = rejected(asked, held.claim.room_id, "stale", text)
        effects |= held.errands.decision(asked, result, now)
    row = held.mirrored.rows.get(intent.booking_id)
    if not gone:
        _ask_for(desk, row)
    over = [row, *held.mirrored.occurrences(row)] if gone and row is not None else []
    rows = [withdrawn(each, now) for each in over]
    await held.commit([], [], rows=rows, effects=effects)


def _ask_for(desk: Desk, row: Row | None) -> None:
    """Of what stays as it is: ask whether it has left the room, which was not believed while it was ours to undo."""
    if row is not None and row.bound:
        desk.held.owe([Lacking(event=row.event_id, ask_at=desk.held.clock())])


def _undoing(intent: Intent, row: Row | None, desk: Desk) -> Intent | None:
    now = desk.held.clock()
    if intent.step != "change" or intent.base is None:
        return removal(intent, now)
    if intent.command is None or (row is not None and row.parked):
        return (
            None  # nobody's order: what was changed in Outlook stands, as it would have without us
        )
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

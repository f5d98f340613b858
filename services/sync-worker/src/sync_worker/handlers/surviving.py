"""Of several events of one booking the one that the room has accepted stays (ADR 12)."""

from dataclasses import replace

from graphclient.models import Event

from ..domain.booking import Row, unbound_id
from ..domain.intent import Intent
from ..domain.work import Effects
from .copies import Gone, alive, state_of_copy
from .desk import Desk
from .errands import removal
from .looking import look
from .masters import master_of


async def take_survivor(desk: Desk, intent: Intent) -> bool:
    """Of several events of ours go on with the one that the room has accepted, if that is another one. Raises GraphError."""
    held = desk.held
    leaving = {each.event_id for each in held.errands.intents if each.step in {"cancel", "delete"}}
    living = await alive(desk, intent)
    twins = [each for each in living if each.id != intent.event_id and each.id not in leaving]
    if not twins:
        return False
    if len(twins) == len([each for each in living if each.id not in leaving]):
        copy = await state_of_copy(desk, intent.mailbox, intent.event_id)
        if isinstance(copy, Gone):  # whoever cancelled it has cancelled the booking
            return False
    accepted = await _accepted(desk, intent)
    other = next((each for each in twins if each.ical_uid in accepted), None)
    if other is not None:
        await _take_twin(desk, intent, other)
    return other is not None


async def _accepted(desk: Desk, intent: Intent) -> set[str | None]:
    """The iCalUIds of what the room has accepted there, of series their masters': each meeting may have its own."""
    shown = [
        each.sighting
        for each in await look(desk, intent.content.occupied)
        if each.sighting.answer in {"confirmed", "tentative"}
    ]
    if intent.content.recurrence is None:
        return {each.ical_uid for each in shown}
    names = dict.fromkeys(each.master_id for each in shown if each.master_id is not None)
    masters = [await master_of(desk.held, desk.diary, each) for each in names]
    return {each.ical_uid for each in masters if each is not None}


async def _take_twin(desk: Desk, intent: Intent, other: Event) -> None:
    held = desk.held
    now = held.clock()
    row = held.mirrored.rows.get(intent.booking_id)
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
    effects = Effects(intents=(mine, removal(intent, now)))
    await held.commit([], [], rows=rows, effects=effects)

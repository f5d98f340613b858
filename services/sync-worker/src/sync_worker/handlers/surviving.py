"""Of several events of one booking the one that the room has accepted stays (ADR 12)."""

from dataclasses import replace

from graphclient.models import Event

from ..domain.booking import Row, unbound_id
from ..domain.intent import Intent
from ..domain.work import Conflict, Effects
from .copies import Gone, alive, state_of_copy
from .desk import Desk
from .errands import removal
from .looking import look


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
    in_room = {
        each.sighting.ical_uid
        for each in await look(desk, intent.content.occupied)
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

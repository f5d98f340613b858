"""Of several events of one booking the one that the room has accepted stays (ADR 12)."""

from collections.abc import Sequence
from dataclasses import replace

from graphclient.errors import NotFound
from graphclient.models import Event

from ..domain.booking import Row, unbound_id
from ..domain.intent import Intent
from ..domain.work import Effects
from .copies import Gone, alive, is_event_gone, state_of_copy
from .desk import Desk
from .errands import removal
from .following import sightings
from .looking import look
from .masters import master_of


async def take_survivor(desk: Desk, intent: Intent, *, declined: bool = False) -> bool:
    """Of several events of ours go on with the one that the room has accepted, if that is another one. Raises GraphError.

    Or with one that the room has not answered so far, if this one is `declined` or somebody has moved the other since: theirs
    is the newer wish.
    """
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
    wanted = await _wanted(desk, intent, twins, declined=declined)
    other = next((each for each in twins if each.ical_uid in wanted), None)
    if other is not None:
        await _take_twin(desk, intent, other)
    return other is not None


async def changed_first(desk: Desk, intent: Intent, marked: Sequence[Event]) -> list[Event]:
    """Of a series in the room's own calendar that was made twice: first the one of which somebody has changed or cancelled meetings.

    Raises GraphError.
    """
    if intent.content.recurrence is None:
        return list(marked)
    meetings = {each.id: await _meetings(desk, each.id) for each in marked}
    return sorted(
        marked,
        key=lambda each: (
            not meetings[each.id],  # gone since it was found
            all(one.type == "occurrence" for one in meetings[each.id]),
            len(meetings[each.id]),
        ),
    )


async def _meetings(desk: Desk, master_id: str) -> list[Event]:
    window = desk.held.window()
    room = desk.held.claim.mailbox_id
    try:
        return await desk.diary.instances(room, master_id, window.start, window.end)
    except NotFound as error:
        if is_event_gone(error):
            return []
        raise


async def _wanted(
    desk: Desk, intent: Intent, twins: Sequence[Event], *, declined: bool
) -> set[str | None]:
    """The iCalUIds of what may stay, looked for where it was booked and where somebody has moved a twin.

    Of series their masters': each meeting may have its own.
    """
    content = intent.content
    moved = [
        each.sighting.occupied
        for each in sightings(desk.held, twins)
        if not content.at_same_time(each.sighting.starts, each.sighting.ends)
    ]
    shown = [
        each.sighting
        for slot in dict.fromkeys((content.occupied, *moved))
        for each in await look(desk, slot)
        if each.sighting.answer in {"confirmed", "tentative"}
        or (each.sighting.answer == "pending" and (declined or each.sighting.occupied in moved))
    ]
    if content.recurrence is None:
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
    held.errands.declined.discard(intent.booking_id)  # that was the one that goes
    await held.commit([], [], rows=rows, effects=effects)

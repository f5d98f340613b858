"""Which series in the room's calendar is the one that we wrote: its master tells (design §5.2, identity)."""

from collections.abc import Sequence

import structlog

from graphclient.errors import NotFound
from graphclient.models import Event

from ..domain.absence import Lacking
from ..domain.changes import Seen
from ..domain.intent import Intent
from ..domain.mirror import Unreadable
from .copies import alive
from .desk import Desk
from .following import sightings
from .holding import Holding
from .masters import master_of
from .own_work import series_in_flight, unsure_series
from .recovery import remove_twins

log = structlog.get_logger()


async def bind_series(desk: Desk, shown: Sequence[Seen] = ()) -> None:
    """Read the masters of series kept back, or `shown` in its place, while one of ours is on its way to the room.

    Raises GraphError, LeaseLost.
    """
    held = desk.held
    flying = series_in_flight(held.errands, held.mirrored.rows.values())
    unsure = unsure_series(held.errands)
    if not (flying or unsure) or any(each.ical_uid is None for each in flying):
        return  # what we wrote is not known before its answer is: recovery looks for it
    unknown = {each.sighting.master_id for each in (*held.kept_back.values(), *shown)}
    unknown -= held.errands.foreign_masters | {row.event_id for row in held.mirrored.rows.values()}
    names = sorted(each for each in unknown if each is not None)
    masters = [await master_of(held, desk.diary, each) for each in names]
    ours = {each.ical_uid for each in flying}
    twins = await _twins(desk, unsure) if any(masters) else set()
    for event in masters:
        if event is None:
            continue
        if event.ical_uid in ours:
            log.info("series_bound", room=str(held.claim.room_id))
            await _take_in(desk, event)
        elif twins.isdisjoint((event.id, event.ical_uid)) and not _may_be_gone(held, event):
            held.errands.foreign_masters.add(event.id)


def _may_be_gone(held: Holding, event: Event) -> bool:
    """Whether it may be a twin that we have just taken away, shown by a read that lags."""
    try:
        one = held.mirrored.sight(event)
    except Unreadable:
        return False
    now = held.clock()
    return any(
        intent.may_lag(now) and intent.content.at_same_time(one.starts, one.ends)
        for intent in unsure_series(held.errands)
    )


async def _twins(desk: Desk, unsure: Sequence[Intent]) -> set[str | None]:
    """Ids and iCalUIds of the twins of these series; they are taken away unless the room's answer tells which one stays."""
    found: list[Event] = []
    for intent in unsure:
        twins = (
            [each for each in await alive(desk, intent) if each.id != intent.event_id]
            if intent.awaits_room
            else await remove_twins(desk, intent)
        )
        found += twins
    return {each.id for each in found} | {each.ical_uid for each in found}


async def take_in_master(desk: Desk, master_id: str) -> None:
    """Read a series anew: what its master says, and its meetings within the window. Raises GraphError, LeaseLost."""
    event = await master_of(desk.held, desk.diary, master_id)
    if event is not None:
        await _take_in(desk, event)


async def _take_in(desk: Desk, event: Event) -> None:
    held = desk.held
    window = held.window()
    try:
        master = Seen(held.mirrored.sight(event))
        instances = await desk.diary.instances(
            held.claim.mailbox_id, event.id, window.start, window.end
        )
    except (NotFound, Unreadable):
        return
    meetings = sightings(held, instances)
    lost = await held.mirrored.lacking_of(event.id, meetings, window)
    held.owe([Lacking(event=row.event_id, ask_at=held.clock()) for row in lost])
    await held.commit([*meetings, master], [])
    for name in [
        name for name, each in held.kept_back.items() if each.sighting.master_id == event.id
    ]:
        held.kept_back.pop(name)

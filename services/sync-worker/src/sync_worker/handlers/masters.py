"""Masters of series in the room's calendar: those that the mirror does not know, and ours under another id (design §5.2)."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from graphclient.errors import NotFound
from graphclient.models import Event

from ..domain.booking import Row
from ..domain.changes import Seen
from ..domain.mirror import Sighting
from .copies import is_event_gone
from .holding import Holding
from .needs import Diary
from .own_work import series_in_flight, unsure_series

log = structlog.get_logger()


async def master_of(held: Holding, diary: Diary, master_id: str) -> Event | None:
    """None where it is not there: one look proves no absence, its hint does. Raises GraphError."""
    try:
        return await diary.event(held.claim.mailbox_id, master_id)
    except NotFound as error:
        if is_event_gone(error):
            return None
        raise


def unknown_series(held: Holding, seen: Sequence[Seen]) -> dict[str, list[Sighting]]:
    """By master, the meetings seen of series that no row has."""
    known = {row.master_id for row in held.mirrored.rows.values()} | {
        row.event_id for row in held.mirrored.rows.values() if row.kind == "master"
    }
    found: dict[str, list[Sighting]] = {}
    for each in seen:
        master_id = each.sighting.master_id
        if master_id is None or master_id in known or master_id in held.errands.foreign_masters:
            continue
        found.setdefault(master_id, []).append(each.sighting)
    return found


async def ours_under_new_ids(held: Holding, diary: Diary, seen: Sequence[Seen]) -> list[Row]:
    """Masters of our series whose event id is another one now, the mailbox having moved; raises GraphError."""
    ours: dict[str | None, Row] = {
        row.ical_uid: row
        for row in held.mirrored.rows.values()
        if row.is_own_series and row.bound and row.removed_at is None and row.ical_uid
    }
    rows = held.mirrored.rows.values()
    unsure = unsure_series(held.errands) or series_in_flight(held.errands, rows)
    found: list[Row] = []
    for master_id, shown in unknown_series(held, seen).items() if ours else ():
        master = await master_of(held, diary, master_id)
        row = None if master is None else ours.get(master.ical_uid)
        if row is None:
            if not unsure:  # else its twin, perhaps
                held.errands.foreign_masters.add(master_id)
        elif await master_of(held, diary, row.event_id) is None:
            log.info("series_id_changed", room=str(held.claim.room_id))
            held.mirrored.series.bind(master_id, row.id)
            await held.mirrored.load([one.of_series(row.id).id for one in shown], [])
            found.append(replace(row, event_id=master_id))
    return found

"""Reading the whole window: first load, gaps, polling, reconcile (design §5.2)."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

import structlog

from graphclient.errors import GraphError

from ..domain.absence import Standing, Window, lacking, merged, to_ask
from ..domain.brake import Hold, Prove, Release, decide
from ..domain.room import Notice
from .following import sightings
from .holding import Holding
from .needs import Diary, Mirror
from .recognising import by_marker, under_new_ids

log = structlog.get_logger()


async def read_window(held: Holding, calendar: Diary, mirror: Mirror) -> None:
    """Take in the window page by page, then owe a question about whatever it lacked.

    Raises GraphError, LeaseLost, NotConfirmed; a read that ends early proves nothing but the presence of what it brought.
    """
    claim = held.claim
    started = held.clock()
    window = held.window()
    first_load = held.state.loaded_at is None
    if first_load:
        held.state = replace(held.state, loaded=0, expected=None)
    read: set[UUID] = set()
    shown: set[str] = set()
    async for page in calendar.calendar_view(claim.mailbox_id, window.start, window.end):
        seen = sightings(held, page.events)
        if held.state.version > 0 or not first_load:
            await held.mirrored.load(
                [each.sighting.id for each in seen], [each.sighting.event_id for each in seen]
            )
        shown.update(each.sighting.event_id for each in seen)
        rows = await under_new_ids(held, calendar, seen)
        rows += await by_marker(held, calendar, seen, rows)
        if first_load:
            held.state = replace(held.state, loaded=held.state.loaded + len(page.events))
        await held.commit(seen, [], rows=rows)
        ids = {row.event_id: row.id for row in held.mirrored.rows.values()}
        read.update(ids.get(each.sighting.event_id, each.sighting.id) for each in seen)
    if first_load:
        await _loaded(held)
    standing = await mirror.standing(claim.organisation_id, claim.room_id, window)
    # A row of ours is known by the event it holds, not by the id Outlook's event would give it.
    lost = [each for each in lacking(standing, read) if each.event_id not in shown]
    await _judge(held, calendar, standing, lost, window)
    # What was kept back is known to this pass alone: until it is decided the window stays owed.
    read_at = None if held.kept_back else started
    held.state = replace(held.state, window_read_started=read_at, window_done_no=claim.hint_no)


async def _loaded(held: Holding) -> None:
    now = held.clock()
    state = held.state
    held.state = replace(
        state,
        loaded_at=now,
        expected=state.loaded,
        notices=(*state.notices, Notice(kind="synced", at=now)),
    )
    await held.write_state()
    await held.send_notices()


async def _judge(
    held: Holding,
    calendar: Diary,
    standing: list[Standing],
    lost: list[Standing],
    window: Window,
) -> None:
    now = held.clock()
    lost = [row for row in lost if row.ends > window.start]
    confirmed_at = held.claim.removals_confirmed_at
    decision = decide(standing, lost, held.state.brake, now, confirmed_at)
    match decision:
        case Release():
            _ask(held, standing, lost, now)
        case Hold(brake):
            log.warning(
                "removals_held",
                room=str(held.claim.room_id),
                held=len(brake.ids),
                reads=brake.reads,
            )
            held.state = replace(held.state, brake=brake)
        case Prove(brake):
            held.state = replace(held.state, brake=brake)
            try:
                await calendar.calendar_reachable(held.claim.mailbox_id)
            except GraphError as error:
                log.warning("removals_unproved", room=str(held.claim.room_id), code=error.code)
                raise
            _ask(held, standing, lost, now)
        case _:
            assert_never(decision)


def _ask(held: Holding, standing: list[Standing], lost: list[Standing], now: datetime) -> None:
    asked = merged(held.state.lacking, to_ask(standing, lost, now))
    held.state = replace(held.state, brake=None, lacking=asked)

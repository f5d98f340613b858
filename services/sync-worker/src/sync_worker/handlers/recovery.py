"""After a crash or an answer that never came: our own work is looked for before anything is written again."""

from dataclasses import replace
from uuid import uuid5

import structlog

from contracts.identity import NAMESPACE
from graphclient import Written
from graphclient.errors import (
    CredentialsRejected,
    GraphError,
    Throttled,
    TryLater,
)
from graphclient.models import Event

from ..domain.command import rejected
from ..domain.intent import Intent
from ..domain.schedule import backoff
from ..domain.work import Conflict, Effects
from .copies import alive
from .creating import created
from .desk import Desk
from .errands import removal
from .surviving import changed_first, take_survivor
from .writing import carry_out

log = structlog.get_logger()


async def resume(desk: Desk, intent: Intent) -> None:
    """Bring an intent whose outcome is unknown to its end; raises what `carry_out` raises."""
    if intent.step != "create" or intent.attempts == 0 or intent.event_id is not None:
        await carry_out(desk, intent)
        return
    try:
        marked = await alive(desk, intent)
    except CredentialsRejected:
        raise
    except TryLater as error:
        await _wait(desk, intent, error)
        return
    if marked:
        log.info("own_work_found", room=str(desk.held.claim.room_id), twins=len(marked) - 1)
        if intent.path == "direct" and len(marked) > 1:  # else the room's answer tells which stays
            marked = await changed_first(desk, intent, marked)
            # Should somebody cancel it while its twins cannot be taken away, it is known that it was there.
            intent = replace(intent, event_id=marked[0].id, etag=marked[0].etag)
            await desk.save(intent)
            await _remove(desk, intent, marked[1:])
        first = marked[0]
        written = Written(first.id, first.etag, first.ical_uid)
        following = await created(desk, intent, written, desk.held.mirrored.sight(first))
        if following is not None:
            await carry_out(desk, following, begun=True)
        return
    asked = desk.held.errands.command(intent.command)
    if asked is not None and asked.expired(desk.held.clock()):
        now = desk.held.clock()
        text = "Microsoft 365 could not be reached in time."
        result = rejected(asked, desk.held.claim.room_id, "expired", text)
        effects = Effects(intents=(intent.dropped(now, unanswered=True),))
        await desk.held.decided(asked, result, effects)
        return
    await carry_out(desk, intent)


async def clear_doubts(desk: Desk) -> None:
    """Events kept back because they may be twins of ours: twins go, others are published. Raises GraphError."""
    held = desk.held
    for intent in held.errands.intents:
        found = intent.stage in {"written", "guarding"} and not intent.by_answer
        if intent.step != "create" or not found:
            continue
        doubtful = [
            each
            for each in held.kept_back.values()
            if intent.content.at_same_time(each.sighting.starts, each.sighting.ends)
        ]
        if not doubtful:
            continue
        if intent.awaits_room:  # its answer tells which of them stays
            others = [each for each in await alive(desk, intent) if each.id != intent.event_id]
            if others:
                await take_survivor(desk, intent)
                continue
        twins = [] if intent.awaits_room else await remove_twins(desk, intent)
        ids = {event.id for event in twins}
        uids = {event.ical_uid for event in twins}
        foreign = [
            each
            for each in doubtful
            if each.sighting.event_id not in ids and each.sighting.ical_uid not in uids
        ]
        newest = held.errands.intent(intent.id) or intent
        if foreign and not newest.may_lag(held.clock()):  # these alone: another twin may come yet
            for each in foreign:
                held.errands.unmarked.add((intent.id, each.sighting.event_id))
                held.kept_back.pop(each.sighting.id, None)
            await held.commit(foreign, [])


async def reassert(desk: Desk) -> None:
    """Send once more, and only once, what the late twin of an older change has undone. Raises GraphError."""
    held = desk.held
    now = held.clock()
    for intent in held.errands.intents:
        newer = held.errands.reappeared.pop(intent.id, None)
        if newer is None:
            continue
        log.warning("old_change_reappeared", room=str(held.claim.room_id))
        # What struck late has renamed nothing unless it was a renaming: then the subject is somebody else's.
        subject = newer.content.subject if intent.new_subject is None else intent.content.subject
        again = replace(
            newer,
            id=uuid5(NAMESPACE, f"{intent.id}/again"),
            command=None,
            stage="open",
            attempts=0,
            etag=None,
            base=replace(intent.content, subject=subject),
            created_at=now,
            due_at=now,
            written_at=None,
            ended_at=None,
            by_answer=True,
        )
        over = replace(intent, stage="done", by_answer=True)
        line = Conflict("reappeared", intent.booking_id)
        await held.commit([], [], effects=Effects(intents=(over, again), conflicts=(line,)))
        await carry_out(desk, again)


async def remove_twins(desk: Desk, intent: Intent) -> list[Event]:
    """Of several events with our marker the bound one stays: those that go. Raises GraphError."""
    twins = [event for event in await alive(desk, intent) if event.id != intent.event_id]
    if twins:
        await desk.save(replace(intent, written_at=desk.held.clock()))
    await _remove(desk, intent, twins)
    return twins


async def _remove(desk: Desk, intent: Intent, twins: list[Event]) -> None:
    if not twins:
        return
    now = desk.held.clock()
    gone = tuple(removal(replace(intent, event_id=twin.id, etag=twin.etag), now) for twin in twins)
    await desk.held.commit([], [], effects=Effects(intents=gone))
    for each in gone:
        await carry_out(desk, each)


async def _wait(desk: Desk, intent: Intent, error: GraphError) -> None:
    told = error.retry_after if isinstance(error, TryLater) else None
    due_at = desk.held.clock() + backoff(min(intent.attempts, 4), told)
    await desk.save(replace(intent, due_at=due_at))
    if intent.path == "direct" and isinstance(error, Throttled):
        raise error

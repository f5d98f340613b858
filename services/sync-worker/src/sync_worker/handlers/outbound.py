"""The way out in one pass: what is unresolved first, then what the room answered, then new commands (design §5.1, §5.3)."""

from dataclasses import replace
from datetime import timedelta

from ..domain.command import Asked, Key
from ..domain.pingpong import freed
from ..domain.work import Effects
from .answering import look_for_answers, settle_declined
from .binding import bind_series
from .commanding import Begun, begin, effects_of, passed_on
from .desk import Desk
from .moving import settle_moves
from .recovery import clear_doubts, reassert, remove_twins, resume
from .refusing import Ended
from .writing import carry_out

_AFTER_TWIN = timedelta(seconds=1)
_MOST_BEGUN = 10  # writes in one pass: other rooms want their turn


async def resume_intents(desk: Desk) -> None:
    """Before anything is read: intents whose effect is not known. Raises GraphError, LeaseLost, NotConfirmed."""
    errands = desk.held.errands
    for name in [each.id for each in errands.intents]:
        now = desk.held.clock()
        intent = errands.intent(name)  # as those before it have left it
        if intent is None or intent.stage != "open" or intent.due_at > now:
            continue
        twin = errands.twin_in_the_way(intent)
        if twin is None:
            await resume(desk, intent)
        else:
            await desk.save(replace(intent, due_at=max(twin.due_at, now + _AFTER_TWIN)))


async def work_off(desk: Desk) -> None:
    """After the reads: answers, then the commands whose turn it is. Raises GraphError, LeaseLost, NotConfirmed."""
    await _settle(desk)
    begun = 0
    tried: set[Key] = set()
    while begun < _MOST_BEGUN:
        held = desk.held
        startable = held.errands.startable(held.mirrored.series_of())
        turn = [asked for asked in startable if asked.key not in tried]
        if not turn:
            break
        begun += await _begin(desk, turn, _MOST_BEGUN - begun)
        tried.update(asked.key for asked in turn)
        await _settle(desk)
    for intent in desk.held.errands.intents:
        if intent.stage != "guarding" or intent.due_at > desk.held.clock():
            continue
        if intent.step == "create" and not intent.by_answer:
            await remove_twins(desk, intent)  # one that never showed in the room
        await desk.save(intent.guarded(desk.held.clock()))


async def release_kept_back(desk: Desk) -> bool:
    """Publish what turned out not to be ours; whether something is still kept back."""
    held = desk.held
    free = [each for each in held.kept_back.values() if not held.keeps_back(each)]
    for each in free:
        held.kept_back.pop(each.sighting.id)
    if free:
        await held.mirrored.load(
            [each.sighting.id for each in free], [each.sighting.event_id for each in free]
        )
        await held.commit(free, [])
    return bool(held.kept_back)


async def _settle(desk: Desk) -> None:
    await bind_series(desk)
    await settle_declined(desk)
    await look_for_answers(desk)
    await clear_doubts(desk)
    await reassert(desk)
    await settle_moves(desk)
    await resume_intents(desk)


async def _begin(desk: Desk, turn: list[Asked], most: int) -> int:
    """Begin commands; refusals that come one after the other share a commit."""
    effects, begun = Effects(), 0
    for asked in turn:
        if await passed_on(desk, asked):
            desk.held.errands.pass_on(asked)
            continue
        decision = await begin(desk, asked)
        effects |= effects_of(desk, asked, decision)
        if isinstance(decision, Ended) and decision.rows:
            # The next command must see them as they are now.
            await desk.held.commit([], [], rows=decision.rows, effects=effects)
            effects = Effects()
        if isinstance(decision, Begun):
            rows = freed(desk.held.mirrored.rows.get(decision.intent.booking_id))
            await desk.held.commit([], [], rows=rows, effects=effects)
            effects = Effects()
            await carry_out(desk, decision.intent, begun=True)
            begun += 1
            if begun >= most:
                break
    if effects:
        await desk.held.commit([], [], effects=effects)
    return begun

"""Observe mode: the decisions of live mode, tried on a copy of the room and written down instead of carried out."""

from dataclasses import replace

from contracts.commands import Resync

from ..domain import planning
from ..domain.command import Key
from ..domain.planning import PlanLine
from .commanding import Begun, begin, effects_of
from .desk import Desk


async def plan(desk: Desk) -> list[PlanLine]:
    """One line for each unresolved write, then one for each undecided command, in the order live mode takes them."""
    tried = replace(desk, held=desk.held.rehearsal())
    held = tried.held
    lines = [planning.unresolved(intent) for intent in held.errands.intents]
    seen: set[Key] = set()
    series = held.mirrored.series_of()
    while turn := [each for each in held.errands.startable(series) if each.key not in seen]:
        for asked in turn:
            seen.add(asked.key)
            if isinstance(asked.order, Resync):
                lines.append(planning.resync(asked))
                continue
            decision = await begin(tried, asked)
            held.errands.take(effects_of(tried, asked, decision))
            if isinstance(decision, Begun):
                lines.append(planning.written(decision.intent))
                continue
            held.mirrored.rows.update((row.id, row) for row in decision.rows)
            lines.append(planning.ended(asked, decision.result, matched=bool(decision.rows)))
    waiting = (each for each in held.errands.commands if each.key not in seen)
    return [*lines, *(planning.later(each) for each in waiting if not _begun(desk, each.key))]


def _begun(desk: Desk, key: Key) -> bool:
    """Whether a write serves it: that write's line says what becomes of it."""
    return any(intent.command == key for intent in desk.held.errands.intents)

"""What a commit writes besides rows: intents, results, holds, conflicts, and the journal of them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from asyncpg import CardinalityViolationError, CheckViolationError, ExclusionViolationError

from sync_worker.domain.room import Claim
from sync_worker.domain.work import Conflict, Effects, Hold

from .results import decide
from .tables import Entry, Line, Tables


def granted(tables: Tables, claim: Claim, effects: Effects) -> Mapping[UUID, Hold]:
    """The room's slots held after the commit, checked one by one, the intents before them; nothing is written yet."""
    if len({each.id for each in effects.intents}) < len(effects.intents):
        raise CardinalityViolationError
    released = set(effects.released)
    before = tables.slot_holds.get(claim.room_id, {})
    holds = {key: hold for key, hold in before.items() if not any(map(hold.of, released))}
    given: set[UUID] = set()
    for hold in effects.holds:
        if hold.slot.ends <= hold.slot.starts:
            raise CheckViolationError
        if hold.booking_id in given:
            raise CardinalityViolationError
        if any(
            key != hold.booking_id and each.slot.overlaps(hold.slot) for key, each in holds.items()
        ):
            raise ExclusionViolationError
        given.add(hold.booking_id)
        old = holds.get(hold.booking_id, hold)
        holds[hold.booking_id] = replace(old, slot=hold.slot)  # it stays its series'
    return holds


def write_effects(
    tables: Tables, claim: Claim, effects: Effects, holds: Mapping[UUID, Hold], now: datetime
) -> None:
    """Write them, with the holds that were granted."""
    for each in effects.results:
        if each.result is not None and each.decided_at is not None:
            decide(tables, claim.organisation_id, each.key, each.result, each.decided_at)
    if effects.released or effects.holds:
        tables.slot_holds[claim.room_id] = dict(holds)
    if effects.intents:
        intents = tables.intents.setdefault(claim.room_id, {})
        intents.update({each.id: each for each in effects.intents})
    _tell(tables, claim, effects, now)
    if effects.overlaps is not None:
        for line in tables.conflicts:
            same_room = line.room_id == claim.room_id
            if (
                same_room
                and _lasts(line)
                and (line.booking_id, line.other_id) not in effects.overlaps
            ):
                line.cleared_at = now
    found = [Conflict("overlap", *pair) for pair in sorted(effects.overlaps or ())]
    for conflict in (*effects.conflicts, *found):
        _note(tables, claim, conflict, now)


def _tell(tables: Tables, claim: Claim, effects: Effects, now: datetime) -> None:
    told: list[tuple[UUID | None, str, Mapping[str, object]]] = [
        *(
            (
                each.booking_id,
                f"{each.step}.{each.stage}",
                {"path": each.path, "attempts": each.attempts},
            )
            for each in effects.intents
        ),
        *(
            (each.booking_id, f"command.{each.result.outcome}", {"command": each.key.id})
            for each in effects.results
            if each.result is not None
        ),
    ]
    tables.journal.extend(
        Entry(claim.organisation_id, claim.room_id, booking, now, entry, detail=detail)
        for booking, entry, detail in told
    )


def _lasts(line: Line) -> bool:
    return line.kind == "overlap" and line.cleared_at is None


def _note(tables: Tables, claim: Claim, found: Conflict, now: datetime) -> None:
    """An overlap that lasts is noted once."""
    name = (claim.room_id, found.booking_id, found.other_id)
    if found.kind == "overlap" and any(
        _lasts(line) and (line.room_id, line.booking_id, line.other_id) == name
        for line in tables.conflicts
    ):
        return
    tables.conflicts.append(
        Line(
            claim.organisation_id, claim.room_id, found.kind, found.booking_id, found.other_id,
            found.command_id, now,
        )
    )  # fmt: skip

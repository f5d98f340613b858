"""What a commit writes besides rows: intents, results, holds, conflicts, and the journal of them."""

from datetime import datetime

import msgspec

from pgstore import Connection

from ..domain.room import Claim
from ..domain.work import Effects
from .orders import RESULT, result_parameters
from .work import SAVE_INTENT, intent_parameters

_JOURNAL = """
insert into journal (organisation_id, room_id, booking_id, at, entry, detail)
select $1, $2, booking_id, $3, entry, detail::jsonb from unnest($4::uuid[], $5::text[], $6::text[])
    as g(booking_id, entry, detail)
"""
_CLEARED = """
update conflicts c set cleared_at = $2
where c.room_id = $1 and c.kind = 'overlap' and c.cleared_at is null
  and not exists (select from unnest($3::uuid[], $4::uuid[]) as g(one, other)
                  where g.one = c.booking_id and g.other = c.other_id)
"""
_FOUND = """
insert into conflicts (organisation_id, room_id, kind, booking_id, other_id, command_id, at)
select $1, $2, kind, booking_id, other_id, command_id, $3
from unnest($4::text[], $5::uuid[], $6::uuid[], $7::text[]) as g(kind, booking_id, other_id, command_id)
on conflict (room_id, booking_id, other_id) where kind = 'overlap' and cleared_at is null do nothing
"""


async def write_effects(
    connection: Connection, claim: Claim, effects: Effects, now: datetime
) -> None:
    """Inside the commit's transaction, after the room's row is held."""
    organisation_id, room_id = claim.organisation_id, claim.room_id
    results = [
        (each.key, each.result, each.decided_at)
        for each in effects.results
        if each.result is not None and each.decided_at is not None
    ]
    if results:
        await connection.execute(RESULT, organisation_id, *result_parameters(results))
    if effects.released:
        await connection.execute(
            "delete from slot_holds where room_id = $1 and booking_id = any($2)",
            room_id,
            list(effects.released),
        )
    for hold in effects.holds:
        await connection.execute(
            "insert into slot_holds (organisation_id, room_id, booking_id, starts, ends) values ($1, $2, $3, $4, $5)"
            " on conflict (room_id, booking_id) do update set starts = excluded.starts, ends = excluded.ends",
            organisation_id,
            room_id,
            hold.booking_id,
            hold.slot.starts,
            hold.slot.ends,
        )
    for intent in effects.intents:
        await connection.execute(SAVE_INTENT, organisation_id, room_id, *intent_parameters(intent))
    await _write_conflicts(connection, claim, effects, now)
    lines = [
        *((each.booking_id, f"{each.step}.{each.stage}", {}) for each in effects.intents),
        *(
            (each.booking_id, f"command.{each.result.outcome}", {"command": each.key.id})
            for each in effects.results
            if each.result is not None
        ),
    ]
    if lines:
        await connection.execute(
            _JOURNAL,
            organisation_id,
            room_id,
            now,
            [booking for booking, _, _ in lines],
            [entry for _, entry, _ in lines],
            [msgspec.json.encode(detail).decode() for _, _, detail in lines],
        )


async def _write_conflicts(
    connection: Connection, claim: Claim, effects: Effects, now: datetime
) -> None:
    found = [
        (each.kind, each.booking_id, each.other_id, each.command_id) for each in effects.conflicts
    ]
    if effects.overlaps is not None:
        pairs = sorted(effects.overlaps)
        await connection.execute(
            _CLEARED, claim.room_id, now, [one for one, _ in pairs], [other for _, other in pairs]
        )
        found += [("overlap", one, other, None) for one, other in pairs]
    if found:
        await connection.execute(
            _FOUND,
            claim.organisation_id,
            claim.room_id,
            now,
            [kind for kind, _, _, _ in found],
            [booking for _, booking, _, _ in found],
            [other for _, _, other, _ in found],
            [command for _, _, _, command in found],
        )

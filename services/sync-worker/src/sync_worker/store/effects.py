"""What a commit writes besides rows: intents, results, holds, conflicts, and the journal of them."""

from datetime import datetime

from pgstore import Connection

from ..domain.room import Claim
from ..domain.work import Effects
from .orders import RESULT, result_parameters
from .work import SAVE_INTENTS, intent_entry

# Holds given back go first: what is granted in the same commit may take their place.
_RELEASED = """
delete from slot_holds where room_id = $1 and (booking_id = any($2) or series_id = any($2))
"""
_WRITTEN = f"""
with held as (
    insert into slot_holds (organisation_id, room_id, booking_id, starts, ends, series_id)
    select $1, $2, h.booking_id, h.starts, h.ends, h.series_id
    from jsonb_to_recordset($4::jsonb)
        as h(booking_id uuid, starts timestamptz, ends timestamptz, series_id uuid)
    on conflict (room_id, booking_id) do update set starts = excluded.starts, ends = excluded.ends
), intended as ({SAVE_INTENTS}
)
insert into journal (organisation_id, room_id, booking_id, at, entry, detail)
select $1, $2, j.booking_id, $3, j.entry, j.detail
from jsonb_to_recordset($6::jsonb) as j(booking_id uuid, entry text, detail jsonb)
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
        await connection.execute(_RELEASED, room_id, list(effects.released))
    lines = [
        *(
            {
                "booking_id": each.booking_id,
                "entry": f"{each.step}.{each.stage}",
                "detail": {"path": each.path, "attempts": each.attempts},
            }
            for each in effects.intents
        ),
        *(
            {
                "booking_id": each.booking_id,
                "entry": f"command.{each.result.outcome}",
                "detail": {"command": each.key.id},
            }
            for each in effects.results
            if each.result is not None
        ),
    ]
    if lines or effects.holds:
        await connection.execute(
            _WRITTEN,
            organisation_id,
            room_id,
            now,
            [
                {
                    "booking_id": each.booking_id,
                    "starts": each.slot.starts,
                    "ends": each.slot.ends,
                    "series_id": each.series_id,
                }
                for each in effects.holds
            ],
            [intent_entry(each) for each in effects.intents],
            lines,
        )
    await _write_conflicts(connection, claim, effects, now)


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

"""Hints become debts of their rooms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from contracts.hints import ChangeHint
from pgstore import Database

MOST_PENDING = 20

# A hint that says what a pending one says renews its number: were the pass just now reading on behalf of the old one,
# it must not clear the new one. Without an etag only a hint that nobody has asked about yet says the same.
_NOTE = f"""
with given as (
    select g.room_id, g.tenant_id, g.entries::jsonb as entries
    from unnest($1::uuid[], $2::uuid[], $3::text[]) as g(room_id, tenant_id, entries)
), held as (
    select s.room_id, s.pending, s.hint_no + 1 as no, g.entries
    from room_sync s
    join rooms r on r.id = s.room_id and r.removed_at is null
    join given g on g.room_id = s.room_id and g.tenant_id = r.tenant_id
    order by s.room_id
    for update of s
), merged as (
    select held.room_id, held.no, (
        select jsonb_agg(entry || jsonb_build_object('no', coalesce(renewed, (entry ->> 'no')::bigint)) order by place)
        from (
            select old.place, old.entry, (
                select held.no from jsonb_array_elements(held.entries) as new(entry)
                where new.entry ->> 'event' = old.entry ->> 'event'
                  and new.entry ->> 'etag' is not distinct from old.entry ->> 'etag'
                  and (new.entry ->> 'etag' is not null or old.entry ->> 'ask_at' is null)
                limit 1
            ) as renewed
            from jsonb_array_elements(held.pending) with ordinality as old(entry, place)
            union all
            select 1000 + new.place, new.entry, held.no
            from jsonb_array_elements(held.entries) with ordinality as new(entry, place)
            where not exists (
                select from jsonb_array_elements(held.pending) as old(entry)
                where new.entry ->> 'event' = old.entry ->> 'event'
                  and new.entry ->> 'etag' is not distinct from old.entry ->> 'etag'
                  and (new.entry ->> 'etag' is not null or old.entry ->> 'ask_at' is null)
            )
        ) as every
    ) as pending
    from held
)
update room_sync s set
    hint_no = merged.no,
    pending = case when jsonb_array_length(merged.pending) > {MOST_PENDING}
        then jsonb_path_query_array(merged.pending, '$[0 to {MOST_PENDING - 1}]') else merged.pending end,
    window_owed_no = case when jsonb_array_length(merged.pending) > {MOST_PENDING}
        then merged.no else s.window_owed_no end,
    due_at = greatest(least(s.due_at, $4), s.not_before)
from merged where s.room_id = merged.room_id
returning s.room_id, s.organisation_id, s.due_at <= $4 as due
"""


@dataclass(frozen=True, slots=True)
class Noted:
    """Rooms that are due now, with their organisations, and how many rooms' hints were dropped."""

    due: tuple[tuple[UUID, UUID], ...]
    dropped: int


class HintStore:
    """Writes `room_sync.pending`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note_hints(self, hints: Sequence[ChangeHint], now: datetime) -> Noted:
        """Remember what the hints ask for; a room unknown or of another tenant drops its hints.

        Raises DatabaseUnavailable, and then nothing was noted.
        """
        entries: dict[tuple[UUID, UUID], dict[tuple[str, str | None], dict[str, object]]] = {}
        for hint in hints:
            entry: dict[str, object] = {
                "event": hint.event,
                "etag": hint.etag,
                "received_at": hint.received_at,
            }
            entries.setdefault((hint.room, hint.tenant), {}).setdefault(
                (hint.event, hint.etag), entry
            )
        if not entries:
            return Noted(due=(), dropped=0)
        async with self._database.statement() as connection:
            rows = await connection.fetch(
                _NOTE,
                [room for room, _ in entries],
                [tenant for _, tenant in entries],
                [msgspec.json.encode(list(each.values())).decode() for each in entries.values()],
                now,
            )
        return Noted(
            due=tuple((row["room_id"], row["organisation_id"]) for row in rows if row["due"]),
            dropped=len(entries) - len(rows),
        )

"""The open work of rooms, loaded with their claim."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from pgstore import Connection

from ..domain.alternatives import Slot
from ..domain.booking import Row
from ..domain.command import Asked, Key
from ..domain.intent import Intent
from ..domain.work import Address, Hold, Work
from .orders import asked_of
from .rows import COLUMNS, Fields, row_of

_MOST_COMMANDS: Final = 100  # of one room in one pass

# Everything in one round trip, each row as JSON beside the word for what it is.
_OPEN: Final = f"""
select 'command' as what, c.room_id, to_jsonb(c) as entry from unnest($1::uuid[]) as wanted(room_id), lateral (
    select * from commands c where c.room_id = wanted.room_id and c.sent_at is null
    order by c.received_at, c.id limit {_MOST_COMMANDS}) as c
union all
select 'intent', i.room_id, to_jsonb(i) from intents i where i.room_id = any($1) and (i.stage <> 'done'
    -- Changes done after one that was found, not confirmed: should that one's late twin strike, these hold.
    or (i.step = 'change' and exists (
        select from intents found where found.room_id = i.room_id and found.booking_id = i.booking_id
          and found.stage = 'guarding' and found.step = 'change' and found.created_at < i.created_at)))
union all
select 'hold', h.room_id, to_jsonb(h) from slot_holds h where h.room_id = any($1)
union all
select 'address', d.room_id, jsonb_build_object('mailbox', d.mailbox, 'name', d.name, 'time_zone', d.time_zone)
from room_directory d where d.room_id = any($1)
"""
# A series comes whole, and an occurrence with its master.
_BOOKED: Final = f"""
select {COLUMNS} from bookings b where b.room_id = any($1) and b.id = any($2)
union
select {COLUMNS} from bookings b where b.room_id = any($1) and b.series_id = any($2)
union
select {COLUMNS} from bookings o join bookings b on b.room_id = o.room_id and b.event_id = o.master_id
where o.room_id = any($1) and o.id = any($2)
"""
_DONE: Final = """
select booking_id, source, max(sequence) as sequence from commands
where booking_id = any($1) and outcome is not null group by booking_id, source
"""
_OWNERS: Final = """
select distinct on (booking_id) booking_id, source, id from commands
where booking_id = any($1) and kind = 'book' and outcome is distinct from 'rejected'
order by booking_id, outcome is null, received_at, id
"""
_INTENT_TYPES: Final = {
    "id": "uuid",
    "booking_id": "uuid",
    "source": "text",
    "command_id": "text",
    "step": "text",
    "path": "text",
    "mailbox": "text",
    "stage": "text",
    "attempts": "integer",
    "event_id": "text",
    "etag": "text",
    "ical_uid": "text",
    "content": "jsonb",
    "base": "jsonb",
    "occurrence_at": "timestamptz",
    "to_room": "uuid",
    "created_at": "timestamptz",
    "due_at": "timestamptz",
    "written_at": "timestamptz",
    "ended_at": "timestamptz",
    "by_answer": "boolean",
}
SAVE_INTENTS: Final = f"""
    insert into intents (organisation_id, room_id, {", ".join(_INTENT_TYPES)})
    select $1, $2, {", ".join(f"i.{name}" for name in _INTENT_TYPES)}
    from jsonb_to_recordset($5::jsonb) as i({", ".join(f"{name} {kind}" for name, kind in _INTENT_TYPES.items())})
    on conflict (room_id, id) do update set {", ".join(f"{name} = excluded.{name}" for name in _INTENT_TYPES if name != "id")}
"""


async def load_work(
    connection: Connection, room_ids: Sequence[UUID]
) -> tuple[dict[UUID, Work], dict[UUID, dict[UUID, Row]]]:
    """What is open per room, and the rows of the bookings it is about; inside their organisation's transaction."""
    rooms = list(room_ids)
    found: dict[str, dict[UUID, list[Fields]]] = defaultdict(lambda: defaultdict(list))
    for record in await connection.fetch(_OPEN, rooms):
        found[record["what"]][record["room_id"]].append(record["entry"])
    commands = {
        room: [asked_of(each) for each in group] for room, group in found["command"].items()
    }
    intents = {room: [_intent(each) for each in group] for room, group in found["intent"].items()}
    bookings = sorted(
        {each.booking_id for group in commands.values() for each in group if each.booking_id}
        | {each.booking_id for group in intents.values() for each in group}
    )
    rows: dict[UUID, dict[UUID, Row]] = defaultdict(dict)
    done: dict[tuple[UUID, str], int] = {}
    owners: dict[UUID, Key] = {}
    if bookings:
        for record in await connection.fetch(_BOOKED, rooms, bookings):
            row = row_of(record)
            rows[record["room_id"]][row.id] = row
    if any(each.result is None for group in commands.values() for each in group):
        for record in await connection.fetch(_DONE, bookings):
            done[record["booking_id"], record["source"]] = record["sequence"]
        for record in await connection.fetch(_OWNERS, bookings):
            owners[record["booking_id"]] = Key(record["source"], record["id"])
    works = {
        room: Work(
            address=next((_address(each) for each in found["address"][room]), None),
            commands=tuple(each for each in _by_arrival(commands, room) if each.result is None),
            unsent=tuple(each for each in _by_arrival(commands, room) if each.result is not None),
            intents=tuple(
                sorted(intents.get(room, ()), key=lambda each: (each.created_at, each.id))
            ),
            holds=tuple(_hold(each) for each in found["hold"][room]),
            done=done,
            owners=owners,
            more=len(commands.get(room, ())) >= _MOST_COMMANDS,
        )
        for room in rooms
    }
    return works, rows


def _by_arrival(commands: dict[UUID, list[Asked]], room: UUID) -> list[Asked]:
    return sorted(commands.get(room, ()), key=lambda each: (each.received_at, each.key.id))


def _address(entry: Fields) -> Address:
    return msgspec.convert(entry, Address)


def _hold(entry: Fields) -> Hold:
    slot = msgspec.convert(entry, Slot)
    series = entry["series_id"]
    return Hold(UUID(entry["booking_id"]), slot, None if series is None else UUID(series))


def intent_entry(intent: Intent) -> dict[str, object]:
    """The row of `intents` as SAVE_INTENTS takes it."""
    command = intent.command
    values: dict[str, object] = {
        "source": command.source if command else None,
        "command_id": command.id if command else None,
    }
    return {
        name: values[name] if name in values else getattr(intent, name) for name in _INTENT_TYPES
    }


def _intent(entry: Fields) -> Intent:
    source = entry["source"]
    command = None if source is None else {"source": source, "id": entry["command_id"]}
    known = {name: entry[name] for name in _INTENT_TYPES if name not in {"source", "command_id"}}
    return msgspec.convert({**known, "command": command}, Intent)

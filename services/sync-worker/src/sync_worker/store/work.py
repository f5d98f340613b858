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
from ..domain.intent import Content, Intent
from ..domain.work import Address, Hold, Work
from .orders import asked_of
from .rows import COLUMNS, Fields, row_of

_MOST_COMMANDS: Final = 100  # of one room in one pass

_COMMANDS: Final = """
select c.* from unnest($1::uuid[]) as wanted(room_id), lateral (
    select * from commands c where c.room_id = wanted.room_id and c.sent_at is null
    order by c.received_at, c.id limit $2) as c
order by c.received_at, c.id
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
# Beside the unfinished: changes done after one that was found, not confirmed. Should that one's late twin strike, these hold.
_INTENTS: Final = """
select i.* from intents i where i.room_id = any($1) and (i.stage <> 'done' or (i.step = 'change' and exists (
    select from intents found where found.room_id = i.room_id and found.booking_id = i.booking_id
      and found.stage = 'guarding' and found.step = 'change' and found.created_at < i.created_at)))
order by i.created_at, i.id
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
    "number": "integer",
    "attempts": "integer",
    "event_id": "text",
    "etag": "text",
    "ical_uid": "text",
    "content": "jsonb",
    "base": "jsonb",
    "created_at": "timestamptz",
    "due_at": "timestamptz",
    "written_at": "timestamptz",
    "ended_at": "timestamptz",
    "by_answer": "boolean",
}
SAVE_INTENT: Final = (
    f"insert into intents (organisation_id, room_id, {', '.join(_INTENT_TYPES)}) values ($1, $2, "
    + ", ".join(f"${place}" for place in range(3, 3 + len(_INTENT_TYPES)))
    + ") on conflict (room_id, id) do update set "
    + ", ".join(f"{name} = excluded.{name}" for name in _INTENT_TYPES if name != "id")
)


async def load_work(
    connection: Connection, room_ids: Sequence[UUID]
) -> tuple[dict[UUID, Work], dict[UUID, dict[UUID, Row]]]:
    """What is open per room, and the rows of the bookings it is about; inside their organisation's transaction."""
    rooms = list(room_ids)
    commands: dict[UUID, list[Asked]] = defaultdict(list)
    for record in await connection.fetch(_COMMANDS, rooms, _MOST_COMMANDS):
        commands[record["room_id"]].append(asked_of(record))
    intents: dict[UUID, list[Intent]] = defaultdict(list)
    for record in await connection.fetch(_INTENTS, rooms):
        intents[record["room_id"]].append(_intent(record))
    holds: dict[UUID, list[Hold]] = defaultdict(list)
    for record in await connection.fetch("select * from slot_holds where room_id = any($1)", rooms):
        slot = Slot(record["starts"], record["ends"])
        holds[record["room_id"]].append(Hold(record["booking_id"], slot))
    addresses = {
        record["room_id"]: Address(record["mailbox"], record["name"], record["time_zone"])
        for record in await connection.fetch(
            "select room_id, mailbox, name, time_zone from room_directory where room_id = any($1)",
            rooms,
        )
    }
    bookings = sorted(
        {each.booking_id for group in commands.values() for each in group if each.booking_id}
        | {each.booking_id for group in intents.values() for each in group}
    )
    done = {
        (record["booking_id"], record["source"]): record["sequence"]
        for record in await connection.fetch(_DONE, bookings)
    }
    owners = {
        record["booking_id"]: Key(record["source"], record["id"])
        for record in await connection.fetch(_OWNERS, bookings)
    }
    rows: dict[UUID, dict[UUID, Row]] = defaultdict(dict)
    for record in await connection.fetch(
        f"select {COLUMNS} from bookings b where b.room_id = any($1) and b.id = any($2)",
        rooms,
        bookings,
    ):
        row = row_of(record)
        rows[record["room_id"]][row.id] = row
    works = {
        room_id: Work(
            address=addresses.get(room_id),
            commands=tuple(each for each in commands[room_id] if each.result is None),
            unsent=tuple(each for each in commands[room_id] if each.result is not None),
            intents=tuple(intents[room_id]),
            holds=tuple(holds[room_id]),
            done=done,
            owners=owners,
            more=len(commands[room_id]) >= _MOST_COMMANDS,
        )
        for room_id in rooms
    }
    return works, rows


def intent_parameters(intent: Intent) -> list[object]:
    """The values that SAVE_INTENT takes after organisation and room."""
    command = intent.command
    values: dict[str, object] = {
        "source": command.source if command else None,
        "command_id": command.id if command else None,
    }
    return [values[name] if name in values else getattr(intent, name) for name in _INTENT_TYPES]


def _intent(record: Fields) -> Intent:
    values = {
        name: record[name]
        for name in _INTENT_TYPES
        if name not in {"source", "command_id", "content", "base"}
    }
    source, base = record["source"], record["base"]
    return Intent(
        command=None if source is None else Key(source, record["command_id"]),
        content=msgspec.convert(record["content"], Content),
        base=None if base is None else msgspec.convert(base, Content),
        **values,
    )

"""The open work of rooms, loaded with their claim."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sync_worker.domain.booking import Row
from sync_worker.domain.command import Asked, Key
from sync_worker.domain.intent import Intent
from sync_worker.domain.work import Address, Work

from .orders import Kept
from .rows import Rows
from .tables import Tables

_MOST_COMMANDS = 100  # of one room in one pass


def load_work(
    tables: Tables, organisation_id: UUID, room_ids: Sequence[UUID]
) -> tuple[dict[UUID, Work], dict[UUID, dict[UUID, Row]]]:
    """What is open per room, and the rows of the bookings it is about."""
    commands = {room: _unsent(tables.commands.unsent(organisation_id, room)) for room in room_ids}
    intents = {room: _open(tables.intents.get(room, {}).values()) for room in room_ids}
    bookings = {each.booking_id for group in intents.values() for each in group} | {
        each.booking_id for group in commands.values() for each in group if each.booking_id
    }
    rows = {room: _among(tables.rows(organisation_id, room), bookings) for room in room_ids}
    undecided = any(each.asked.result is None for group in commands.values() for each in group)
    done, owners = _history(tables, organisation_id, bookings if undecided else ())
    works = {
        room: Work(
            address=_address(tables, organisation_id, room),
            commands=tuple(each.asked for each in group if each.asked.result is None),
            unsent=tuple(each.asked for each in group if each.asked.result is not None),
            intents=intents[room],
            holds=tuple(tables.slot_holds.get(room, {}).values()),
            done=done,
            owners=owners,
            more=len(group) >= _MOST_COMMANDS,
        )
        for room, group in commands.items()
    }
    return works, rows


def _among(rows: Rows, names: Iterable[UUID]) -> dict[UUID, Row]:
    """The rows of these bookings and series; a series comes whole, and an occurrence with its master."""
    found = {name: row for name in names if (row := rows.get(name)) is not None}
    masters = {each.master_id for each in found.values() if each.master_id is not None}
    if masters:
        found |= {key: each for key, each in rows.items() if each.event_id in masters}
    for name in names:
        found |= {each.id: each for each in rows.of_series(name)}
    return found


def _unsent(unsent: Iterable[Kept]) -> list[Kept]:
    ordered = sorted(unsent, key=lambda each: (each.asked.received_at, each.asked.key.id))
    return ordered[:_MOST_COMMANDS]


def _open(intents: Iterable[Intent]) -> tuple[Intent, ...]:
    """Those not done, and changes done after one that was found, not confirmed, and whose twin may come."""
    guarded: dict[UUID, Intent] = {}
    every = sorted(intents, key=lambda each: (each.created_at, each.id))
    for each in every:
        if each.step == "change" and each.stage == "guarding":
            guarded.setdefault(each.booking_id, each)
    return tuple(each for each in every if each.stage != "done" or _holds_after(each, guarded))


def _holds_after(intent: Intent, guarded: dict[UUID, Intent]) -> bool:
    found = guarded.get(intent.booking_id)
    return intent.step == "change" and found is not None and found.created_at < intent.created_at


def _history(
    tables: Tables, organisation_id: UUID, bookings: Iterable[UUID]
) -> tuple[dict[tuple[UUID, str], int], dict[UUID, Key]]:
    """Per booking and source the highest sequence decided; per booking which command made it, or makes it."""
    done: dict[tuple[UUID, str], int] = {}
    owners: dict[UUID, Key] = {}
    for booking in bookings:
        about = tables.commands.about(organisation_id, booking)
        for asked in (each.asked for each in about):
            if asked.result is not None:
                name = (booking, asked.key.source)
                done[name] = max(done.get(name, 0), asked.sequence)
        makers = [each.asked for each in about if each.makes]
        if makers:
            owners[booking] = min(makers, key=_precedence).key
    return done, owners


def _precedence(asked: Asked) -> tuple[bool, datetime, str]:
    return asked.result is None, asked.received_at, asked.key.id


def _address(tables: Tables, organisation_id: UUID, room_id: UUID) -> Address | None:
    room = tables.rooms.get(room_id)
    if room is None or room.organisation_id != organisation_id or room.removed_at is not None:
        return None
    return Address(room.mailbox, room.name, tables.offices[room.office_id].time_zone)

"""The open work of rooms, loaded with their claim."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sync_worker.domain.booking import Row
from sync_worker.domain.command import Key
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
    about = [
        each
        for booking in (bookings if undecided else ())
        for each in tables.commands.about(organisation_id, booking)
    ]
    done, owners = _done(about), _owners(about)
    works = {
        room: Work(
            address=_address(tables, organisation_id, room),
            commands=tuple(each.asked for each in commands[room] if each.asked.result is None),
            unsent=tuple(each.asked for each in commands[room] if each.asked.result is not None),
            intents=intents[room],
            holds=tuple(tables.slot_holds.get(room, {}).values()),
            done=done,
            owners=owners,
            more=len(commands[room]) >= _MOST_COMMANDS,
        )
        for room in room_ids
    }
    return works, rows


def _among(rows: Rows, names: Iterable[UUID]) -> dict[UUID, Row]:
    """The rows of these bookings and series; a series comes whole, and an occurrence with its master."""
    found = {name: rows[name] for name in names if name in rows}
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


def _done(about: Iterable[Kept]) -> dict[tuple[UUID, str], int]:
    done: dict[tuple[UUID, str], int] = {}
    for each in about:
        if each.asked.result is not None and each.booking_id is not None:
            name = (each.booking_id, each.asked.key.source)
            done[name] = max(done.get(name, 0), each.asked.sequence)
    return done


def _owners(about: Iterable[Kept]) -> dict[UUID, Key]:
    makers = sorted(
        (each.asked for each in about if each.makes),
        key=lambda each: (each.result is None, each.received_at, each.key.id),
    )
    owners: dict[UUID, Key] = {}
    for each in makers:
        if each.booking_id is not None:
            owners.setdefault(each.booking_id, each.key)
    return owners


def _address(tables: Tables, organisation_id: UUID, room_id: UUID) -> Address | None:
    room = tables.rooms.get(room_id)
    if room is None or room.organisation_id != organisation_id or room.removed_at is not None:
        return None
    return Address(room.mailbox, room.name, tables.offices[room.office_id].time_zone)

"""The open work of rooms, loaded with their claim."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from contracts.commands import Book
from sync_worker.domain.booking import Row
from sync_worker.domain.command import Key
from sync_worker.domain.intent import Intent
from sync_worker.domain.work import Address, Hold, Work

from .tables import Kept, Tables

_MOST_COMMANDS = 100  # of one room in one pass


def load_work(
    tables: Tables, organisation_id: UUID, room_ids: Sequence[UUID]
) -> tuple[dict[UUID, Work], dict[UUID, dict[UUID, Row]]]:
    """What is open per room, and the rows of the bookings it is about."""
    kept = list(tables.commands_of(organisation_id))
    commands = {room: _unsent(kept, room) for room in room_ids}
    intents = {room: _open(tables.intents.get(room, {}).values()) for room in room_ids}
    bookings = {each.booking_id for group in commands.values() for each in group} | {
        each.booking_id for group in intents.values() for each in group
    }
    bookings.discard(None)
    rows = {room: _among(tables.rows(organisation_id, room), bookings) for room in room_ids}
    undecided = any(each.result is None for group in commands.values() for each in group)
    about = [each for each in kept if each.booking_id in bookings] if undecided else []
    done, owners = _done(about), _owners(about)
    works = {
        room: Work(
            address=_address(tables, organisation_id, room),
            commands=tuple(each.asked for each in commands[room] if each.result is None),
            unsent=tuple(each.asked for each in commands[room] if each.result is not None),
            intents=intents[room],
            holds=tuple(Hold(*each) for each in tables.slot_holds.get(room, {}).items()),
            done=done,
            owners=owners,
            more=len(commands[room]) >= _MOST_COMMANDS,
        )
        for room in room_ids
    }
    return works, rows


def _among(rows: Mapping[UUID, Row], keys: Iterable[UUID | None]) -> dict[UUID, Row]:
    return {key: rows[key] for key in keys if key is not None and key in rows}


def _unsent(kept: Iterable[Kept], room_id: UUID) -> list[Kept]:
    unsent = [each for each in kept if each.room_id == room_id and each.sent_at is None]
    return sorted(unsent, key=lambda each: (each.received_at, each.key.id))[:_MOST_COMMANDS]


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
        if each.result is not None and each.booking_id is not None:
            name = (each.booking_id, each.key.source)
            done[name] = max(done.get(name, 0), each.asked.sequence)
    return done


def _owners(about: Iterable[Kept]) -> dict[UUID, Key]:
    makers = sorted(
        (each for each in about if _makes(each)),
        key=lambda each: (each.result is None, each.received_at, each.key.id),
    )
    owners: dict[UUID, Key] = {}
    for each in makers:
        if each.booking_id is not None:
            owners.setdefault(each.booking_id, each.key)
    return owners


def _makes(kept: Kept) -> bool:
    refused = kept.result is not None and kept.result.outcome == "rejected"
    return isinstance(kept.order, Book) and not refused


def _address(tables: Tables, organisation_id: UUID, room_id: UUID) -> Address | None:
    room = tables.rooms.get(room_id)
    if room is None or room.organisation_id != organisation_id or room.removed_at is not None:
        return None
    return Address(room.mailbox, room.name, tables.offices[room.office_id].time_zone)

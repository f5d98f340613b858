"""Commands: kept once by source and id, given to the room whose holder runs them, or left as strays."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from contracts.commands import Book, Command, Resync
from contracts.events import CommandResult
from sync_worker.domain.command import (
    INTEGRATION_OFF,
    ROOM_UNKNOWN,
    Asked,
    Key,
    rejected,
    unplaced,
)

from .database import ModelDatabase
from .orders import Kept
from .results import decide, stray
from .tables import ALWAYS, NEVER, RoomSync, Tables

_STRAY_LEASE = timedelta(seconds=30)


class CommandStore:
    """What arrives on `sync.commands`, until a room's holder takes it over."""

    def __init__(self, database: ModelDatabase) -> None:
        self._database = database

    async def note(self, organisation_id: UUID, asked: Asked, now: datetime) -> UUID | None:
        """Keep the command; the room that is due for it, None if none is. Of a repeat the result is sent again."""
        async with self._database as tables:
            known = tables.commands.get(organisation_id, asked.key)
            if known is not None:
                if known.asked.result is not None:
                    tables.commands.send(known, None)
                    stray(tables, organisation_id, asked.key, now)
                return None
            room_id = _room_of(tables, organisation_id, asked.order)
            tables.commands.add(Kept(organisation_id, asked, room_id))
            active = None if room_id is None else _active(tables, organisation_id, room_id)
            if room_id is not None and active:
                _rouse(tables, organisation_id, room_id, now)
                return room_id
            if room_id is not None:
                result = _no_holder(asked, room_id, known=active is not None)
                decide(tables, organisation_id, asked.key, result, now)
            stray(tables, organisation_id, asked.key, now)
            return None

    async def due_strays(self, now: datetime, most: int) -> list[tuple[UUID, Key]]:
        """Strays that are due, ours for half a minute, with their organisations."""
        async with self._database as tables:
            due = sorted(
                (
                    name
                    for name, each in tables.stray_commands.items()
                    if each.due_at <= now and each.lease_until <= now
                ),
                key=lambda name: (name[0], name[1].source, name[1].id),
            )[:most]
            for name in due:
                tables.stray_commands[name].lease_until = now + _STRAY_LEASE
            return due

    async def adopt(self, organisation_id: UUID, key: Key, now: datetime) -> Asked | UUID | None:
        """Give a stray to its room, if there is one by now, or end it: the room, else the stray itself, None if it is no more."""
        async with self._database as tables:
            kept = tables.commands.get(organisation_id, key)
            if kept is None:
                tables.stray_commands.pop((organisation_id, key), None)
                return None
            asked = kept.asked
            if asked.result is not None:
                return asked
            room_id = _room_of(tables, organisation_id, asked.order)
            if room_id is None:
                late = unplaced(asked, now)
                if late is None:
                    return asked
                decide(tables, organisation_id, key, late, now)
                return replace(asked, result=late, decided_at=now)
            active = _active(tables, organisation_id, room_id)
            if not active:
                result = _no_holder(asked, room_id, known=active is not None)
                decide(tables, organisation_id, key, result, now)
                return replace(asked, result=result, decided_at=now)
            tables.commands.give(kept, room_id)
            tables.stray_commands.pop((organisation_id, key), None)
            _rouse(tables, organisation_id, room_id, now)
            return room_id

    async def finish_stray(self, organisation_id: UUID, key: Key, now: datetime) -> None:
        """Its result is confirmed."""
        async with self._database as tables:
            kept = tables.commands.get(organisation_id, key)
            if kept is not None:
                tables.commands.send(kept, now)
            tables.stray_commands.pop((organisation_id, key), None)

    async def postpone_stray(self, organisation_id: UUID, key: Key, due_at: datetime) -> None:
        """Look again later."""
        async with self._database as tables:
            held = tables.stray_commands.get((organisation_id, key))
            if held is not None:
                held.due_at, held.lease_until = due_at, ALWAYS

    async def abandoned(self) -> list[tuple[UUID, UUID]]:
        """Rooms that are off while commands of theirs are open, with their organisations."""
        async with self._database as tables:
            return sorted(
                (each.room_id, each.organisation_id)
                for each in tables.room_sync.values()
                if each.due_at == NEVER and each.command_no > each.state.command_done_no
            )

    async def open_of(self, organisation_id: UUID, room_id: UUID) -> tuple[list[Asked], bool]:
        """A room's undecided commands that nothing was written for, and whether the room is still ours."""
        async with self._database as tables:
            begun = {
                each.command
                for each in tables.intents.get(room_id, {}).values()
                if each.stage != "done"
            }
            waiting = [
                each.asked
                for each in tables.commands
                if (each.organisation_id, each.room_id) == (organisation_id, room_id)
                and each.asked.result is None
                and each.asked.key not in begun
            ]
            room = tables.rooms.get(room_id)
            ours = room is not None and room.removed_at is None
            return sorted(waiting, key=lambda each: each.received_at), ours

    async def abandon(
        self, organisation_id: UUID, key: Key, result: CommandResult, now: datetime
    ) -> None:
        """End a command whose room is off; a stray sends its result."""
        async with self._database as tables:
            decide(tables, organisation_id, key, result, now)
            stray(tables, organisation_id, key, now)


def _room_of(tables: Tables, organisation_id: UUID, order: Command) -> UUID | None:
    """The room an order names, else where its booking or series lives, else where it was last or is about to be."""
    if isinstance(order, Book | Resync):
        return order.room_id
    living: list[tuple[datetime, UUID]] = []
    past: list[tuple[datetime, UUID]] = []
    for sync in tables.room_sync.values():
        if sync.organisation_id != organisation_id:
            continue
        rows = tables.bookings[sync.room_id]
        own = rows.get(order.booking_id)
        single = [own] if own is not None and own.kind != "master" else []
        for row in (*single, *rows.of_series(order.booking_id)):
            known = past if row.answer == "cancelled" else living
            known.append((row.changed_at, sync.room_id))
    past += [
        (kept.asked.received_at, kept.room_id)
        for kept in tables.commands.about(organisation_id, order.booking_id)
        if kept.room_id is not None and kept.makes
    ]
    newest = max(living or past, default=None)
    return None if newest is None else newest[1]


def _active(tables: Tables, organisation_id: UUID, room_id: UUID) -> bool | None:
    """Whether the room is synced; None where the organisation has no such room, or no integration."""
    room = tables.rooms.get(room_id)
    if room is None or room.organisation_id != organisation_id or room.removed_at is not None:
        return None
    if organisation_id not in tables.integrations:
        return None
    return tables.active(room_id) is not None


def _rouse(tables: Tables, organisation_id: UUID, room_id: UUID, now: datetime) -> None:
    sync = tables.room_sync.setdefault(room_id, RoomSync(room_id, organisation_id, now))
    sync.rouse(now)


def _no_holder(asked: Asked, room_id: UUID, *, known: bool) -> CommandResult:
    if known:
        return rejected(asked, room_id, "integration_off", INTEGRATION_OFF)
    return rejected(asked, room_id, "room_unknown", ROOM_UNKNOWN)

"""Clearing what is thirty days old, a bounded piece at a time."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sync_worker.domain.booking import Row
from sync_worker.store.sweep import KEPT

from .database import ModelDatabase
from .tables import RoomSync, Tables

_PIECE = 1_000

T = TypeVar("T")
K = TypeVar("K")


class SweepStore:
    """Deletes bookings that ended long ago, what was noted of them, and rooms that were removed long ago."""

    def __init__(self, database: ModelDatabase) -> None:
        self._database = database

    async def organisations(self) -> list[UUID]:
        """Whose rooms we keep rows of."""
        async with self._database as tables:
            return sorted({each.organisation_id for each in tables.room_sync.values()})

    async def clear_bookings(self, organisation_id: UUID, now: datetime) -> int:
        """Delete up to a piece of each kind of this organisation's old rows; how many were found."""
        before = now - KEPT
        async with self._database as tables:
            cleared = _clear_rows(tables, organisation_id, before)
            cleared += _clear_list(
                tables.journal,
                lambda each: each.organisation_id == organisation_id and each.at < before,
            )
            cleared += _clear_list(
                tables.conflicts,
                lambda each: each.organisation_id == organisation_id and each.at < before,
            )
            for plan in tables.plan_lines.values():
                cleared += _clear_list(
                    plan,
                    lambda each: each.organisation_id == organisation_id and each.at < before,
                )
            cleared += _clear_commands(tables, organisation_id, before)
            for room_id, intents in tables.intents.items():
                if tables.rooms[room_id].organisation_id == organisation_id:
                    cleared += _clear(
                        intents, lambda each: each.created_at < before and each.stage == "done"
                    )
            return cleared

    async def clear_rooms(self, now: datetime) -> None:
        """Forget rooms removed thirty days ago; call it once their bookings are gone."""
        async with self._database as tables:
            for room_id in list(tables.room_sync):
                if _gone(tables, room_id, now - KEPT):
                    del tables.room_sync[room_id]


def _gone(tables: Tables, room_id: UUID, before: datetime) -> bool:
    removed_at = tables.rooms[room_id].removed_at
    return removed_at is not None and removed_at < before


def _clear_rows(tables: Tables, organisation_id: UUID, before: datetime) -> int:
    """A booking counts from its end, one of a removed room from the room's removal."""
    old = [
        (sync.room_id, row.id)
        for sync in tables.room_sync.values()
        if sync.organisation_id == organisation_id
        for row in tables.bookings[sync.room_id].values()
        if _gone(tables, sync.room_id, before) or _over(tables, sync, row, before)
    ]
    for room_id, key in sorted(old)[:_PIECE]:
        del tables.bookings[room_id][key]
    return min(len(old), _PIECE)


def _over(tables: Tables, sync: RoomSync, row: Row, before: datetime) -> bool:
    """A series' own row stays while an occurrence of it does."""
    if row.ends >= before or row.version > sync.state.published_version:
        return False
    others = tables.bookings[sync.room_id].values()
    return row.kind != "master" or all(each.master_id != row.event_id for each in others)


def _clear_commands(tables: Tables, organisation_id: UUID, before: datetime) -> int:
    old = [
        each
        for each in tables.commands
        if each.organisation_id == organisation_id
        and each.asked.received_at < before
        and each.sent_at is not None
    ]
    for each in old:
        tables.commands.remove(each)
    return len(old)


def _clear_list(lines: list[T], old: Callable[[T], bool]) -> int:
    keep = [each for each in lines if not old(each)]
    cleared = len(lines) - len(keep)
    lines[:] = keep
    return cleared


def _clear(rows: dict[K, T], old: Callable[[T], bool]) -> int:
    found = [key for key, each in rows.items() if old(each)]
    for key in found:
        del rows[key]
    return len(found)

"""Hints become debts of their rooms."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from contracts.hints import ChangeHint
from sync_worker.domain.reading import Pending
from sync_worker.store.hints import MOST_PENDING, Noted

from .database import ModelDatabase
from .tables import RoomSync, Tables


class HintStore:
    """Writes `room_sync.pending`."""

    def __init__(self, database: ModelDatabase) -> None:
        self._database = database

    async def note_hints(self, hints: Sequence[ChangeHint], now: datetime) -> Noted:
        """Remember what the hints ask for; a room unknown or of another tenant drops its hints."""
        given: dict[tuple[UUID, UUID], dict[tuple[str, str | None], ChangeHint]] = {}
        for hint in hints:
            given.setdefault((hint.room, hint.tenant), {}).setdefault((hint.event, hint.etag), hint)
        if not given:
            return Noted(due=(), dropped=0)
        async with self._database as tables:
            noted: list[RoomSync] = []
            for (room_id, tenant_id), new in given.items():
                sync = _hinted(tables, room_id, tenant_id)
                if sync is not None:
                    _note(sync, list(new.values()), now)
                    noted.append(sync)
            return Noted(
                due=tuple(
                    (each.room_id, each.organisation_id) for each in noted if each.due_at <= now
                ),
                dropped=len(given) - len(noted),
            )


def _hinted(tables: Tables, room_id: UUID, tenant_id: UUID) -> RoomSync | None:
    room = tables.rooms.get(room_id)
    if room is None or room.removed_at is not None or room.tenant_id != tenant_id:
        return None
    return tables.room_sync.get(room_id)


def _note(sync: RoomSync, new: Sequence[ChangeHint], now: datetime) -> None:
    sync.hint_no += 1
    no = sync.hint_no
    renewed = tuple(
        replace(old, no=no) if any(_says_the_same(hint, old) for hint in new) else old
        for old in sync.pending
    )
    added = tuple(
        Pending(event=hint.event, etag=hint.etag, no=no, received_at=hint.received_at)
        for hint in new
        if not any(_says_the_same(hint, old) for old in sync.pending)
    )
    merged = (*renewed, *added)
    if len(merged) > MOST_PENDING:
        sync.window_owed_no = no
    sync.pending = merged[:MOST_PENDING]
    sync.hasten(now)


def _says_the_same(hint: ChangeHint, old: Pending) -> bool:
    """Without an etag only where nobody has asked on behalf of the old one."""
    same = (hint.event, hint.etag) == (old.event, old.etag)
    return same and (hint.etag is not None or old.ask_at is None)

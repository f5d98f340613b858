"""What others wrote, compared with what is owed: nobody gives orders (design §2)."""

from dataclasses import replace
from datetime import datetime

from sync_worker.domain.schedule import Cadence

from .database import ModelDatabase
from .tables import ALWAYS, NEVER, RoomSync, Tables


class Comparison:
    """Brings `room_sync` in line with rooms, integrations and subscriptions."""

    def __init__(self, database: ModelDatabase, cadence: Cadence) -> None:
        self._database = database
        self._cadence = cadence

    async def compare(self, now: datetime) -> None:
        """New rooms get a row, switched-off ones sleep, switched-on ones, those with gaps and confirmed ones are due."""
        async with self._database as tables:
            for room in tables.rooms.values():
                if room.id not in tables.room_sync and tables.active(room.id):
                    tables.room_sync[room.id] = RoomSync(room.id, room.organisation_id, now)
            for sync in tables.room_sync.values():
                _switch(tables, sync, now)
                if sync.due_at < NEVER:
                    _renew(tables, sync, now)
                    _hurry(tables, sync, now, self._cadence)


def _switch(tables: Tables, sync: RoomSync, now: datetime) -> None:
    """A room that goes off takes its epoch along: a pass that still runs commits nothing more."""
    active = tables.active(sync.room_id) is not None
    if sync.due_at < NEVER and not active:
        sync.due_at = sync.not_before = NEVER
        sync.lease_until = None
        sync.epoch += 1
    elif sync.due_at == NEVER and active:
        sync.due_at, sync.not_before = now, ALWAYS
        sync.state = replace(sync.state, attempts=0)
        sync.hint_no += 1
        sync.window_owed_no = sync.hint_no


def _renew(tables: Tables, sync: RoomSync, now: datetime) -> None:
    """Credentials other than those that were refused are tried at once."""
    refused = sync.state.refused_revision
    integration = tables.integrations.get(sync.organisation_id)
    if refused is not None and integration is not None and refused != integration.revision:
        sync.due_at, sync.not_before = now, ALWAYS
        sync.state = replace(sync.state, refused_revision=None)


def _hurry(tables: Tables, sync: RoomSync, now: datetime, cadence: Cadence) -> None:
    """Due at once after a gap or a confirmation, and in time to be polled where nothing is subscribed to."""
    brake = sync.state.brake
    if brake is not None and brake.confirmed(tables.rooms[sync.room_id].removals_confirmed_at):
        sync.due_at = min(sync.due_at, max(now, sync.not_before))
    read = sync.state.window_read_started
    if read is None:
        return
    gap = tables.gap(sync.room_id)
    if gap is not None and gap > read:
        sync.due_at = min(sync.due_at, max(now, sync.not_before))
    if not tables.subscribed(sync.room_id, now):
        sync.due_at = min(sync.due_at, max(now, sync.not_before, read + cadence.poll))

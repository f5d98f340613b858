"""Who holds a room: claims with an epoch that fences, a settlement that gives back."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sync_worker.domain.booking import Row
from sync_worker.domain.room import Claim, LeaseLost, Settlement, State
from sync_worker.domain.work import Work

from .database import ModelDatabase
from .tables import ALWAYS, Integration, Room, RoomSync, Tables
from .work import load_work

_MOST_CANDIDATES = 500


class LeaseStore:
    """Claims and settles; the holder's rows come with the claim."""

    def __init__(self, database: ModelDatabase, lease: timedelta = timedelta(seconds=90)) -> None:
        self._database = database
        self._lease = lease

    async def due(self, now: datetime, most: int) -> list[tuple[UUID, UUID]]:
        """Up to `most` free rooms that are due, with their organisations, fair between organisations."""
        async with self._database as tables:
            free = [each for each in tables.room_sync.values() if each.free(now)]
            free.sort(key=lambda each: each.due_at)
            turns: dict[UUID, int] = defaultdict(int)
            placed: list[tuple[int, datetime, RoomSync]] = []
            for each in free[:_MOST_CANDIDATES]:
                turns[each.organisation_id] += 1
                placed.append((turns[each.organisation_id], each.due_at, each))
            placed.sort(key=lambda place: place[:2])
            return [(each.room_id, each.organisation_id) for _, _, each in placed[:most]]

    async def claim(
        self, organisation_id: UUID, room_ids: Sequence[UUID], now: datetime
    ) -> list[tuple[Claim, tuple[Row, ...]]]:
        """Those of the rooms that are due, active and free, now held; with the rows their debts are about."""
        async with self._database as tables:
            held: list[tuple[RoomSync, Room, Integration]] = []
            for room_id in sorted(set(room_ids)):
                sync, active = tables.room_sync.get(room_id), tables.active(room_id)
                if sync is None or active is None or sync.organisation_id != organisation_id:
                    continue
                if sync.free(now):
                    sync.lease_until = now + self._lease
                    sync.epoch += 1
                    held.append((sync, *active))
            busy = [
                each.room_id for each, *_ in held if each.command_no > each.state.command_done_no
            ]
            works, worked_on = load_work(tables, organisation_id, busy) if busy else ({}, {})
            claims = [
                _claim(tables, *each, now, works.get(each[0].room_id, Work())) for each in held
            ]
            return [
                (each, tuple((_owed_rows(tables, each) | worked_on.get(each.room_id, {})).values()))
                for each in claims
            ]

    async def settle(
        self, claim: Claim, state: State, settlement: Settlement, now: datetime
    ) -> datetime:
        """Give the room back, its debt cleared up to the claim's hint number; the time it is due. Raises LeaseLost."""
        async with self._database as tables:
            sync = tables.room_sync.get(claim.room_id)
            if sync is None or sync.epoch != claim.epoch:
                raise LeaseLost
            owed = (
                sync.hint_no > claim.hint_no
                or sync.window_owed_no > state.window_done_no
                or sync.command_no > claim.command_no
            )
            later = (each for each in sync.pending if each.no > claim.hint_no)
            sync.lease_until = None
            sync.pending = (*settlement.pending, *later)
            sync.not_before = settlement.not_before or ALWAYS
            sync.due_at = max(now if owed else settlement.due_at, sync.not_before)
            sync.state = state
            return sync.due_at

    async def release(self, holds: Sequence[tuple[UUID, int]]) -> None:
        """Give rooms back as they were claimed: their passes ended without an effect."""
        async with self._database as tables:
            for room_id, epoch in holds:
                sync = tables.room_sync.get(room_id)
                if sync is not None and sync.epoch == epoch:
                    sync.lease_until = None

    async def park_organisation(
        self, organisation_id: UUID, revision: int, until: datetime, now: datetime
    ) -> None:
        """None of the organisation's rooms is due before `until`, unless its credentials change."""
        async with self._database as tables:
            for sync in tables.room_sync.values():
                if sync.organisation_id != organisation_id or sync.not_before >= until:
                    continue
                if sync.lease_until is None or sync.lease_until <= now:
                    sync.not_before = until
                    sync.due_at = max(sync.due_at, until)
                    sync.state = replace(sync.state, refused_revision=revision)


def _claim(
    tables: Tables,
    sync: RoomSync,
    room: Room,
    integration: Integration,
    now: datetime,
    work: Work,
) -> Claim:
    state = sync.state
    gap, read = tables.gap(sync.room_id), state.window_read_started
    return Claim(
        room_id=sync.room_id,
        organisation_id=sync.organisation_id,
        tenant_id=room.tenant_id,
        client_id=integration.client_id,
        mailbox_id=room.mailbox_id,
        revision=integration.revision,
        epoch=sync.epoch,
        hint_no=sync.hint_no,
        pending=sync.pending,
        window_owed=sync.window_owed_no > state.window_done_no
        or read is None
        or (gap is not None and gap > read),
        subscribed=tables.subscribed(sync.room_id, now),
        state=state,
        command_no=sync.command_no,
        work=work,
        removals_confirmed_at=room.removals_confirmed_at,
        gap_at=gap,
    )


def _owed_rows(tables: Tables, claim: Claim) -> dict[UUID, Row]:
    """The rows of the events to be asked for, those not published yet, and what stands for series of ours."""
    state = claim.state
    wanted = {each.event for each in claim.pending} | {each.event for each in state.lacking}
    unsent = state.version > state.published_version
    rows = tables.rows(claim.organisation_id, claim.room_id)
    own = rows.own_series() if state.own_series else ()
    standing = {row.id: row for row in own if row.removed_at is None}
    if not (wanted or unsent):
        return standing
    return standing | {
        key: row
        for key, row in rows.items()
        if row.event_id in wanted
        or row.master_id in wanted
        or (unsent and row.published and row.version > state.published_version)
    }

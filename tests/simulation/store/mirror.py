"""The mirror's rows: read for a pass, committed by it under its epoch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from asyncpg import CardinalityViolationError, UniqueViolationError

from sync_worker.domain.absence import Standing, Window
from sync_worker.domain.booking import Row
from sync_worker.domain.overlap import occupies
from sync_worker.domain.room import Claim, LeaseLost, State
from sync_worker.domain.versions import Changes
from sync_worker.domain.work import Effects

from .database import ModelDatabase
from .effects import granted, write_effects
from .tables import Entry, Tables

_FEW = 8  # rows that are compared with the others for overlaps


class MirrorStore:
    """Content: every method sees its organisation's alone."""

    def __init__(self, database: ModelDatabase, lease: timedelta = timedelta(seconds=90)) -> None:
        self._database = database
        self._lease = lease

    async def rows(
        self, organisation_id: UUID, room_id: UUID, ids: Sequence[UUID], events: Sequence[str]
    ) -> list[Row]:
        """The room's rows with one of these ids, one of these events, or occurring in one of these series."""
        async with self._database as tables:
            named, wanted = set(ids), set(events)
            return [
                row
                for row in tables.rows(organisation_id, room_id).values()
                if row.id in named or row.event_id in wanted or row.master_id in wanted
            ]

    async def standing(
        self, organisation_id: UUID, room_id: UUID, window: Window
    ) -> list[Standing]:
        """What the mirror believes to be in the calendar within the window."""
        async with self._database as tables:
            return [
                Standing(row.id, row.event_id, row.master_id, row.occupied.ends)
                for row in _by_id(tables.rows(organisation_id, room_id).values())
                if window.overlaps(row.occupied)
                and row.removed_at is None
                and row.kind != "master"
                and row.bound
            ]

    async def occupying(self, organisation_id: UUID, room_id: UUID, now: datetime) -> list[Row]:
        """Rows that take the room from now on or ask for it."""
        async with self._database as tables:
            return [
                row
                for row in _by_id(tables.rows(organisation_id, room_id).values())
                if row.occupied.ends > now
                and row.removed_at is None
                and row.published
                and row.kind != "master"
            ]

    async def elsewhere(self, organisation_id: UUID, room_id: UUID, booking_id: UUID) -> bool:
        """Whether another room of the organisation has this booking."""
        async with self._database as tables:
            others = (
                tables.rows(organisation_id, each.room_id).get(booking_id)
                for each in tables.room_sync.values()
                if each.organisation_id == organisation_id and each.room_id != room_id
            )
            return any(row is not None and row.removed_at is None for row in others)

    async def commit(
        self,
        claim: Claim,
        state: State,
        changes: Changes,
        now: datetime,
        effects: Effects = Effects(),  # noqa: B008  # frozen and empty
        lease: timedelta | None = None,
    ) -> bool:
        """Write state, changed rows and effects, and renew the lease. Raises LeaseLost, having written nothing.

        True if a row written now shares time with another of the room; that this must be settled is written as well.
        """
        async with self._database as tables:
            sync = tables.room_sync.get(claim.room_id)
            if sync is None or sync.epoch != claim.epoch:
                raise LeaseLost
            stored = tables.bookings[claim.room_id]
            written = _written(stored, changes)
            holds = granted(tables, claim, effects)
            if written:
                _check_events(
                    {**stored, **written}
                )  # deferred: it fails the commit, after all else
            tangled = len(written) <= _FEW and _tangled(stored, written)
            sync.lease_until = now + (lease or self._lease)
            sync.state = replace(state, overlaps_owed=True) if tangled else state
            for key, row in written.items():
                stored[key] = row
            _tell(tables, claim, changes, now)
            write_effects(tables, claim, effects, holds, now)
            return tangled


def _by_id(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.id.int)


def _written(stored: Mapping[UUID, Row], changes: Changes) -> dict[UUID, Row]:
    """The rows as they are kept: by their answer, and whoever made a booking once made it for good."""
    written: dict[UUID, Row] = {}
    for row in _by_id(changes.rows):
        if row.id in written:
            raise CardinalityViolationError
        old = stored.get(row.id)
        kept, conflicted = old.origin if old else row.origin, row.status == "conflicted"
        if (kept, conflicted) != (row.origin, row.conflicted):
            row = replace(row, origin=kept, conflicted=conflicted)  # noqa: PLW2901  # as it is kept
        written[row.id] = row
    return written


def _check_events(rows: Mapping[UUID, Row]) -> None:
    if len({row.event_id for row in rows.values()}) < len(rows):
        raise UniqueViolationError


def _tangled(stored: Mapping[UUID, Row], written: Mapping[UUID, Row]) -> bool:
    """Whether a row written shares time with one that is not."""
    given = [row.occupied for row in written.values() if occupies(row)]
    return any(
        key not in written and occupies(row) and slot.overlaps(row.occupied)
        for slot in given
        for key, row in stored.items()
    )


def _tell(tables: Tables, claim: Claim, changes: Changes, now: datetime) -> None:
    tables.journal.extend(
        Entry(
            claim.organisation_id,
            claim.room_id,
            each.booking_id,
            now,
            each.entry,
            each.version,
            each.detail,
        )
        for each in changes.entries()
    )

"""The manager's rows: compared, claimed, settled under the claim's epoch."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import nsmallest
from uuid import UUID

from contracts.hints import LifecycleHint
from subscription_manager.domain.pacing import CROWDED
from subscription_manager.domain.subscription import Claim, Desired, Row
from subscription_manager.handlers import LeaseLost

from .database import ModelDatabase
from .tables import Subscription, Tables

_DAY = timedelta(days=1)
_ASKED_EVERY = timedelta(minutes=10)


class SubscriptionStore:
    """Rows of `subscriptions`: compared, claimed, settled under the claim's epoch."""

    def __init__(self, database: ModelDatabase, lease: timedelta) -> None:
        self._database = database
        self._lease = lease

    async def compare(
        self, now: datetime, webhook_url: str, sealing_key: str, *, rich: bool = False
    ) -> None:
        """Rows for rooms that lack one; due what no longer fits; gone what has nothing left at Graph."""
        async with self._database as tables:
            wanted = {each for each in tables.rooms if webhook_url and tables.active(each)}
            for room_id in wanted - tables.subscriptions.keys():
                row = Row(room_id, tables.rooms[room_id].organisation_id, due_at=now)
                tables.subscriptions[room_id] = Subscription(row)
            for room_id, held in list(tables.subscriptions.items()):
                if webhook_url:
                    self._hurry(tables, held, now, webhook_url, sealing_key, rich=rich)
                if room_id in wanted:
                    continue
                if _nothing_left(held, now):
                    del tables.subscriptions[room_id]
                elif held.row.attempts == 0 or held.row.poll_only_since is not None:
                    _due(held, min(held.row.due_at, now))

    def _hurry(
        self,
        tables: Tables,
        held: Subscription,
        now: datetime,
        webhook_url: str,
        sealing_key: str,
        *,
        rich: bool,
    ) -> None:
        row = held.row
        active = tables.active(row.room_id)
        if active is not None and row.client_id is not None and row.due_at > now:
            fits = (active[1].client_id, active[1].tenant_id, webhook_url)
            tried = row.attempts == 0 or row.subscription_id is None
            wanted = rich and active[1].delivery == "rich"
            misfit = (row.client_id, row.tenant_id, row.webhook_url) != fits or (
                row.subscription_id is not None and (row.certificate_id is not None) != wanted
            )
            if tried and misfit:
                _due(held, now)
        row = held.row
        old_key = row.subscription_id is not None and row.sealed_by not in {None, sealing_key}
        if old_key and row.due_at > now + _DAY:
            _due(held, self._database.spread(row.room_id, now))

    async def claim(self, now: datetime, most: int, without: Sequence[UUID]) -> list[Claim]:
        """Up to `most` rows that are due and free, now held.

        None of the organisations named, none whose credentials fail, none whose tenant has many calls waiting already.
        """
        async with self._database as tables:
            shut = {each for each in tables.integrations if not _may_call(tables, each, now)}
            if shut.union(without) == tables.integrations.keys():
                return []
            due = [
                each
                for each in tables.subscriptions.values()
                if each.row.due_at <= now
                and (each.lease_until is None or each.lease_until <= now)
                and each.row.organisation_id not in shut
                and each.row.organisation_id not in without
            ]
            due = nsmallest(most, due, key=lambda each: (each.row.due_at, each.row.room_id))
            for held in due:
                held.lease_until = now + self._lease
                held.row = replace(held.row, epoch=held.row.epoch + 1)
            return [_claim(tables, held.row) for held in due]

    async def next_due(self) -> datetime | None:
        """When the next row is due, whoever may hold it."""
        async with self._database as tables:
            return min(
                (
                    each.row.due_at
                    if each.lease_until is None
                    else max(each.row.due_at, each.lease_until)
                    for each in tables.subscriptions.values()
                ),
                default=None,
            )

    async def intend(self, row: Row) -> None:
        """Record the intent of a create. Raises LeaseLost."""
        async with self._database as tables:
            held = _held(tables, row)
            held.row = replace(
                held.row,
                creating_since=row.creating_since,
                client_id=row.client_id,
                tenant_id=row.tenant_id,
                webhook_url=row.webhook_url,
                subscription_id=row.subscription_id,
                expires_at=row.expires_at,
            )

    async def settle(self, row: Row) -> None:
        """Record the row and give the lease back. Raises LeaseLost."""
        async with self._database as tables:
            held = _held(tables, row)
            kept = held.row
            if _told(kept) != _told(row):
                tables.heard("subscriptions")
            hinted = kept.hint_no > row.hint_no
            held.lease_until = None
            held.row = replace(
                row,
                organisation_id=kept.organisation_id,
                hint_no=kept.hint_no,
                lifecycle_due=kept.lifecycle_due if hinted else row.lifecycle_due,
                missed_due=kept.missed_due if hinted else row.missed_due,
                due_at=min(kept.due_at, row.due_at) if hinted else row.due_at,
            )

    async def forget(self, row: Row) -> None:
        """Remove the row. Raises LeaseLost."""
        async with self._database as tables:
            del tables.subscriptions[_held(tables, row).row.room_id]

    async def note(self, hints: Sequence[LifecycleHint], now: datetime) -> int:
        """Make the rooms of these hints due; the number of rooms whose tenant and subscription they fit."""
        async with self._database as tables:
            said: dict[UUID, set[bool]] = {}
            for hint in hints:
                if _fits(tables, hint):
                    said.setdefault(hint.room, set()).add(hint.event == "missed")
            for room_id, missed in said.items():
                held = tables.subscriptions[room_id]
                row = held.row
                soon = max(now, row.asked_at + _ASKED_EVERY) if row.asked_at else now
                held.row = replace(
                    row,
                    lifecycle_due=row.lifecycle_due or False in missed,
                    missed_due=row.missed_due or True in missed,
                    hint_no=row.hint_no + 1,
                    due_at=row.due_at if row.attempts > 0 else min(row.due_at, soon),
                )
            return len(said)


def _told(row: Row) -> tuple[datetime | None, ...]:
    """What others hear of."""
    return (row.live_since, row.gap_at, row.poll_only_since)


def _due(held: Subscription, at: datetime) -> None:
    held.row = replace(held.row, due_at=at)


def _nothing_left(held: Subscription, now: datetime) -> bool:
    free = held.lease_until is None or held.lease_until <= now
    return free and held.row.subscription_id is None and held.row.creating_since is None


def _may_call(tables: Tables, organisation_id: UUID, now: datetime) -> bool:
    """Not while many wait for their turn; failing credentials are tried again when they change, after a while, and to take down what is off."""
    tenant = tables.subscription_tenants.get(organisation_id)
    if tenant is not None and tenant.call_at > now + CROWDED:
        return False
    watch = tables.credential_watch.get(organisation_id)
    integration = tables.integrations[organisation_id]
    if watch is None or watch.failing_since is None:
        return True
    retried = watch.retry_at is not None and watch.retry_at <= now
    return watch.failing_revision != integration.revision or retried or not integration.enabled


def _claim(tables: Tables, row: Row) -> Claim:
    active = tables.active(row.room_id)
    if active is None:
        return Claim(row, None)
    room, integration = active
    watch = tables.credential_watch.get(room.organisation_id)
    desired = Desired(
        tenant_id=integration.tenant_id,
        client_id=integration.client_id,
        mailbox_id=room.mailbox_id,
        revision=integration.revision,
        rich=integration.delivery == "rich",
    )
    return Claim(row, desired, failing=watch is not None and watch.failing_since is not None)


def _held(tables: Tables, row: Row) -> Subscription:
    held = tables.subscriptions.get(row.room_id)
    if held is None or held.row.epoch != row.epoch:
        raise LeaseLost
    return held


def _fits(tables: Tables, hint: LifecycleHint) -> bool:
    held, room = tables.subscriptions.get(hint.room), tables.rooms.get(hint.room)
    if held is None or room is None or held.row.subscription_id is None:
        return False
    same_tenant = held.row.tenant_id == hint.tenant == room.tenant_id
    return same_tenant and held.row.subscription_id.lower() == hint.subscription.lower()

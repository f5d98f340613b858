"""What the manager's replicas share about each organisation's tenant."""

from datetime import datetime, timedelta
from uuid import UUID

from subscription_manager.domain.pacing import Lane
from subscription_manager.domain.sweep import Due, Recorded
from subscription_manager.store import SWEEP_EVERY

from .database import ModelDatabase
from .tables import NEVER, SubscriptionTenant, Tables


class TenantStore:
    """Rows of `subscription_tenants`: whose turn it is to call, and when Graph's list is compared with ours."""

    def __init__(self, database: ModelDatabase) -> None:
        self._database = database

    async def turn(
        self, organisation_id: UUID, lane: Lane, now: datetime, spacing: timedelta, most: timedelta
    ) -> datetime | None:
        """The moment of the next free turn, now taken; None, and none taken, where it is further ahead than `most`."""
        async with self._database as tables:
            held = _row(tables, organisation_id, now)
            free = held.call_at if lane == "call" else held.list_at
            if free > now + most:
                return None
            turn = max(free, now)
            _set(held, lane, turn + spacing)
            return turn

    async def hold_up(self, organisation_id: UUID, lane: Lane, until: datetime) -> None:
        """No turns before then."""
        async with self._database as tables:
            held = tables.subscription_tenants.get(organisation_id)
            if held is not None:
                _set(held, lane, max(until, held.call_at if lane == "call" else held.list_at))

    async def doubt(self, organisation_id: UUID, at: datetime) -> None:
        """Due for a sweep at that time, if not before."""
        async with self._database as tables:
            held = _row(tables, organisation_id, at)
            held.sweep_at = min(held.sweep_at, at)

    async def next_sweep(self, now: datetime) -> Due | None:
        """An organisation that is due for a sweep, and now for the next one in an hour; None where none is."""
        async with self._database as tables:
            self._enlist(tables, now)
            due = [each for each in tables.subscription_tenants.values() if _due(tables, each, now)]
            if not due:
                return None
            held = min(due, key=lambda each: (each.sweep_at, each.organisation_id))
            integration = tables.integrations[held.organisation_id]
            held.sweep_at = now + SWEEP_EVERY if integration.enabled else NEVER
            return Due(held.organisation_id, integration.tenant_id, integration.client_id)

    async def recorded(self, tenant_id: UUID) -> list[Recorded]:
        """What the rows of all rooms of this tenant say, whichever organisation's they are."""
        async with self._database as tables:
            rows = [each.row for each in tables.subscriptions.values()]
            return [
                Recorded(
                    row.room_id,
                    row.client_id,
                    row.subscription_id,
                    row.expires_at,
                    row.sealed_at,
                    in_doubt=row.creating_since is not None,
                )
                for row in rows
                if row.tenant_id == tenant_id
            ]

    def _enlist(self, tables: Tables, now: datetime) -> None:
        for organisation_id, integration in tables.integrations.items():
            if integration.removed_at is not None:
                tables.subscription_tenants.pop(organisation_id, None)
            elif integration.enabled:
                held = _row(tables, organisation_id, now)
                held.sweep_at = now if held.sweep_at == NEVER else held.sweep_at


def _row(tables: Tables, organisation_id: UUID, sweep_at: datetime) -> SubscriptionTenant:
    fresh = SubscriptionTenant(organisation_id, sweep_at)
    return tables.subscription_tenants.setdefault(organisation_id, fresh)


def _set(held: SubscriptionTenant, lane: Lane, at: datetime) -> None:
    if lane == "call":
        held.call_at = at
    else:
        held.list_at = at


def _due(tables: Tables, held: SubscriptionTenant, now: datetime) -> bool:
    watch = tables.credential_watch.get(held.organisation_id)
    integration = tables.integrations.get(held.organisation_id)
    working = watch is None or watch.failing_since is None
    return (
        held.sweep_at <= now
        and working
        and integration is not None
        and integration.removed_at is None
    )

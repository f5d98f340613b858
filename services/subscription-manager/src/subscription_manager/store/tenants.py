"""Rows of `subscription_tenants`: whose turn it is to call, and when Graph's list is compared with ours."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pgstore import Database

from ..domain.pacing import Lane
from ..domain.sweep import Due, Recorded

SWEEP_EVERY: Final = timedelta(hours=1)

# $4: the latest moment a turn may be taken for; a row that is further ahead is left as it is.
_TURN: Final = """
insert into subscription_tenants as t (organisation_id, sweep_at, {lane}_at) values ($1, $2, $2::timestamptz + $3)
on conflict (organisation_id) do update set {lane}_at = greatest(t.{lane}_at, $2) + $3 where t.{lane}_at <= $4
returning t.{lane}_at - $3::interval
"""
_HOLD_UP: Final = """
update subscription_tenants set {lane}_at = greatest({lane}_at, $2) where organisation_id = $1
"""
_TURNS: Final[dict[Lane, str]] = {
    "call": _TURN.format(lane="call"),
    "list": _TURN.format(lane="list"),
}
_HOLD_UPS: Final[dict[Lane, str]] = {
    "call": _HOLD_UP.format(lane="call"),
    "list": _HOLD_UP.format(lane="list"),
}

_DOUBT: Final = """
insert into subscription_tenants as t (organisation_id, sweep_at) values ($1, $2)
on conflict (organisation_id) do update set sweep_at = least(t.sweep_at, $2)
"""

_OVER: Final = """
with over as (
    select t.organisation_id from subscription_tenants t
    join integrations i on i.organisation_id = t.organisation_id
    where i.removed_at is not null order by 1 for update of t skip locked
)
delete from subscription_tenants t using over where t.organisation_id = over.organisation_id
"""

_ENLIST: Final = """
insert into subscription_tenants (organisation_id, sweep_at)
select i.organisation_id, $1 from integrations i left join subscription_tenants t on t.organisation_id = i.organisation_id
where i.enabled and i.removed_at is null and (t.sweep_at is null or t.sweep_at = 'infinity')
order by 1
on conflict (organisation_id) do update set sweep_at = excluded.sweep_at
"""

# Taking it is planning the next: whoever dies over it is followed by the next one. What is switched off is swept once more.
_NEXT: Final = """
with due as (
    select t.organisation_id, i.tenant_id, i.client_id, i.enabled
    from subscription_tenants t join integrations i on i.organisation_id = t.organisation_id
    left join credential_watch w on w.organisation_id = t.organisation_id
    where t.sweep_at <= $1 and i.removed_at is null and w.failing_since is null
    order by t.sweep_at, t.organisation_id limit 1 for update of t skip locked
)
update subscription_tenants t set sweep_at = case when due.enabled then $1 + $2::interval else 'infinity' end
from due where t.organisation_id = due.organisation_id
returning t.organisation_id, due.tenant_id, due.client_id
"""

_RECORDED: Final = """
select room_id, client_id, subscription_id, expires_at, sealed_at, creating_since is not null as in_doubt
from subscriptions where tenant_id = $1
"""


class TenantStore:
    """What the replicas share about each organisation's tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def turn(
        self, organisation_id: UUID, lane: Lane, now: datetime, spacing: timedelta, most: timedelta
    ) -> datetime | None:
        """The moment of the next free turn, now taken; None, and none taken, where it is further ahead than `most`."""
        async with self._database.statement() as connection:
            turn: datetime | None = await connection.fetchval(
                _TURNS[lane], organisation_id, now, spacing, now + most
            )
        return turn

    async def hold_up(self, organisation_id: UUID, lane: Lane, until: datetime) -> None:
        """No turns before then."""
        async with self._database.statement() as connection:
            await connection.execute(_HOLD_UPS[lane], organisation_id, until)

    async def doubt(self, organisation_id: UUID, at: datetime) -> None:
        """Due for a sweep at that time, if not before."""
        async with self._database.statement() as connection:
            await connection.execute(_DOUBT, organisation_id, at)

    async def next_sweep(self, now: datetime) -> Due | None:
        """An organisation that is due for a sweep, and now for the next one in an hour; None where none is."""
        async with self._database.transaction() as connection:
            await connection.execute(_OVER)
            await connection.execute(_ENLIST, now)
            due = await connection.fetchrow(_NEXT, now, SWEEP_EVERY)
        return None if due is None else Due(**due)

    async def recorded(self, tenant_id: UUID) -> list[Recorded]:
        """What the rows of all rooms of this tenant say, whichever organisation's they are."""
        async with self._database.statement() as connection:
            rows = await connection.fetch(_RECORDED, tenant_id)
        return [Recorded(**row) for row in rows]

"""Rows of `credential_watch`: compared, claimed, settled under the claim's epoch."""

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pgstore import Database

from ..domain.credentials import WARNINGS, Verdict, Watched
from ..handlers import LeaseLost
from .messages import say

_LEASE: Final = timedelta(minutes=1)

_NEW: Final = """
insert into credential_watch (organisation_id, due_at)
select i.organisation_id, $1 from integrations i
where i.enabled and i.removed_at is null
    and not exists (select from credential_watch w where w.organisation_id = i.organisation_id)
order by i.organisation_id
on conflict do nothing
"""

# The worker meets a refusal first: its tokens end while ours still works. It is looked into once a minute at most.
_CHANGED: Final = """
with changed as (
    select w.organisation_id from credential_watch w join integrations i on i.organisation_id = w.organisation_id
    where w.due_at > $1 and (w.lease_until is null or w.lease_until <= $1) and (
        w.watched_revision is distinct from i.revision
        or (i.enabled and w.failing_since is null and w.looked_at <= $1 - interval '1 minute' and exists (
            select from room_sync s where s.organisation_id = i.organisation_id and s.refused_revision = i.revision)))
    order by w.organisation_id for update of w skip locked
)
update credential_watch w set due_at = $1 from changed where w.organisation_id = changed.organisation_id
"""

_CLAIM: Final = """
with due as (
    select w.organisation_id, i.tenant_id, i.client_id, i.revision, i.enabled and i.removed_at is null as enabled
    from credential_watch w join integrations i on i.organisation_id = w.organisation_id
    where w.due_at <= $1 and (w.lease_until is null or w.lease_until <= $1)
    order by w.due_at limit $3
    for update of w skip locked
)
update credential_watch w set lease_until = $2, epoch = w.epoch + 1 from due where w.organisation_id = due.organisation_id
returning w.*, due.tenant_id, due.client_id, due.revision, due.enabled
"""

_SETTLE: Final = """
update credential_watch set lease_until = null, watched_revision = $3, expires_at = $4, looked_at = $5,
    warned_days = $6, warned_for = $7, due_at = coalesce($8::timestamptz, 'infinity')
where organisation_id = $1 and epoch = $2
"""

_EXPIRING: Final = """
select t.days, count(w.organisation_id) as organisations
from unnest($2::int[]) as t(days) left join (
    select w.organisation_id, w.expires_at from credential_watch w
    join integrations i on i.organisation_id = w.organisation_id and i.enabled and i.removed_at is null
) as w on w.expires_at <= $1::timestamptz + t.days * interval '1 day'
group by t.days
"""

_FAILING: Final = """
select count(*) from credential_watch w join integrations i on i.organisation_id = w.organisation_id
where i.enabled and i.removed_at is null and w.failing_since is not null and w.failing_revision = i.revision
"""


class WatchStore:
    """Several replicas share the organisations by their claims."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def compare(self, now: datetime) -> None:
        """Rows for integrations that lack one; due what changed, or what the worker was refused with."""
        async with self._database.transaction() as connection:
            await connection.execute(_NEW, now)
            await connection.execute(_CHANGED, now)

    async def claim(self, now: datetime, most: int) -> list[Watched]:
        """Up to `most` that are due, ours for a minute."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_CLAIM, now, now + _LEASE, most)
        return [Watched(**{each.name: row[each.name] for each in fields(Watched)}) for row in rows]

    async def typed_expiry(self, organisation_id: UUID) -> datetime | None:
        """When the secret ends according to the administrator, or to the certificate."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            typed: datetime | None = await connection.fetchval(
                "select expires_at from credentials where organisation_id = $1", organisation_id
            )
        return typed

    async def settle(self, watched: Watched, verdict: Verdict, now: datetime) -> None:
        """Record the verdict, owe its warning in the same commit, give the lease back. Raises LeaseLost."""
        async with self._database.organisation_transaction(watched.organisation_id) as connection:
            done = await connection.execute(
                _SETTLE,
                watched.organisation_id,
                watched.epoch,
                watched.revision,
                verdict.expires_at,
                verdict.looked_at,
                verdict.warned_days,
                verdict.warned_for,
                verdict.due_at,
            )
            if done != "UPDATE 1":
                raise LeaseLost
            if verdict.warning is not None:
                await say(
                    connection,
                    watched.organisation_id,
                    "secret_expiring",
                    now,
                    expires_at=verdict.expires_at,
                    days=verdict.warning,
                )

    async def expiring(self, now: datetime) -> dict[int, int]:
        """How many organisations' secrets end within 0, 1, 3 … 60 days."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_EXPIRING, now, [0, *WARNINGS])
        return {row["days"]: row["organisations"] for row in rows}

    async def failing(self) -> int:
        """How many organisations' credentials are refused."""
        async with self._database.transaction() as connection:
            count: int = await connection.fetchval(_FAILING)
        return count

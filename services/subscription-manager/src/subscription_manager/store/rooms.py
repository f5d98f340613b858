"""Rows of `subscriptions`: one method, one transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from contracts.hints import LifecycleHint
from pgstore import Database

from ..domain.pacing import CROWDED
from ..domain.subscription import Claim, Desired, Row
from ..handlers import LeaseLost

_ACTIVE = (
    "r.removed_at is null and i.enabled and i.removed_at is null and i.tenant_id = r.tenant_id"
)
_FIELDS = (
    "subscription_id", "expires_at", "live_since", "gap_at", "sealed_by", "sealed_at", "client_id",
    "tenant_id", "webhook_url", "creating_since", "poll_only_since", "refusal", "asked_at",
    "patched_at", "attempts", "certificate_id",
)  # fmt: skip
_KEPT = ", ".join(f"{name} = ${number}" for number, name in enumerate(_FIELDS, start=7))
_ROW = (
    *_FIELDS,
    "room_id",
    "organisation_id",
    "due_at",
    "epoch",
    "hint_no",
    "lifecycle_due",
    "missed_due",
)

# First the rooms without a row, next to none of all: joined with their integrations first, each of all was looked up.
_NEW = f"""
with r as materialized (
    select id, organisation_id, tenant_id, removed_at from rooms
    where removed_at is null and not exists (select from subscriptions s where s.room_id = rooms.id)
)
insert into subscriptions (room_id, organisation_id, due_at)
select r.id, r.organisation_id, $1
from r join integrations i on i.organisation_id = r.organisation_id
where {_ACTIVE}
order by r.id
on conflict do nothing
"""

_UNWANTED = f"""
not exists (select from rooms r join integrations i on i.organisation_id = r.organisation_id
    where r.id = s.room_id and {_ACTIVE})
"""


def _gone(unwanted: str) -> str:
    return f"""
with gone as (
    select s.room_id from subscriptions s
    where s.subscription_id is null and s.creating_since is null
      and (s.lease_until is null or s.lease_until <= $1) and {unwanted}
    order by s.room_id for update of s skip locked
)
delete from subscriptions s using gone where s.room_id = gone.room_id
"""


def _to_delete(unwanted: str) -> str:
    return f"""
with unwanted as (
    select s.room_id from subscriptions s
    where s.due_at > $1 and (s.attempts = 0 or s.poll_only_since is not null) and {unwanted}
    order by s.room_id for update of s skip locked
)
update subscriptions s set due_at = $1 from unwanted where s.room_id = unwanted.room_id
"""


# By whether there is a webhook: without one no room is wanted. A parameter in its place would keep the planner from joining.
_CLEARED = {
    True: (_gone(_UNWANTED), _to_delete(_UNWANTED)),
    False: (_gone("true"), _to_delete("true")),
}

_MISFITS = f"""
with misfits as (
    select s.room_id from subscriptions s
    join rooms r on r.id = s.room_id join integrations i on i.organisation_id = s.organisation_id
    where {_ACTIVE} and s.due_at > $1 and (s.attempts = 0 or s.subscription_id is null)
      and ((s.client_id, s.tenant_id, s.webhook_url) is distinct from (i.client_id, i.tenant_id, $2)
        or s.subscription_id is not null and (s.certificate_id is not null) <> (i.delivery = 'rich' and $3))
      and s.client_id is not null
    order by s.room_id for update of s skip locked
)
update subscriptions s set due_at = $1 from misfits where s.room_id = misfits.room_id
"""

# What an older key sealed is replaced over a day: once its due time lies within that day, it is left alone.
_OLD_KEYS = """
with old as (
    select room_id, $1::timestamptz + (interval '1 day') * random() as at from subscriptions
    where subscription_id is not null and sealed_by <> $2 and due_at > $1::timestamptz + interval '1 day'
    order by room_id for update skip locked
)
update subscriptions s set due_at = old.at from old where s.room_id = old.room_id
"""

_CLAIM = """
with due as (
    select s.room_id from subscriptions s
    left join integrations i on i.organisation_id = s.organisation_id
    left join credential_watch w on w.organisation_id = s.organisation_id
    left join subscription_tenants t on t.organisation_id = s.organisation_id
    where s.due_at <= $1 and (s.lease_until is null or s.lease_until <= $1)
      and not s.organisation_id = any($4) and (t.call_at is null or t.call_at <= $5)
      and (w.failing_since is null or w.failing_revision is distinct from i.revision or w.retry_at <= $1
           or not coalesce(i.enabled, false))
    order by s.due_at, s.room_id limit $2
    for update of s skip locked
)
update subscriptions s set lease_until = $3, epoch = s.epoch + 1 from due where s.room_id = due.room_id
returning s.*
"""

# Two ends of two indexes: one expression over all rows would read all of them.
_NEXT_DUE = """
select least(
    (select min(due_at) from subscriptions where lease_until is null),
    (select min(greatest(due_at, lease_until)) from subscriptions where lease_until is not null))
"""

_DESIRED = f"""
select r.id, r.mailbox_id, i.tenant_id, i.client_id, i.revision, i.delivery = 'rich' as rich, w.failing_since is not null as failing
from rooms r join integrations i on i.organisation_id = r.organisation_id
left join credential_watch w on w.organisation_id = r.organisation_id
where r.id = any($1) and {_ACTIVE}
"""

# Hints that came in during the pass stay, and keep the row due.
_SETTLE = f"""
update subscriptions set
    lease_until = null,
    lifecycle_due = case when hint_no > $3 then lifecycle_due else $4 end,
    missed_due = case when hint_no > $3 then missed_due else $5 end,
    due_at = case when hint_no > $3 then least(due_at, $6) else $6 end,
    {_KEPT}
where room_id = $1 and epoch = $2
"""

_INTEND = """
update subscriptions set creating_since = $3, client_id = $4, tenant_id = $5, webhook_url = $6,
    subscription_id = $7, expires_at = $8
where room_id = $1 and epoch = $2
"""

_NOTE = """
with hinted as (
    select s.room_id, bool_or(h.missed) as missed, bool_or(not h.missed) as lifecycle
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::boolean[]) as h(room_id, tenant_id, subscription_id, missed)
    join subscriptions s on s.room_id = h.room_id and s.tenant_id = h.tenant_id
        and lower(s.subscription_id) = lower(h.subscription_id)
    join rooms r on r.id = s.room_id and r.tenant_id = h.tenant_id
    group by s.room_id
), locked as (
    select s.room_id, hinted.missed, hinted.lifecycle
    from subscriptions s join hinted on hinted.room_id = s.room_id order by s.room_id for update of s
)
update subscriptions s set
    lifecycle_due = s.lifecycle_due or locked.lifecycle,
    missed_due = s.missed_due or locked.missed,
    hint_no = s.hint_no + 1,
    due_at = case when s.attempts > 0 then s.due_at
        else least(s.due_at, greatest($5::timestamptz, s.asked_at + interval '10 minutes')) end
from locked where s.room_id = locked.room_id
"""


class Store:
    """Rows of `subscriptions`: compared, claimed, settled under the claim's epoch."""

    def __init__(self, database: Database, lease: timedelta) -> None:
        self._database = database
        self._lease = lease

    async def compare(
        self, now: datetime, webhook_url: str, sealing_key: str, *, rich: bool = False
    ) -> None:
        """Rows for rooms that lack one; due what no longer fits; gone what has nothing left at Graph.

        `rich`: there is a certificate for those who wish for events themselves. What is under an older one is replaced
        when it would be renewed, within a day.
        """
        async with self._database.transaction() as connection:
            if webhook_url:
                await connection.execute(_NEW, now)
                await connection.execute(_MISFITS, now, webhook_url, rich)
                await connection.execute(_OLD_KEYS, now, sealing_key)
            for statement in _CLEARED[bool(webhook_url)]:
                await connection.execute(statement, now)

    async def claim(self, now: datetime, most: int, without: Sequence[UUID]) -> list[Claim]:
        """Up to `most` rows that are due and free, now held.

        None of the organisations named, none whose credentials fail, none whose tenant has many calls waiting already.
        """
        async with self._database.transaction() as connection:
            rows = await connection.fetch(
                _CLAIM, now, most, now + self._lease, list(without), now + CROWDED
            )
            wanted = await connection.fetch(_DESIRED, [row["room_id"] for row in rows])
        desired = {each["id"]: each for each in wanted}
        return [_claim(row, desired.get(row["room_id"])) for row in rows]

    async def next_due(self) -> datetime | None:
        """When the next row is due, whoever may hold it."""
        async with self._database.transaction() as connection:
            due: datetime | None = await connection.fetchval(_NEXT_DUE)
        return due

    async def intend(self, row: Row) -> None:
        """Record the intent of a create. Raises LeaseLost."""
        await self._fenced(
            _INTEND,
            row.room_id,
            row.epoch,
            row.creating_since,
            row.client_id,
            row.tenant_id,
            row.webhook_url,
            row.subscription_id,
            row.expires_at,
        )

    async def settle(self, row: Row) -> None:
        """Record the row and give the lease back. Raises LeaseLost."""
        await self._fenced(
            _SETTLE,
            row.room_id,
            row.epoch,
            row.hint_no,
            row.lifecycle_due,
            row.missed_due,
            row.due_at,
            *(getattr(row, name) for name in _FIELDS),
        )

    async def forget(self, row: Row) -> None:
        """Remove the row. Raises LeaseLost."""
        await self._fenced(
            "delete from subscriptions where room_id = $1 and epoch = $2", row.room_id, row.epoch
        )

    async def note(self, hints: Sequence[LifecycleHint], now: datetime) -> int:
        """Make the rooms of these hints due; the number of rooms whose tenant and subscription they fit."""
        async with self._database.transaction() as connection:
            done = await connection.execute(
                _NOTE,
                [hint.room for hint in hints],
                [hint.tenant for hint in hints],
                [hint.subscription for hint in hints],
                [hint.event == "missed" for hint in hints],
                now,
            )
        return _count(done)

    async def _fenced(self, statement: str, *arguments: Any) -> None:
        async with self._database.transaction() as connection:
            done = await connection.execute(statement, *arguments)
        if _count(done) == 0:
            raise LeaseLost


def _claim(row: asyncpg.Record, desired: asyncpg.Record | None) -> Claim:
    held = Row(**{name: row[name] for name in _ROW})
    if desired is None:
        return Claim(held, None)
    wanted = Desired(
        tenant_id=desired["tenant_id"],
        client_id=desired["client_id"],
        mailbox_id=desired["mailbox_id"],
        revision=desired["revision"],
        rich=desired["rich"],
    )
    return Claim(held, wanted, failing=desired["failing"])


def _count(status: str) -> int:
    return int(status.rpartition(" ")[2])

"""Who holds a room: claims with SKIP LOCKED, an epoch that fences, a settlement that gives back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from pgstore import Connection, Database
from pgstore.database import ORGANISATION

from ..domain.booking import Row
from ..domain.room import Claim, LeaseLost, Settlement, State
from ..domain.work import Work
from . import state as held
from .rows import COLUMNS, Fields, row_of
from .work import load_work

# A long queue of one organisation does not keep the others waiting: each gets a turn before any gets a second one.
_DUE = """
select room_id, organisation_id from (
    select room_id, organisation_id, due_at,
        row_number() over (partition by organisation_id order by due_at) as turn
    from (
        select room_id, organisation_id, due_at from room_sync
        where due_at <= $1 and (lease_until is null or lease_until <= $1)
        order by due_at limit 500
    ) as candidates
) as turns
order by turn, due_at limit $2
"""

ACTIVE = (
    """r.removed_at is null and i.enabled and i.removed_at is null and i.tenant_id = r.tenant_id"""
)
SUBSCRIBED = """coalesce(sub.subscription_id is not null and sub.expires_at > {now}
    and sub.live_since is not null and sub.poll_only_since is null, false)"""

_CLAIM = f"""
with chosen as (
    select s.room_id, r.tenant_id, r.mailbox_id, r.removals_confirmed_at, i.client_id, i.revision
    from room_sync s
    join rooms r on r.id = s.room_id
    join integrations i on i.organisation_id = s.organisation_id
    where s.room_id = any($1) and s.organisation_id = $2
      and s.due_at <= $3 and (s.lease_until is null or s.lease_until <= $3) and {ACTIVE}
    order by s.room_id
    for update of s skip locked
), taken as (
    update room_sync s set lease_until = $4, epoch = s.epoch + 1
    from chosen where s.room_id = chosen.room_id
    returning s.*, chosen.tenant_id, chosen.mailbox_id, chosen.removals_confirmed_at, chosen.client_id, chosen.revision
)
select taken.*,
    taken.window_owed_no > taken.window_done_no or taken.window_read_started is null
        or coalesce(greatest(sub.live_since, sub.gap_at) > taken.window_read_started, false) as window_owed,
    greatest(sub.live_since, sub.gap_at) as gap_at, {SUBSCRIBED.format(now="$3")} as subscribed
from taken left join subscriptions sub on sub.room_id = taken.room_id
order by taken.room_id
"""

# The parameters make the planner begin with the organisation: nothing of `bookings` is looked at before it is set.
_ROWS = f"""
select b.* from (select {ORGANISATION.format("$1")} as id) as organisation cross join lateral (
    select {COLUMNS} from unnest($2::uuid[], $3::text[]) as wanted(room_id, event_id)
        join bookings b on b.room_id = wanted.room_id and b.event_id = wanted.event_id
        where b.organisation_id = organisation.id
    union
    select {COLUMNS} from unnest($2::uuid[], $3::text[]) as wanted(room_id, event_id)
        join bookings b on b.room_id = wanted.room_id and b.master_id = wanted.event_id
        where b.organisation_id = organisation.id
    union
    select {COLUMNS} from unnest($4::uuid[], $5::bigint[]) as sent(room_id, version)
        join bookings b on b.room_id = sent.room_id and b.version > sent.version
        where b.published and b.organisation_id = organisation.id
    union
    select {COLUMNS} from unnest($6::uuid[]) as owning(room_id)
        join bookings b on b.room_id = owning.room_id and b.kind = 'master' and b.origin = 'clearooms'
        where b.removed_at is null and b.series_id = b.id and b.organisation_id = organisation.id
) as b order by b.room_id, b.version
"""

_SETTLE = f"""
update room_sync set
    lease_until = null,
    pending = $3::jsonb || coalesce((
        select jsonb_agg(entry order by place)
        from jsonb_array_elements(pending) with ordinality as each(entry, place)
        where (entry ->> 'no')::bigint > $4), '[]'),
    not_before = coalesce($5::timestamptz, '-infinity'),
    due_at = greatest(
        case when hint_no > $4 or window_owed_no > $9 or command_no > $8 then $6::timestamptz else $7::timestamptz end,
        coalesce($5::timestamptz, '-infinity')),
    {held.assignments(9)}
where room_id = $1 and epoch = $2
returning due_at
"""


class LeaseStore:
    """Claims and settles; the holder's rows come with the claim."""

    def __init__(self, database: Database, lease: timedelta = timedelta(seconds=90)) -> None:
        self._database = database
        self._lease = lease

    async def due(self, now: datetime, most: int) -> list[tuple[UUID, UUID]]:
        """Up to `most` free rooms that are due, with their organisations, fair between organisations."""
        async with self._database.statement() as connection:
            rows = await connection.fetch(_DUE, now, most)
        return [(row["room_id"], row["organisation_id"]) for row in rows]

    async def claim(
        self, organisation_id: UUID, room_ids: Sequence[UUID], now: datetime
    ) -> list[tuple[Claim, tuple[Row, ...]]]:
        """Those of the rooms that are due, active and free, now held; with the rows their debts are about."""
        async with self._database.statement() as connection:
            taken = await connection.fetch(
                _CLAIM, list(room_ids), organisation_id, now, now + self._lease
            )
            claims = [_claim(row) for row in taken]
            rows = await _rows(connection, organisation_id, claims)
        busy = [each.room_id for each in claims if each.command_no > each.state.command_done_no]
        if busy:
            works = await self._works(organisation_id, busy, rows)
            claims = [replace(each, work=works.get(each.room_id, each.work)) for each in claims]
        return [(claim, tuple(rows.get(claim.room_id, {}).values())) for claim in claims]

    async def _works(
        self, organisation_id: UUID, busy: Sequence[UUID], rows: dict[UUID, dict[UUID, Row]]
    ) -> dict[UUID, Work]:
        async with self._database.organisation_transaction(organisation_id) as connection:
            works, worked_on = await load_work(connection, busy)
        for room_id, known in worked_on.items():
            rows.setdefault(room_id, {}).update(known)
        return works

    async def settle(
        self, claim: Claim, state: State, settlement: Settlement, now: datetime
    ) -> datetime:
        """Give the room back, its debt cleared up to the claim's hint number; the time it is due. Raises LeaseLost."""
        async with self._database.statement() as connection:
            due_at = await connection.fetchval(
                _SETTLE,
                claim.room_id,
                claim.epoch,
                settlement.pending,
                claim.hint_no,
                settlement.not_before,
                now,
                settlement.due_at,
                claim.command_no,
                *held.parameters(state),
            )
        if not isinstance(due_at, datetime):
            raise LeaseLost
        return due_at

    async def release(self, holds: Sequence[tuple[UUID, int]]) -> None:
        """Give rooms back as they were claimed: their passes ended without an effect."""
        async with self._database.statement() as connection:
            await connection.execute(
                "with mine as (select s.room_id from room_sync s"
                " join unnest($1::uuid[], $2::bigint[]) as h(room_id, epoch)"
                " on h.room_id = s.room_id and h.epoch = s.epoch order by s.room_id for update of s)"
                " update room_sync s set lease_until = null from mine where s.room_id = mine.room_id",
                [room_id for room_id, _ in holds],
                [epoch for _, epoch in holds],
            )

    async def park_organisation(
        self, organisation_id: UUID, revision: int, until: datetime, now: datetime
    ) -> None:
        """None of the organisation's rooms is due before `until`, unless its credentials change."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "with parked as (select room_id from room_sync where organisation_id = $1"
                " and not_before < $3 and (lease_until is null or lease_until <= $4)"
                " order by room_id for update skip locked)"
                " update room_sync s set not_before = $3, due_at = greatest(s.due_at, $3),"
                " refused_revision = $2 from parked where s.room_id = parked.room_id",
                organisation_id,
                revision,
                until,
                now,
            )


async def _rows(
    connection: Connection, organisation_id: UUID, claims: Sequence[Claim]
) -> dict[UUID, dict[UUID, Row]]:
    wanted = {
        (claim.room_id, event)
        for claim in claims
        for event in (
            *(each.event for each in claim.pending),
            *(each.event for each in claim.state.lacking),
        )
    }
    unsent = [c for c in claims if c.state.version > c.state.published_version]
    series = [c.room_id for c in claims if c.state.own_series]
    if not (wanted or unsent or series):
        return {}
    records = await connection.fetch(
        _ROWS,
        organisation_id,
        [room for room, _ in wanted],
        [event for _, event in wanted],
        [c.room_id for c in unsent],
        [c.state.published_version for c in unsent],
        series,
    )
    rows: dict[UUID, dict[UUID, Row]] = {}
    for record in records:
        row = row_of(record)
        rows.setdefault(record["room_id"], {})[row.id] = row
    return rows


def _claim(row: Fields) -> Claim:
    return Claim(
        room_id=row["room_id"],
        organisation_id=row["organisation_id"],
        tenant_id=row["tenant_id"],
        client_id=row["client_id"],
        mailbox_id=row["mailbox_id"],
        revision=row["revision"],
        epoch=row["epoch"],
        hint_no=row["hint_no"],
        pending=held.pending_of(row),
        window_owed=row["window_owed"],
        subscribed=row["subscribed"],
        state=held.state_of(row),
        command_no=row["command_no"],
        removals_confirmed_at=row["removals_confirmed_at"],
        gap_at=row["gap_at"],
    )

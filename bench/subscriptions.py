"""From 10,000 subscriptions to 1,000,000: what the manager's planning pass costs for each row that is due."""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from pgstore import Database, Role, open_database
from pgstore.launcher import running_server
from pgstore.testing import Template, clone, make_template
from subscription_manager.domain import outcome
from subscription_manager.domain.plan import Renew, plan
from subscription_manager.domain.subscription import Rules
from subscription_manager.store import Store

from .processes import cpu_seconds

SIZES: Final = (10_000, 1_000_000)
ROUNDS: Final = int(os.environ.get("BENCH_ROUNDS", "3"))
MUST: Final = 1.2  # times the cost per due row of the small table
DUE_SHARE: Final = 100  # one row of so many is due in a pass
HOOKS: Final = "https://hooks.test"
LIFE: Final = timedelta(minutes=10_000)

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

# Rooms that were subscribed six days ago: renewal is due for those that are made due, and nothing else is.
_FILL: Final = (
    """insert into organisations (id, name, created_at)
       select md5('o' || n)::uuid, 'Org', now() from generate_series(1, $1::int / 1000) n""",
    """insert into integrations (organisation_id, tenant_id, client_id, enabled)
       select id, md5('t' || id)::uuid, md5('c' || id)::uuid, true from organisations""",
    """insert into offices select md5('f' || id)::uuid, id, 'HQ', 'UTC', '08:00', '18:00', now() from organisations""",
    """insert into rooms (id, organisation_id, office_id, tenant_id, mailbox_id, mailbox, name, created_at)
       select md5(i.organisation_id::text || n)::uuid, i.organisation_id, md5('f' || i.organisation_id)::uuid, i.tenant_id,
           md5(n || i.organisation_id::text)::uuid, 'room@x.test', 'Room', now()
       from integrations i, generate_series(1, 1000) n""",
    """insert into subscriptions (room_id, organisation_id, subscription_id, expires_at, live_since, sealed_by, sealed_at,
           client_id, tenant_id, webhook_url, due_at)
       select r.id, r.organisation_id, md5(r.id::text), now() + interval '1 day', now() - interval '6 days', 'k1',
           now() - interval '6 days', i.client_id, i.tenant_id, 'https://hooks.test', now() + random() * interval '20 hours'
           + interval '2 hours'
       from rooms r join integrations i on i.organisation_id = r.organisation_id""",
)
_MAKE_DUE: Final = """
update subscriptions set due_at = now() - random() * interval '1 minute', live_since = now() - interval '6 days', patched_at = null,
    expires_at = now() + interval '1 day'
where mod(abs(hashtext(room_id::text)), $1) = $2
"""


@dataclass(slots=True)
class Table:
    """One size of it, and the milliseconds of CPU for each due row and for each comparison, by round."""

    rows: int
    owner: Connection
    manager: Database
    per_due: list[float] = field(default_factory=list)
    comparing: list[float] = field(default_factory=list)
    due: int = 0


def bench() -> bool:
    """Print the figures; false when the large table costs more per due row than it may."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder, "pg")) as dsn,  # fsync on, as in production
    ):
        return asyncio.run(_measured(dsn))


async def _measured(dsn: str) -> bool:
    template = await make_template(dsn)
    small_size, large_size = SIZES
    async with (
        _filled(dsn, template, small_size) as small,
        _filled(dsn, template, large_size) as large,
    ):
        for number in range(ROUNDS):
            for table in (small, large):
                await _round(table, number)
    costs = [statistics.median(table.per_due) for table in (small, large)]
    ratio = costs[1] / costs[0]
    good = ratio <= MUST
    print(f"{'PASS' if good else 'MISSED'}: CPU of one planning pass per due row, at most {MUST} times that of {small.rows:,} rows: "
          f"{costs[0]:.2f} ms of {small.due:,} due rows, {costs[1]:.2f} ms of {large.due:,} among {large.rows:,} = {ratio:.2f} "
          f"(medians of {ROUNDS} rounds; PostgreSQL and manager together)")  # fmt: skip
    print("  of it the comparison: "
          + ", ".join(f"{statistics.median(table.comparing):,.0f} ms over {table.rows:,} rows" for table in (small, large)))  # fmt: skip
    return good


async def _round(table: Table, number: int) -> None:
    """Compare, claim all that is due, plan and record each as if Graph had renewed it."""
    await table.owner.execute(_MAKE_DUE, DUE_SHARE, number)
    await table.owner.execute("vacuum analyze subscriptions")
    now, rules = datetime.now(UTC), Rules(HOOKS, "k1")
    store = Store(table.manager, timedelta(seconds=30))
    before = await _spent(table)
    await store.compare(now, HOOKS, "k1")
    compared, table.due = await _spent(table), 0
    while claims := await store.claim(now, 8, []):
        for claim in claims:
            step = plan(claim.desired, claim.row, now, rules)
            if not isinstance(step, Renew):
                raise SystemExit(f"a row that should be renewed got {step}")
            await store.settle(outcome.renewed(claim.row, now + LIFE, now))
        table.due += len(claims)
    table.per_due.append(1_000 * (await _spent(table) - before) / table.due)
    table.comparing.append(1_000 * (compared - before))


async def _spent(table: Table) -> float:
    """CPU of this process and of the server's that work for the manager."""
    rows = await table.owner.fetch(
        "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and usename is not null"
    )
    return time.process_time() + sum(cpu_seconds(row["pid"]) for row in rows)


@asynccontextmanager
async def _filled(dsn: str, template: Template, rows: int) -> AsyncIterator[Table]:
    async with (
        clone(template) as database,
        open_database(database.login_dsn, Role.MANAGER) as manager,
    ):
        owner = await asyncpg.connect(urlunsplit(urlsplit(dsn)._replace(path=database.name)))
        try:
            for statement in _FILL:
                await owner.execute(statement, *([rows] if "$1" in statement else []))
            await owner.execute("vacuum analyze")
            yield Table(rows, owner, manager)
        finally:
            await owner.close()

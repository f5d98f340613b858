"""A guest is invited within the writes that an edit may cost, whatever happens to Graph's answers."""

import asyncio

import asyncpg

from pgstore.testing import TestDatabase

from ..integration.sync_tenant import Tenant, running_tenant
from .bookers import GUEST
from .processes import until


async def _journal(database: TestDatabase, tenant: Tenant) -> list[str]:
    connection = await asyncpg.connect(database.login_dsn)
    try:
        async with connection.transaction():
            await connection.execute("set local role clearooms_worker")
            organisation = str(tenant.office.id)
            await connection.execute(
                "select set_config('clearooms.organisation', $1, true)", organisation
            )
            return [row["entry"] for row in await connection.fetch("select entry from journal")]
    finally:
        await connection.close()


async def test_an_invitation_whose_answers_are_lost_costs_no_more_than_three_writes(
    database: TestDatabase,
) -> None:
    async with running_tenant(database) as tenant:
        await tenant.fault("PATCH", "/events/", status=500, when="after", drop=True, times=2)
        assert (await tenant.ask(tenant.book(by=GUEST))).outcome == "accepted"

        async def invited() -> bool:
            return "invite.done" in await _journal(database, tenant)

        async with asyncio.timeout(30):
            await until(invited, 0.2)
        report = await tenant.outlook("GET", "report")
        assert report["faults"][0]["fired"] > 0
        assert max(report["writes_by_event"].values()) <= 3, report["writes"]

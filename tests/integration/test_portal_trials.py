"""A connection test that was started on the page, seen by REST: one at a time, and its end is always told."""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg

from pgstore.testing import TestDatabase

from .portal_tenant import Account, PortalTenant, open_portal_tenant
from .waiting import until

PAGE = "/settings/apps/office-365"
ROOM = {"id": str(UUID(int=1)), "mailbox": "room@x.example", "name": "Room"}
SLOW = {"match": {"path": "/places/"}, "latency": 4.0}


async def press(portal: PortalTenant, account: Account, path: str = "/test", **typed: str) -> int:
    """Send a form of the page as a browser would; the status."""
    cookies = {"session": account.token}
    async with portal.session.get(PAGE, cookies=cookies) as answer:
        found = re.search(r'name="csrf" content="([^"]+)"', await answer.text())
    assert found
    form = {"csrf": found[1], **typed}
    async with portal.session.post(
        PAGE + path, data=form, cookies=cookies, allow_redirects=False
    ) as answer:
        return answer.status


async def watch(portal: PortalTenant, account: Account) -> Any:
    return await portal.good("GET", "/api/integration/test", account.token)


async def shows(portal: PortalTenant, account: Account, wanted: Callable[[Any], bool]) -> Any:
    """What is shown once it is as wanted."""

    async def there() -> bool:
        return wanted(await watch(portal, account))

    async with asyncio.timeout(20):
        await until(there)
    return await watch(portal, account)


async def test_progress_then_the_result_are_shown_and_a_second_press_starts_none(
    database: TestDatabase,
) -> None:
    async with open_portal_tenant(database) as portal:
        await portal.found(rooms=[ROOM])
        account = await portal.organisation("north")
        assert await watch(portal, account) == {
            "running": None, "problem": None, "tested_at": None, "result": None,
        }  # fmt: skip
        await portal.plant("/faults", SLOW)

        assert await press(portal, account) == 303
        begun = await shows(
            portal, account, lambda it: it["running"] and it["running"]["under_way"] == "rooms"
        )
        assert await press(portal, account) == 303
        again = await watch(portal, account)
        ended = await shows(portal, account, lambda it: it["result"] is not None)

        assert [check["name"] for check in begun["running"]["checks"]] == [
            "token", "permissions", "consent",
        ]  # fmt: skip
        assert again["running"]["started_at"] == begun["running"]["started_at"]
        assert (ended["running"], ended["result"]["ok"]) == (None, True)


async def test_a_test_of_a_portal_that_died_says_so_and_can_be_started_again(
    database: TestDatabase,
) -> None:
    async with open_portal_tenant(database) as portal:
        await portal.found(rooms=[ROOM])
        account = await portal.organisation("north")
        left: dict[str, object] = {
            "started_at": "2026-01-01T00:00:00Z",
            "under_way": "rooms",
            "checks": [],
            "problem": None,
        }
        owner = await asyncpg.connect(database.owner_dsn)
        await owner.execute("alter table integrations no force row level security")
        await owner.execute(
            "update integrations set test_result = $1", json.dumps({"running": left})
        )
        await owner.close()

        told = await watch(portal, account)
        await press(portal, account)
        ended = await shows(portal, account, lambda it: it["result"] is not None)

        assert told["running"] is None
        assert "broke off on our side" in told["problem"]
        assert ended["problem"] is None


async def test_switching_meanwhile_ends_a_test_without_a_result(database: TestDatabase) -> None:
    async with open_portal_tenant(database) as portal:
        await portal.found(rooms=[ROOM])
        account = await portal.organisation("north")
        await portal.plant("/faults", SLOW)
        await press(portal, account)
        await shows(portal, account, lambda it: it["running"] is not None)
        assert await press(portal, account, "/switch", enabled="off") == 303

        told = await shows(portal, account, lambda it: it["problem"] is not None)

        assert "changed while the test ran" in told["problem"]
        assert told["result"] is None

"""A secret that ends in mid-flight: worker, manager, ingress and portal on one database, the simulator over HTTPS."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import asyncpg
import pytest
from aiohttp import web

from contracts.commands import Cancel
from contracts.routing import EVENTS
from eventbus import Delivery
from graphclient import open_graph
from pgstore import Role, SecretBox, open_database
from pgstore.testing import TestDatabase
from portal.app import PortalOptions, add_portal
from portal.consumer import PATTERNS
from servicekit.clock import utc_now
from servicekit.http import serve_http
from subscription_manager.app import ManagerOptions, run_manager
from webhook_ingress.app import add_ingress

from ..unit.graphsim.credentials import credential
from .portal_scene import OPERATOR
from .subscription_office import SECRETS
from .sync_tenant import BOB, KEYS, TOMORROW, Tenant, running_tenant
from .waiting import until

HOUR = timedelta(hours=1)
NEW = "n3w~secret"
TOKEN_SECONDS = 2  # so that a secret's end is felt soon


@dataclass
class Scene:
    tenant: Tenant
    portal: aiohttp.ClientSession
    ahead: timedelta = timedelta(0)

    def managers_clock(self) -> datetime:
        """Ahead of everybody's: the manager looks into refusals once a minute at most."""
        return utc_now() + self.ahead

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        async with self.portal.request(method, path, json=body) as answer:
            return answer.status, await answer.json()

    async def integration(self) -> Any:
        status, body = await self.call("GET", "/api/integration")
        assert status == 200
        return body

    async def put(self, **proof: str) -> tuple[int, Any]:
        office = self.tenant.office
        body = {
            "enabled": True,
            "tenant_id": str(office.tenant_id),
            "client_id": str(office.client_id),
            **proof,
        }
        return await self.call("PUT", "/api/integration", body)

    async def register(self, **app: Any) -> None:
        office = self.tenant.office
        body = {"client_id": str(office.client_id), **app}
        await self.tenant.outlook(
            "POST", "tenants", {"tenant_id": str(office.tenant_id), "apps": [body]}
        )

    async def until_status(self, *statuses: str) -> Any:
        async def reached() -> bool:
            return (await self.integration())["status"] in statuses

        await until(reached)
        return await self.integration()

    async def calls(self) -> int:
        """How often Entra and Graph were called, Outlook's own doings included."""
        return int((await self.tenant.outlook("GET", "report"))["trace"]["calls"])

    async def worker_is_refused(self) -> bool:
        connection = await asyncpg.connect(self.tenant.office.login_dsn)
        try:
            await connection.execute("set role clearooms_portal")
            revision = await connection.fetchval("select refused_revision from room_sync")
        finally:
            await connection.close()
        return revision is not None

    async def tested(self) -> None:
        status, result = await self.call("POST", "/api/integration/test", {})
        assert (status, result["ok"]) == (200, True), result


@asynccontextmanager
async def running_scene(database: TestDatabase) -> AsyncIterator[Scene]:
    app, hooks, stop = web.Application(), web.Application(), asyncio.Event()
    async with (
        running_tenant(database, token_seconds=TOKEN_SECONDS) as tenant,
        open_graph(
            f"{tenant.address.origin}/v1.0", tenant.address.origin, tenant.address.ca_file
        ) as graph,
        open_database(database.login_dsn, Role.PORTAL) as portal_rows,
        open_database(database.login_dsn, Role.MANAGER) as manager_rows,
    ):
        add_ingress(hooks, tenant.bus, lambda: KEYS, utc_now)
        options = PortalOptions(OPERATOR, reseal_seconds=0.2)
        box = lambda: SecretBox.parse(SECRETS)  # noqa: E731 -- the services' one argument
        add_portal(app, portal_rows, tenant.bus, graph, box, options, utc_now)
        headers = {
            "Authorization": f"Bearer {OPERATOR}",
            "X-Organisation": str(tenant.office.id),
        }
        async with (
            serve_http(hooks, "127.0.0.1:0") as (host, port),
            serve_http(app, "127.0.0.1:0") as (portal_host, portal_port),
            aiohttp.ClientSession(
                f"http://{portal_host}:{portal_port}", headers=headers
            ) as session,
            asyncio.TaskGroup() as running,
        ):
            # The portal follows events, so that none is left unclaimed: hear them as it does.
            async def heard(delivery: Delivery) -> None:
                await tenant.keep(delivery)

            running.create_task(tenant.bus.follow(EVENTS, PATTERNS, heard, stop))
            scene = Scene(tenant, session)
            managing = ManagerOptions(
                f"http://{host}:{port}", lambda: KEYS, compare_seconds=0.2, tell_seconds=0.1
            )
            running.create_task(
                run_manager(
                    manager_rows, tenant.bus, graph, box, managing, scene.managers_clock, stop
                )
            )
            try:
                yield scene
            finally:
                stop.set()


@pytest.fixture
async def scene(database: TestDatabase) -> AsyncIterator[Scene]:
    async with running_scene(database) as made:
        yield made


async def test_nothing_is_lost_while_a_secret_is_refused_and_all_resumes_with_the_new_one(
    scene: Scene,
) -> None:
    tenant = scene.tenant
    before = tenant.book()
    assert (await tenant.ask(before)).outcome == "accepted"
    await scene.tested()

    await scene.register(secrets=[{"value": NEW}])
    await asyncio.sleep(TOKEN_SECONDS)  # the tokens held end by time alone
    await tenant.meeting(TOMORROW + 2 * HOUR, organizer=BOB["address"])
    during = tenant.book(TOMORROW + 4 * HOUR)
    sent = [await tenant.send(during)]
    scene.ahead = timedelta(minutes=2)
    failing = await scene.until_status("failing")
    await tenant.until(lambda: "integration.failing" in tenant.keys)
    await until(scene.worker_is_refused)
    # Both sides go on while it fails.
    moved = await tenant.meeting(TOMORROW + 6 * HOUR, organizer=BOB["address"])
    await tenant.change(moved, subject="Moved on")
    sent.append(await tenant.send(Cancel(booking_id=before.booking_id, sequence=2, reason="Off")))
    known, calls = len(tenant.received), await scene.calls()
    await asyncio.sleep(3 * TOKEN_SECONDS)  # nothing is the expected event
    assert await scene.calls() == calls, "neither worker nor manager call any more"
    assert len(tenant.received) == known
    assert not tenant.results[1:]
    assert "AADSTS7000215" in failing["status_detail"]
    assert "create a new client secret" in failing["status_detail"]
    assert (await scene.call("GET", "/api/status"))[1]["integration"] == "failing"

    status, saved = await scene.put(client_secret=NEW)

    assert (status, saved["status"]) == (200, "untested")
    for command in sent:
        assert (await tenant.result(command)).outcome == "accepted"
    await tenant.until(lambda: len(tenant.living()) == 3)
    failed = tenant.keys.index("integration.failing")
    await tenant.until(lambda: "integration.ok" in tenant.keys[failed:])
    await scene.tested()
    assert (await scene.integration())["status"] == "ok"
    assert tenant.keys.count("integration.failing") == 1
    starts = sorted(each.start for each in tenant.living())
    assert starts == [TOMORROW + hours * HOUR for hours in (2, 4, 6)]
    assert sorted(row["start"] for row in await tenant.calendar()) == [
        f"{start:%Y-%m-%dT%H:%M:%S}Z" for start in starts
    ]
    assert len(await tenant.calendar(BOB["id"])) == 2


async def test_a_new_secret_or_certificate_replaces_a_working_one_only_if_it_works(
    scene: Scene,
) -> None:
    held = credential()
    pem = held.private_pem + held.pem
    await scene.tested()
    for proof in ({"client_secret": "wr0ng~secret"}, {"certificate": pem}):
        status, refused = await scene.put(**proof)
        assert (status, refused["test"]["ok"]) == (422, False)
        assert "PRIVATE" not in str(refused)
        assert (await scene.integration())["status"] == "ok"

    office = scene.tenant.office
    await scene.register(secrets=[{"value": office.secret}], certificates=[held.pem])
    status, saved = await scene.put(certificate=pem)

    assert (status, saved["status"]) == (200, "ok")
    assert saved["certificate_thumbprint"] == held.sha1.hex().upper()
    ends = held.certificate.not_valid_after_utc
    assert saved["secret_expires_at"] == f"{ends:%Y-%m-%dT%H:%M:%SZ}"
    await scene.register(secrets=[])
    await asyncio.sleep(TOKEN_SECONDS)  # the tokens held end by time alone
    assert (await scene.tenant.ask(scene.tenant.book())).outcome == "accepted"
    assert "integration.failing" not in scene.tenant.keys


async def test_while_entra_forgets_the_new_secret_the_one_before_carries_on(scene: Scene) -> None:
    office = scene.tenant.office
    await scene.tested()
    await scene.register(secrets=[{"value": office.secret}, {"value": NEW}])
    status, saved = await scene.put(client_secret=NEW)
    assert (status, saved["status"]) == (200, "ok")

    await scene.register(secrets=[{"value": office.secret}])  # another part of Entra
    await asyncio.sleep(TOKEN_SECONDS)  # the tokens held end by time alone
    assert (await scene.tenant.ask(scene.tenant.book())).outcome == "accepted"
    assert "integration.failing" not in scene.tenant.keys


async def test_the_end_that_graph_tells_is_shown_and_goes_into_a_calendar_file(
    scene: Scene,
) -> None:
    office = scene.tenant.office
    async with scene.portal.get("/api/integration/renewal.ics") as unknown:
        assert unknown.status == 409
        assert "secret_expires_at" in (await unknown.json())["detail"]
    secrets = [{"value": office.secret, "ends": "2031-05-31T10:00:00Z"}]
    await scene.register(secrets=secrets)
    assert (await scene.put())[0] == 200

    async def known() -> bool:
        return bool((await scene.integration())["secret_expires_at"] == "2031-05-31T10:00:00Z")

    await until(known)
    async with scene.portal.get("/api/integration/renewal.ics") as file:
        assert file.content_type == "text/calendar"
        assert "attachment" in file.headers["Content-Disposition"]
        assert "DTSTART;VALUE=DATE:20310430" in await file.text()

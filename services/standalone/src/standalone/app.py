"""Every service in one process: opens what they share and runs their composable parts. No logic of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from aiohttp import web

from eventbus import Bus, open_bus
from eventbus.postgres import SCHEMA, open_postgres_bus
from graphclient import EVENT_SELECT, RICH_SELECT, ClientStateKeys, open_graph
from graphclient.signing_keys import open_publisher
from pgstore import Role, SecretBox, open_database
from portal.app import PortalOptions, add_portal
from portal.settings import microsoft_registration
from servicekit.clock import utc_now
from servicekit.http import serve_http
from servicekit.ops import Health, serve_ops
from subscription_manager.app import ManagerOptions, run_manager
from sync_worker.app import WorkerOptions, notification_keys, run_worker
from webhook_ingress.app import add_ingress

from .database import bring_up_to_date, open_owner
from .settings import POSTGRES_BUS, Settings, with_kept_keys

log = structlog.get_logger()


async def main(given: Settings, stop: asyncio.Event) -> None:
    """Run until `stop`; raises `SettingsInvalid`."""
    settings = with_kept_keys(given)
    client_state_keys = settings.live("client_state_keys", ClientStateKeys.parse)
    secrets = settings.live("secret_keys", SecretBox.parse)
    opens = notification_keys(settings)
    registration = microsoft_registration(settings)
    on_postgres = settings.amqp_url.get_secret_value() == POSTGRES_BUS
    health = Health()
    serving = asyncio.Event()
    health.add("serving", serving.is_set)
    async with AsyncExitStack() as resources:
        owner_dsn = await resources.enter_async_context(
            open_owner(settings.database_url.get_secret_value(), settings.data_dir)
        )
        async with serve_ops(settings.ops_listen, health):
            login_dsn = await bring_up_to_date(owner_dsn, SCHEMA if on_postgres else None, stop)
            if login_dsn is None:
                return
            bus = await resources.enter_async_context(_open_bus(settings, login_dsn))
            graph = await resources.enter_async_context(
                open_graph(
                    settings.graph_url,
                    settings.entra_url,
                    settings.graph_ca_file,
                    select=EVENT_SELECT if opens is None else RICH_SELECT,
                )
            )
            publisher = await resources.enter_async_context(
                open_publisher(settings.entra_url, settings.graph_ca_file)
            )
            databases = {
                role: await resources.enter_async_context(open_database(login_dsn, role))
                for role in Role
            }
            for role, database in databases.items():
                health.add(role.value, database.healthy)
            health.add("bus", bus.connected)
            app = web.Application()
            add_ingress(app, bus, client_state_keys.value, utc_now, judge=publisher.judge)
            add_portal(
                app,
                databases[Role.PORTAL],
                bus,
                graph,
                secrets.value,
                PortalOptions(
                    operator_token=settings.portal_operator_token.get_secret_value(),
                    webhook_url=settings.webhook_url,
                    portal_url=settings.portal_url,
                    entra_url=settings.entra_url,
                    registration=registration,
                ),
                utc_now,
            )
            work = run_worker(
                databases[Role.WORKER],
                bus,
                graph,
                secrets.value,
                WorkerOptions(
                    window_days=settings.sync_window_days,
                    reconcile_minutes=settings.reconcile_minutes,
                    poll_seconds=settings.poll_seconds,
                    mode=settings.sync_mode,
                    notification_keys=opens,
                ),
                utc_now,
                stop,
            )
            manage = run_manager(
                databases[Role.MANAGER],
                bus,
                graph,
                secrets.value,
                ManagerOptions(
                    settings.webhook_url,
                    client_state_keys.value,
                    portal_url=settings.portal_url,
                    certificates=None if opens is None else lambda: opens().certificates,
                ),
                utc_now,
                stop,
            )
            async with (
                serve_http(app, settings.listen) as (host, port),
                asyncio.TaskGroup() as loops,
            ):
                loops.create_task(work)
                loops.create_task(manage)
                serving.set()
                log.info("listening", host=host, port=port)
                await stop.wait()
                serving.clear()


@asynccontextmanager
async def _open_bus(settings: Settings, login_dsn: str) -> AsyncIterator[Bus]:
    url = settings.amqp_url.get_secret_value()
    async with open_postgres_bus(login_dsn) if url == POSTGRES_BUS else open_bus(url) as bus:
        yield bus

"""The composition root of the subscription manager."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, Self
from uuid import UUID

import structlog

from contracts.routing import SUBSCRIPTIONS_LIFECYCLE
from eventbus import Bus, open_bus
from graphclient import ClientStateKeys, Credentials, open_graph
from graphclient.encryption import Certificates
from pgstore import Database, Role, SecretBox, open_database
from servicekit.clock import Clock, utc_now
from servicekit.ops import Health, serve_ops
from servicekit.outbound import post_json

from .consumer import LifecycleConsumer, Notes
from .domain.sweep import Due, Recorded
from .handlers import (
    Directory,
    Keeper,
    Means,
    PacedTenants,
    Records,
    Sealed,
    Secrets,
    Sweeper,
    Tallying,
    Telling,
    Tenant,
    Turns,
    Watch,
    Watching,
)
from .scheduler import Rows, Scheduler, Sweeps, keep_turning
from .settings import Settings
from .store import CredentialStore, MessageStore, Store, TenantStore, WatchStore

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ManagerOptions:
    """What the manager is told: where Graph posts to (empty: no subscriptions at all), what seals, where people go.

    `lease` is how long a dead replica's rooms stay untouched; it must outlast a pass of 25 seconds.
    """

    webhook_url: str
    client_state_keys: Callable[[], ClientStateKeys]
    compare_seconds: float = 15.0
    lease: timedelta = timedelta(seconds=30)
    portal_url: str = ""
    tell_seconds: float = 5.0
    post: Callable[[str, bytes], Awaitable[None]] = post_json
    certificates: Callable[[], Certificates] | None = None  # None: no rich notifications


class Rooms(Rows, Records, Notes, Protocol):
    """Rows of subscriptions: compared, claimed, hinted at, recorded."""


class Shared(Turns, Protocol):
    """What the replicas share about each tenant: whose turn it is, and when it is swept."""

    async def doubt(self, organisation_id: UUID, at: datetime) -> None:
        """As the store's."""

    async def next_sweep(self, now: datetime) -> Due | None:
        """As the store's."""

    async def recorded(self, tenant_id: UUID) -> list[Recorded]:
        """As the store's."""


class Kept(Sealed, Watch, Protocol):
    """The organisations' secrets, and whether they work."""


Listen = Callable[[str, Callable[[str], None], asyncio.Event], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True)
class Stores:
    """Where one manager keeps what it knows."""

    rooms: Rooms
    tenants: Shared
    credentials: Kept
    listen: Listen

    @classmethod
    def on(cls, database: Database, options: ManagerOptions) -> Self:
        """All in this database."""
        return cls(
            Store(database, options.lease),
            TenantStore(database),
            CredentialStore(database),
            database.listen,
        )


class SignIn(Protocol):
    """Graph, as far as the manager goes: graphclient.Graph."""

    def tenant(self, credentials: Credentials) -> Tenant:
        """The subscriptions these credentials may keep."""


class FreshSignIn(SignIn, Protocol):
    """The same, and without anything remembered."""

    def fresh_tenant(self, credentials: Credentials) -> Directory:
        """What these credentials open now."""


class _Tenants:
    """Signs in with the organisation's secret as it is now."""

    def __init__(self, graph: SignIn, secrets: Secrets) -> None:
        self._graph = graph
        self._secrets = secrets

    async def tenant(self, organisation_id: UUID, tenant_id: UUID, client_id: UUID) -> Tenant:
        return self._graph.tenant(
            await self._secrets.credentials(organisation_id, tenant_id, client_id)
        )


async def run_manager(
    database: Database,
    bus: Bus,
    graph: FreshSignIn,
    secrets: Callable[[], SecretBox],
    options: ManagerOptions,
    clock: Callable[[], datetime],
    stop: asyncio.Event,
) -> None:
    """Do a manager's work on this database until `stop`; returns drained."""
    stores, watch = Stores.on(database, options), WatchStore(database)
    opened = Secrets(stores.credentials, secrets)
    watching = Watching(watch, stores.credentials, opened, graph.fresh_tenant, clock)
    telling = Telling(MessageStore(database), bus, opened, options.post, options.portal_url, clock)
    every = options.compare_seconds
    async with asyncio.TaskGroup() as loops:
        loops.create_task(manage(stores, bus, graph, secrets, options, clock, stop))
        loops.create_task(keep_turning(watching.turn, stop, seconds=every))
        loops.create_task(keep_turning(telling.turn, stop, seconds=options.tell_seconds))
        loops.create_task(keep_turning(Tallying(watch, clock).turn, stop, seconds=every))


async def manage(
    stores: Stores,
    bus: Bus,
    graph: SignIn,
    secrets: Callable[[], SecretBox],
    options: ManagerOptions,
    clock: Callable[[], datetime],
    stop: asyncio.Event,
) -> None:
    """Keep one live subscription for every enabled room until `stop`; returns drained."""
    rooms, credentials = stores.rooms, stores.credentials
    shared = stores.tenants
    tenants = PacedTenants(_Tenants(graph, Secrets(credentials, secrets)), shared, clock)
    means = Means(
        rooms,
        shared.doubt,
        options.client_state_keys,
        options.webhook_url,
        clock,
        certificates=options.certificates,
    )
    keeper = Keeper(means, tenants, credentials)
    scheduler = Scheduler(
        rooms,
        keeper.carry_out,
        webhook_url=options.webhook_url,
        sealing_key=lambda: options.client_state_keys().first,
        compare_seconds=options.compare_seconds,
        rich=options.certificates is not None,
        clock=clock,
    )
    consumer = LifecycleConsumer(rooms, scheduler.wake, clock)
    sweeper = Sweeper(means, tenants, shared, rooms)
    sweeps = Sweeps(
        shared.next_sweep, sweeper.sweep, look_seconds=options.compare_seconds, clock=clock
    )
    async with asyncio.TaskGroup() as loops:
        loops.create_task(stores.listen("clearooms", scheduler.changed, stop))
        loops.create_task(bus.consume(SUBSCRIPTIONS_LIFECYCLE, consumer.handle, stop))
        loops.create_task(scheduler.run(stop))
        if options.webhook_url:
            loops.create_task(sweeps.run(stop))


async def main(settings: Settings, stop: asyncio.Event) -> None:
    """Run as a service of its own until `stop`; raises SettingsInvalid."""
    keys = settings.live("client_state_keys", ClientStateKeys.parse)
    secrets = settings.live("secret_keys", SecretBox.parse)
    certificates = (
        settings.live("notification_cert", Certificates.parse).value
        if settings.notification_cert.get_secret_value()
        else None
    )
    clock: Clock = utc_now
    health = Health()
    async with (
        serve_ops(settings.ops_listen, health),
        open_database(settings.database_url.get_secret_value(), Role.MANAGER) as database,
        open_bus(settings.amqp_url.get_secret_value()) as bus,
        open_graph(settings.graph_url, settings.entra_url, settings.graph_ca_file) as graph,
    ):
        health.add("database", database.healthy)
        health.add("bus", bus.connected)
        options = ManagerOptions(
            settings.webhook_url,
            keys.value,
            portal_url=settings.portal_url,
            certificates=certificates,
        )
        await run_manager(database, bus, graph, secrets.value, options, clock, stop)

"""The worker put together: what standalone and the process both run."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, Self

import structlog

from contracts.routing import SYNC_CHANGES, SYNC_COMMANDS
from eventbus import Bus, open_bus
from graphclient import EVENT_SELECT, RICH_SELECT, Credentials, open_graph
from graphclient.encryption import Certificates, PrivateKeys
from pgstore import Database, Role, SecretBox, open_database
from servicekit.clock import Clock, utc_now
from servicekit.ops import Health, serve_ops
from servicekit.settings import ServiceSettings, SettingsInvalid

from .consumer import ChangeConsumer, CommandConsumer, Commands, Hints
from .domain.schedule import Cadence
from .handlers.credentials import OrganisationCalendars, Sealed
from .handlers.enclosures import Enclosures, NotificationKeys
from .handlers.holding import Options
from .handlers.needs import Leases, Mirror, Outgoing, Plans, SignedIn
from .handlers.passes import Passes
from .handlers.publishing import Publisher
from .handlers.strays import AbandonedCommands, StrayCommands, Strays, end_abandoned
from .scheduler import (
    Claims,
    Scheduler,
    Sweep,
    keep_comparing,
    keep_placing_strays,
    keep_sweeping,
)
from .settings import WorkerSettings
from .store import (
    CommandStore,
    Comparison,
    CredentialStore,
    HintStore,
    LeaseStore,
    MirrorStore,
    OutgoingStore,
    PlanStore,
    SweepStore,
)

log = structlog.get_logger()

CHANNEL = "clearooms"


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """What the worker may be told; times in days, minutes and seconds as the settings name them."""

    window_days: int = 190
    reconcile_minutes: float = 60
    poll_seconds: float = 60
    mode: str = "live"
    passes: int = 32
    lease_seconds: float = (
        30.0  # reads need no more; whoever writes to Graph takes a longer one first
    )
    look_seconds: float = (
        1.0  # how soon what nobody told us about is found: other workers' dead rooms, their hints
    )
    compare_seconds: float = 15.0
    notification_keys: Callable[[], NotificationKeys] | None = (
        None  # None: notifications bring nothing
    )

    @property
    def reading(self) -> Options:
        """How rooms are read."""
        return Options(
            window=timedelta(days=self.window_days),
            cadence=Cadence(
                reconcile=timedelta(minutes=self.reconcile_minutes),
                poll=timedelta(seconds=self.poll_seconds),
            ),
            writes=self.mode == "live",
            lease=timedelta(seconds=self.lease_seconds),
        )


class RoomLeases(Claims, Leases, Protocol):
    """Rooms to claim and to give back."""


class CommandRows(Commands, StrayCommands, AbandonedCommands, Protocol):
    """Commands from their arrival to their room."""


class Comparing(Protocol):
    """What others wrote, compared with what we owe."""

    async def compare(self, now: datetime) -> None:
        """Bring the rooms' debts in line."""


Listen = Callable[[str, Callable[[str], None], asyncio.Event], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True)
class Stores:
    """Where one worker keeps what it knows and owes."""

    hints: Hints
    commands: CommandRows
    comparison: Comparing
    credentials: Sealed
    leases: RoomLeases
    mirror: Mirror
    outgoing: Outgoing
    plans: Plans
    sweep: Sweep
    listen: Listen

    @classmethod
    def on(cls, database: Database, options: WorkerOptions) -> Self:
        """All in this database."""
        lease = timedelta(seconds=options.lease_seconds)
        return cls(
            hints=HintStore(database),
            commands=CommandStore(database),
            comparison=Comparison(database, options.reading.cadence),
            credentials=CredentialStore(database),
            leases=LeaseStore(database, lease),
            mirror=MirrorStore(database, lease),
            outgoing=OutgoingStore(database),
            plans=PlanStore(database),
            sweep=SweepStore(database),
            listen=database.listen,
        )


class Tenants(Protocol):
    """Graph, as far as the worker goes: graphclient.Graph."""

    def tenant(self, credentials: Credentials) -> SignedIn:
        """The calendars these credentials open."""


async def run_worker(
    database: Database,
    bus: Bus,
    graph: Tenants,
    secrets: Callable[[], SecretBox],
    options: WorkerOptions,
    clock: Clock,
    stop: asyncio.Event,
) -> None:
    """Do a worker's work on this database until `stop`; returns drained."""
    await work(Stores.on(database, options), bus, graph, secrets, options, clock, stop)


async def work(
    stores: Stores,
    bus: Bus,
    graph: Tenants,
    secrets: Callable[[], SecretBox],
    options: WorkerOptions,
    clock: Clock,
    stop: asyncio.Event,
) -> None:
    """Consume hints and keep rooms up to date until `stop`; returns drained."""
    enclosures = Enclosures(options.notification_keys)
    passes = Passes(
        mirror=stores.mirror,
        outgoing=stores.outgoing,
        plans=stores.plans,
        leases=stores.leases,
        calendars=OrganisationCalendars(stores.credentials, secrets, graph.tenant),
        messages=bus,
        options=options.reading,
        clock=clock,
        enclosures=enclosures,
    )
    scheduler = Scheduler(
        stores.leases, passes.run, clock, most=options.passes, look_seconds=options.look_seconds
    )
    consumer = ChangeConsumer(stores.hints, scheduler.hinted, clock, enclosures.keep)
    strays = Strays(stores.commands, Publisher(bus).result, clock)
    strayed = asyncio.Event()
    orders = CommandConsumer(stores.commands, scheduler.hinted, strayed.set, clock)
    changed = asyncio.Event()

    def heard(_: str) -> None:
        changed.set()

    async def compare(now: datetime) -> None:
        await stores.comparison.compare(now)
        await end_abandoned(stores.commands, now)
        strayed.set()

    async with asyncio.TaskGroup() as loops:
        loops.create_task(bus.consume(SYNC_CHANGES, consumer.handle, stop, prefetch=64))
        loops.create_task(bus.consume(SYNC_COMMANDS, orders.handle, stop, prefetch=64))
        loops.create_task(scheduler.run(stop))
        loops.create_task(
            keep_placing_strays(
                strays.run, scheduler.hinted, strayed, stop, seconds=options.look_seconds
            )
        )
        loops.create_task(stores.listen(CHANNEL, heard, stop))
        loops.create_task(
            keep_comparing(
                compare, changed, scheduler.look, clock, stop, seconds=options.compare_seconds
            )
        )
        loops.create_task(keep_sweeping(stores.sweep, clock, stop))


async def main(settings: WorkerSettings, stop: asyncio.Event) -> None:
    """Open what the worker needs, run it, close in reverse order."""
    secrets = settings.live("secret_keys", SecretBox.parse)
    options = _options(settings)
    health = Health()
    async with (
        open_database(settings.database_url.get_secret_value(), Role.WORKER, most=16) as database,
        open_bus(settings.amqp_url.get_secret_value()) as bus,
        open_graph(
            settings.graph_url,
            settings.entra_url,
            settings.graph_ca_file,
            select=EVENT_SELECT if options.notification_keys is None else RICH_SELECT,
        ) as graph,
        serve_ops(settings.ops_listen, health),
    ):
        health.add("database", database.healthy)
        health.add("broker", bus.connected)
        await run_worker(database, bus, graph, secrets.value, options, utc_now, stop)


def _options(settings: WorkerSettings) -> WorkerOptions:
    return WorkerOptions(
        window_days=settings.sync_window_days,
        reconcile_minutes=settings.reconcile_minutes,
        poll_seconds=settings.poll_seconds,
        mode=settings.sync_mode,
        notification_keys=notification_keys(settings),
    )


def notification_keys(settings: ServiceSettings) -> Callable[[], NotificationKeys] | None:
    """What opens rich notifications, read again as its files change; None where none is set. Raises SettingsInvalid.

    For settings with `notification_cert` and `notification_key`.
    """
    names = ("notification_cert", "notification_key")
    if not any(getattr(settings, name).get_secret_value() for name in names):
        return None
    certificates = settings.live("notification_cert", Certificates.parse)
    keys = settings.live("notification_key", PrivateKeys.parse)
    if certificates.value().first.public_key not in keys.value().by_public_key:
        raise SettingsInvalid(
            "NOTIFICATION_KEY", "holds no key for the first certificate of NOTIFICATION_CERT"
        )
    return lambda: NotificationKeys(certificates.value(), keys.value())

"""One history's world: the shipped loops of ingress, workers and manager over the model store, the broker and the cloud."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import cast
from uuid import UUID

import aiohttp

from graphclient import ClientStateKeys
from graphsim import Options
from pgstore import DatabaseUnavailable, SecretBox
from subscription_manager.app import ManagerOptions, manage
from subscription_manager.app import Stores as ManagerStores
from sync_worker.app import Stores, WorkerOptions, work

from .broker import Broker, BrokerFaults, Port
from .cloud import Cloud
from .ingress import Ingress
from .journal import Journal
from .ledger import Ledger
from .lines import Outward, SignIn
from .loop import SeededLoop
from .office import Office
from .platform import Platform
from .processes import Fuse
from .store import (
    CommandStore,
    Comparison,
    CredentialStore,
    HintStore,
    LeaseStore,
    ManagerCredentialStore,
    MirrorStore,
    ModelDatabase,
    OutgoingStore,
    PlanStore,
    Portal,
    SubscriptionStore,
    SweepStore,
    Tables,
    TenantStore,
)
from .supervisor import Main, Process
from .switches import Switches

WEBHOOK = "https://ingress.test"
SECRET = "s3cret~value"
KEYS = ClientStateKeys.parse("k1:" + base64.b64encode(b"k" * 32).decode())
ROLES = ["Calendars.ReadWrite", "Directory.Read.All", "Place.Read.All"]
_OVERTAKEN = 0.2
_LATE_NEWS = 0.2  # after the statement that caused it has come back to who made it
MEMBERS = ("Ada Lark", "Ben Moss", "Cleo Nash", "Dan Orr")


@cache
def secrets() -> SecretBox:
    """The key ring of all histories."""
    return SecretBox.parse("s1:" + base64.b64encode(b"s" * 32).decode())


def _clock(loop: SeededLoop, begins: datetime) -> Callable[[], datetime]:
    """The virtual time."""
    ticks, moment = 0.0, begins

    def clock() -> datetime:
        nonlocal ticks, moment
        if ticks != loop.now:
            ticks = loop.now
            moment = begins + timedelta(seconds=ticks)
        return moment

    return clock


class World:
    """Everything of one history, made from its seed."""

    def __init__(self, seed: int, switches: Switches) -> None:
        loop = cast("SeededLoop", asyncio.get_running_loop())
        self.seed = seed
        self.switches = switches
        self.time = loop.time
        self.clock = _clock(loop, switches.begins)
        self.keys = KEYS
        self.journal = Journal(loop.time)
        self.ledger = Ledger()
        self.tables = Tables(heard=self._heard)
        self.portal = Portal(self.tables)
        self.platform = Platform(self.journal, self.clock)
        self.broker_faults = BrokerFaults()
        self.broker = Broker(
            self.random("broker"), self.broker_faults, self.journal, self.platform.receive
        )
        self.cloud = Cloud(
            Options(seed=seed, **switches.cloud), self.clock, self.journal, self.random("cloud")
        )
        self.ingress = Ingress(self.broker, KEYS, self.clock, self.journal, self.random("ingress"))
        self.outward = Outward(self.ingress.receive)
        self.offices = [self._office(number) for number in range(len(switches.rooms))]
        self.database_away = 0.0
        self.processes: list[Process] = []
        self._chance = self.random("database")
        self._listeners: list[Callable[[str], None]] = []

    def random(self, name: str) -> Random:
        """Chance of its own for each part, so that one part's draws do not shift another's."""
        return Random(f"{self.seed}/{name}")  # noqa: S311 -- repeatable by seed

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Everything up until the block ends; raises what a process of ours died of by itself."""
        async with asyncio.TaskGroup() as tasks:
            self.cloud.open(tasks)
            outward = cast("aiohttp.ClientSession", self.outward)
            async with self.cloud.simulator.running(outward):
                await self._found()
                self.processes = self._made()
                for process in self.processes:
                    process.start(tasks)
                yield
                for process in self.processes:
                    await process.end()

    def _office(self, number: int) -> Office:
        random = self.random(f"office {number}")

        def fresh() -> UUID:
            return UUID(int=random.getrandbits(128), version=4)

        rooms = {fresh(): fresh() for _ in range(self.switches.rooms[number])}
        domain = f"org{number}.test"
        return Office(
            number,
            fresh(),
            fresh(),
            fresh(),
            rooms,
            {room: f"room{place}@{domain}" for place, room in enumerate(rooms)},
            {f"{name.split()[0].lower()}@{domain}": (fresh(), name) for name in MEMBERS},
        )

    async def _found(self) -> None:
        portal, now = self.portal, self.clock()
        for office in self.offices:
            sealed = secrets().seal(
                SECRET, organisation_id=office.id, row_id=office.id, field="client_secret"
            )
            portal.found(office.id, f"Org {office.number}", now)
            portal.integrate(
                office.id,
                tenant_id=office.tenant_id,
                client_id=office.client_id,
                enabled=True,
                sealed_secret=sealed,
                now=now,
            )
            portal.open_office(office.id, office.id, now, time_zone=self.switches.zone)
            self._add_rooms(office, now)
            await self.cloud.control("POST", "tenants", self._tenant(office))

    def _add_rooms(self, office: Office, now: datetime) -> None:
        for room_id, mailbox_id in office.rooms.items():
            self.portal.add_room(
                office.id,
                room_id,
                office_id=office.id,
                mailbox_id=mailbox_id,
                mailbox=office.addresses[room_id],
                now=now,
            )

    def _tenant(self, office: Office) -> dict[str, object]:
        processing = {"process_external_meeting_messages": True, "maximum_duration_minutes": 3_000}
        return {
            "tenant_id": str(office.tenant_id),
            "domain": f"org{office.number}.test",
            "apps": [{"client_id": str(office.client_id), "secret": SECRET, "roles": ROLES}],
            "rooms": [
                {"id": str(mailbox), "mailbox": office.addresses[room], "name": "Room", "processing": processing}
                for room, mailbox in office.rooms.items()
            ],
            "users": [
                {"id": str(mailbox), "address": address, "name": name}
                for address, (mailbox, name) in office.members.items()
            ],
        }  # fmt: skip

    def _made(self) -> list[Process]:
        mains: dict[str, Main] = {"ingress": self.ingress.main, "manager": self._manage}
        mains |= {
            f"worker{number}": self._worker(f"worker{number}")
            for number in range(self.switches.workers)
        }
        return [
            Process(name, main, self.journal, self.random(name)) for name, main in mains.items()
        ]

    def _worker(self, name: str) -> Main:
        async def main(fuse: Fuse, stop: asyncio.Event) -> None:
            await self._work(name, fuse, stop)

        return main

    async def _work(self, name: str, fuse: Fuse, stop: asyncio.Event) -> None:
        switches = self.switches
        options = WorkerOptions(
            window_days=60,
            reconcile_minutes=switches.reconcile_minutes,
            poll_seconds=switches.poll_seconds,
            look_seconds=switches.look_seconds,
            compare_seconds=switches.compare_seconds,
        )
        database = self._database(fuse)
        lease = timedelta(seconds=options.lease_seconds)
        stores = Stores(
            hints=HintStore(database),
            commands=CommandStore(database),
            comparison=Comparison(database, options.reading.cadence),
            credentials=CredentialStore(database),
            leases=LeaseStore(database, lease),
            mirror=MirrorStore(database, lease),
            outgoing=OutgoingStore(database),
            plans=PlanStore(database),
            sweep=SweepStore(database),
            listen=self._listen,
        )
        port, graph = Port(self.broker, fuse), SignIn(self.cloud, name, fuse)
        await work(stores, port, graph, secrets, options, self.clock, stop)

    async def _manage(self, fuse: Fuse, stop: asyncio.Event) -> None:
        webhook = WEBHOOK if self.switches.subscriptions else ""
        options = ManagerOptions(
            webhook, lambda: self.keys, compare_seconds=self.switches.compare_seconds
        )
        database = self._database(fuse)
        stores = ManagerStores(
            SubscriptionStore(database, options.lease),
            TenantStore(database),
            ManagerCredentialStore(database),
            self._listen,
        )
        port, graph = Port(self.broker, fuse), SignIn(self.cloud, "manager", fuse)
        await manage(stores, port, graph, secrets, options, self.clock, stop)

    def _database(self, fuse: Fuse) -> ModelDatabase:
        chance = self._chance.random
        at_once = asyncio.get_running_loop().create_future()
        at_once.set_result(None)

        def turn() -> Awaitable[None]:
            # Each turn of the loop costs; others come in between often enough without one at every call.
            overtaken = chance() < _OVERTAKEN
            if overtaken or fuse.stops or self.database_away:
                return hindered(overtaken=overtaken)
            fuse.count()
            return at_once

        async def hindered(*, overtaken: bool) -> None:
            if overtaken:
                await asyncio.sleep(0)
            if fuse.stops:
                await fuse.step()
            else:
                fuse.count()
            if self.database_away:
                self.journal.expect("database_away", self.database_away)
                if chance() < self.database_away:
                    self.journal.fault("database_away")
                    raise DatabaseUnavailable("simulated")

        return ModelDatabase(self.tables, turn)

    def _heard(self, payload: str) -> None:
        loop = asyncio.get_running_loop()
        for notify in self._listeners:
            if self._chance.random() < _LATE_NEWS:
                loop.call_soon(notify, payload)
            else:
                notify(payload)

    async def _listen(self, _: str, notify: Callable[[str], None], stop: asyncio.Event) -> None:
        self._listeners.append(notify)
        notify("")
        try:
            await stop.wait()
        finally:
            self._listeners.remove(notify)

"""The whole worker, loops and all: hints on a bus in, events on the bus out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from contracts.events import Booking, decode_event
from contracts.hints import ChangeHint, encode_hint, join_hints
from contracts.routing import GRAPH_CHANGES, SYNC_CHANGES, UNCLAIMED
from eventbus import Bus, Delivery, Done, Outcome, open_bus
from eventbus.postgres import SCHEMA, open_postgres_bus
from graphclient import Event
from pgstore import Role, SecretBox, open_database
from pgstore.testing import TestDatabase
from servicekit.clock import utc_now
from sync_worker.app import WorkerOptions, run_worker

from .subscription_office import SECRETS, Office
from .sync_calendar import Calendars

TOMORROW = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
OPTIONS = WorkerOptions(passes=8)


@dataclass
class Stage:
    """An organisation, its calendars, a bus, and what the platform received so far."""

    dsn: str
    bus: Bus
    office: Office
    rooms: dict[UUID, UUID]
    calendars: Calendars = field(default_factory=Calendars)
    received: list[Delivery] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep(self, delivery: Delivery) -> Outcome:
        self.received.append(delivery)
        self.arrived.set()
        return Done()

    def bookings(self) -> list[Booking]:
        events = [decode_event(each.body) for each in self.received]
        return [event.data for event in events if isinstance(event.data, Booking)]

    def keys(self) -> list[str]:
        return [each.routing_key for each in self.received]

    async def until(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.received) < count:
                self.arrived.clear()
                await self.arrived.wait()

    async def hint(self, room_id: UUID, *events: Event) -> None:
        hints = [
            ChangeHint(room_id, self.office.tenant_id, each.id, each.etag, utc_now())
            for each in events
        ]
        body = join_hints([encode_hint(each) for each in hints])
        await self.bus.publish(GRAPH_CHANGES, SYNC_CHANGES, body)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        async with (
            open_database(self.dsn, Role.WORKER) as database,
            asyncio.TaskGroup() as group,
        ):
            group.create_task(
                run_worker(
                    database, self.bus, self.calendars, lambda: SecretBox.parse(SECRETS), OPTIONS,
                    utc_now, stop,
                )
            )  # fmt: skip
            yield
            stop.set()


@asynccontextmanager
async def on_postgres(database: TestDatabase) -> AsyncIterator[Bus]:
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(SCHEMA)
    await owner.close()
    async with open_postgres_bus(database.login_dsn) as bus:
        yield bus


@pytest.fixture(params=["rabbitmq", "postgres"])
def opening(
    request: pytest.FixtureRequest, database: TestDatabase
) -> AbstractAsyncContextManager[Bus]:
    if request.param == "postgres":
        return on_postgres(database)
    return open_bus(request.getfixturevalue("amqp_url"))


@pytest.fixture
async def stage(
    opening: AbstractAsyncContextManager[Bus], database: TestDatabase
) -> AsyncIterator[Stage]:
    office = await Office(database.login_dsn).open()
    rooms = {}
    for _ in range(10):
        mailbox = uuid4()
        rooms[await office.room(mailbox)] = mailbox
    stop = asyncio.Event()
    async with opening as bus, asyncio.TaskGroup() as group:
        made = Stage(database.login_dsn, bus, office, rooms)
        made.calendars.mailboxes = {mailbox: {} for mailbox in rooms.values()}
        # Whoever binds no queue finds everything here: nothing published before this line is missed.
        group.create_task(bus.consume(UNCLAIMED, made.keep, stop))
        yield made
        stop.set()


async def test_rooms_load_and_then_follow_hints(stage: Stage) -> None:
    room_id, mailbox = next(iter(stage.rooms.items()))
    stage.calendars.put(mailbox, "old", TOMORROW, subject="Old")
    async with stage.working():
        await stage.until(11)
        assert sorted(set(stage.keys())) == ["booking.confirmed", "room.synced"]
        later = TOMORROW + timedelta(hours=1)
        await stage.hint(room_id, stage.calendars.put(mailbox, "new", later, subject="New"))
        await stage.until(12)
    assert [b.subject for b in stage.bookings()] == ["Old", "New"]


async def test_two_workers_share_the_rooms_and_tell_each_version_once(stage: Stage) -> None:
    async with stage.working(), stage.working():
        await stage.until(10)
        for number in range(20):
            for room_id, mailbox in stage.rooms.items():
                start = TOMORROW + timedelta(hours=number)
                made = stage.calendars.put(mailbox, f"e{number}", start, subject=str(number))
                await stage.hint(room_id, made)
        await stage.until(10 + 200)
    versions: dict[UUID, list[int]] = {}
    for booking in stage.bookings():
        versions.setdefault(booking.room_id, []).append(booking.version)
    assert list(versions.values()) == [list(range(1, 21))] * 10
    assert set(stage.calendars.gets.values()) <= {1}


async def test_an_undecodable_message_stops_nobody(stage: Stage) -> None:
    room_id, mailbox = next(iter(stage.rooms.items()))
    async with stage.working():
        await stage.until(10)
        await stage.bus.publish(GRAPH_CHANGES, SYNC_CHANGES, b"[{]")
        await stage.hint(room_id, stage.calendars.put(mailbox, "e", TOMORROW))
        await stage.until(11)
    assert len(stage.bookings()) == 1

"""What both buses promise: one suite, run against real RabbitMQ and against the queue tables."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import asyncpg
import pytest

from contracts import routing
from eventbus import (
    TOPOLOGY,
    Bus,
    Coalescer,
    Dead,
    Delivery,
    Done,
    Exchange,
    Handler,
    Later,
    NotConfirmed,
    Outcome,
    Queue,
    Topology,
    open_bus,
)
from eventbus.postgres import SCHEMA, open_postgres_bus
from pgstore.testing import TestDatabase

Open = Callable[[], AbstractAsyncContextManager[Bus]]

TINY = "tiny"
WITH_TINY = Topology(
    (*TOPOLOGY.exchanges, Exchange(TINY, "direct")),
    (*TOPOLOGY.queues, Queue(TINY, TINY, TINY, max_length=5)),
)
HELD_BY_TINY = 5


@pytest.fixture(params=["rabbitmq", "postgres"])
def open_here(request: pytest.FixtureRequest) -> Open:
    if request.param == "rabbitmq":
        url: str = request.getfixturevalue("amqp_url")
        return lambda: open_bus(url, topology=WITH_TINY)
    database: TestDatabase = request.getfixturevalue("database")
    return lambda: _on_postgres(database)


@asynccontextmanager
async def _on_postgres(database: TestDatabase) -> AsyncIterator[Bus]:
    owner = await asyncpg.connect(database.owner_dsn)
    try:
        await owner.execute(SCHEMA)
    finally:
        await owner.close()
    async with open_postgres_bus(
        database.login_dsn, topology=WITH_TINY, tidy_seconds=0.2
    ) as opened:
        yield opened


@pytest.fixture
async def bus(open_here: Open) -> AsyncIterator[Bus]:
    async with asyncio.timeout(60), open_here() as opened:
        yield opened


class Inbox:
    """Remembers what came, and lets a test wait for it."""

    def __init__(self, answer: Callable[[Delivery], Outcome] = lambda _: Done()) -> None:
        self.deliveries: list[Delivery] = []
        self._answer = answer
        self._came = asyncio.Condition()

    async def handle(self, delivery: Delivery) -> Outcome:
        async with self._came:
            self.deliveries.append(delivery)
            self._came.notify_all()
        return self._answer(delivery)

    async def listen(self, delivery: Delivery) -> None:
        await self.handle(delivery)

    async def holds(self, wanted: int) -> None:
        async with asyncio.timeout(20), self._came:
            await self._came.wait_for(lambda: len(self.deliveries) >= wanted)

    @property
    def bodies(self) -> list[bytes]:
        return [delivery.body for delivery in self.deliveries]


@asynccontextmanager
async def consuming(
    bus: Bus, queue: str, handle: Handler, *, prefetch: int = 64
) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bus.consume(queue, handle, stop, prefetch=prefetch))
        try:
            yield stop
        finally:
            stop.set()


async def publish_change(bus: Bus, body: bytes) -> None:
    await bus.publish(routing.GRAPH_CHANGES, routing.SYNC_CHANGES, body, within=20)


async def drained(bus: Bus, queue: str, wanted: int) -> list[Delivery]:
    inbox = Inbox()
    async with consuming(bus, queue, inbox.handle):
        await inbox.holds(wanted)
    return inbox.deliveries


async def test_a_confirmed_message_arrives_whole(bus: Bus) -> None:
    body = bytes(range(256)) * 1000
    await bus.publish(
        routing.GRAPH_CHANGES,
        routing.SYNC_CHANGES,
        body,
        headers={"traceparent": "00-ab"},
        within=20,
    )
    [delivery] = await drained(bus, routing.SYNC_CHANGES, 1)
    assert delivery == Delivery(body, routing.SYNC_CHANGES, {"traceparent": "00-ab"}, 1)


async def test_a_message_no_queue_takes_is_not_confirmed(bus: Bus) -> None:
    await publish_change(bus, b"connected")
    with pytest.raises(NotConfirmed) as caught:
        await bus.publish(routing.GRAPH_CHANGES, "nobody", b"{}")
    assert caught.value.cause == "unroutable"


async def test_a_full_queue_refuses_and_loses_nothing(bus: Bus) -> None:
    confirmed: list[bytes] = []
    refusals: list[str] = []
    for number in range(200):
        body = str(number).encode()
        try:
            await bus.publish(TINY, TINY, body, within=20)
        except NotConfirmed as error:
            refusals.append(error.cause)
        else:
            confirmed.append(body)
    assert len(refusals) > 100
    assert set(refusals) == {"refused"}
    assert len(confirmed) >= HELD_BY_TINY
    deliveries = await drained(bus, TINY, len(confirmed))
    assert {delivery.body for delivery in deliveries} >= set(confirmed)


async def test_one_publishers_messages_come_in_order(bus: Bus) -> None:
    sent = [str(number).encode() for number in range(200)]
    for body in sent:
        await publish_change(bus, body)
    inbox = Inbox()
    async with consuming(bus, routing.SYNC_CHANGES, inbox.handle, prefetch=1):
        await inbox.holds(len(sent))
    assert inbox.bodies == sent


async def test_done_forgets_the_message(bus: Bus) -> None:
    await publish_change(bus, b"once")
    await drained(bus, routing.SYNC_CHANGES, 1)
    await publish_change(bus, b"next")
    assert [each.body for each in await drained(bus, routing.SYNC_CHANGES, 1)] == [b"next"]


async def test_later_pauses_the_consumer_and_counts_no_attempt(bus: Bus) -> None:
    answers: list[Outcome] = [Later(0.05)] * 10
    inbox = Inbox(lambda _: answers.pop() if answers else Done())
    await publish_change(bus, b"patience")
    async with consuming(bus, routing.SYNC_CHANGES, inbox.handle):
        await inbox.holds(11)
    assert {delivery.attempts for delivery in inbox.deliveries} == {1}


async def test_a_message_held_for_later_is_given_back_at_the_stop(bus: Bus) -> None:
    inbox = Inbox(lambda _: Later(3600))
    await publish_change(bus, b"kept")
    async with consuming(bus, routing.SYNC_CHANGES, inbox.handle):
        await inbox.holds(1)
    assert [each.body for each in await drained(bus, routing.SYNC_CHANGES, 1)] == [b"kept"]


async def test_a_dead_message_is_kept_with_its_reason(bus: Bus) -> None:
    inbox = Inbox(lambda _: Dead("undecodable"))
    await publish_change(bus, b"\xff")
    async with consuming(bus, routing.SYNC_CHANGES, inbox.handle):
        [dead] = await drained(bus, routing.DEAD_LETTERS, 1)
    assert dead.body == b"\xff"
    assert dead.headers["x-reason"] == "undecodable"
    assert dead.headers["x-queue"] == routing.SYNC_CHANGES
    assert dead.headers["x-exchange"] == routing.GRAPH_CHANGES


async def test_a_poison_message_dies_after_five_attempts_and_its_neighbours_live(bus: Bus) -> None:
    good = [str(number).encode() for number in range(100)]
    attempts: list[int] = []
    handled: set[bytes] = set()
    finished = asyncio.Event()

    async def handle(delivery: Delivery) -> Outcome:
        if delivery.body == b"poison":
            attempts.append(delivery.attempts)
            raise ValueError("secret text of the message")
        handled.add(delivery.body)
        if len(handled) == len(good):
            finished.set()
        return Done()

    for body in [*good[:50], b"poison", *good[50:]]:
        await publish_change(bus, body)
    async with consuming(bus, routing.SYNC_CHANGES, handle, prefetch=10):
        [dead] = await drained(bus, routing.DEAD_LETTERS, 1)
        async with asyncio.timeout(20):
            await finished.wait()
    assert attempts == [1, 2, 3, 4, 5]
    assert dead.headers["x-reason"] == "ValueError in attempt 5"
    assert "secret" not in str(dead.headers)


async def test_stopping_finishes_what_runs_and_begins_nothing_new(bus: Bus) -> None:
    begun = asyncio.Event()
    go_on = asyncio.Event()
    finished: list[bytes] = []

    async def handle(delivery: Delivery) -> Outcome:
        begun.set()
        await go_on.wait()
        finished.append(delivery.body)
        return Done()

    for body in (b"1", b"2", b"3"):
        await publish_change(bus, body)
    stop = asyncio.Event()
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        consumer = tasks.create_task(bus.consume(routing.SYNC_CHANGES, handle, stop, prefetch=1))
        await begun.wait()
        stop.set()
        done, _ = await asyncio.wait({consumer}, timeout=0.3)
        assert not done
        go_on.set()
    assert finished == [b"1"]
    rest = await drained(bus, routing.SYNC_CHANGES, 2)
    assert sorted(each.body for each in rest) == [b"2", b"3"]


async def test_handlers_run_concurrently_up_to_the_prefetch(bus: Bus) -> None:
    running = 0
    most = 0
    release = asyncio.Event()
    full = asyncio.Event()

    async def handle(_: Delivery) -> Outcome:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == 4:
            full.set()
        await release.wait()
        running -= 1
        return Done()

    for number in range(12):
        await publish_change(bus, str(number).encode())
    async with consuming(bus, routing.SYNC_CHANGES, handle, prefetch=4), asyncio.timeout(20):
        await full.wait()
        release.set()
    assert most == 4


async def test_two_consumers_share_a_queue_without_doubling(bus: Bus) -> None:
    inbox = Inbox()
    async with (
        consuming(bus, routing.SYNC_CHANGES, inbox.handle, prefetch=5),
        consuming(bus, routing.SYNC_CHANGES, inbox.handle, prefetch=5),
    ):
        for number in range(100):
            await publish_change(bus, str(number).encode())
        await inbox.holds(100)
    assert sorted(map(int, inbox.bodies)) == list(range(100))


async def follow_from_now_on(
    bus: Bus, tasks: asyncio.TaskGroup, inbox: Inbox, stop: asyncio.Event, max_length: int
) -> None:
    """Start a follower of `booking.*` and return once it is bound."""
    tasks.create_task(
        bus.follow(routing.EVENTS, ["booking.*"], inbox.listen, stop, max_length=max_length)
    )
    async with asyncio.timeout(20):
        while not inbox.deliveries:
            await bus.publish(routing.EVENTS, "booking.bound", b"?", within=20)
    while inbox.bodies[-1] != b"!":
        await bus.publish(routing.EVENTS, "booking.bound", b"!", within=20)
        await inbox.holds(len(inbox.deliveries) + 1)
    inbox.deliveries.clear()


async def test_a_follower_gets_what_its_patterns_match(bus: Bus) -> None:
    inbox = Inbox()
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        await follow_from_now_on(bus, tasks, inbox, stop, 1000)
        await bus.publish(routing.EVENTS, "room.synced", b"other")
        await bus.publish(routing.EVENTS, "booking.confirmed", b"mine")
        await inbox.holds(1)
        stop.set()
    assert b"other" not in inbox.bodies
    assert inbox.bodies[-1] == b"mine"


async def test_a_follower_too_slow_loses_the_oldest(bus: Bus) -> None:
    inbox = Inbox()
    blocked = asyncio.Event()
    release = asyncio.Event()
    seen: list[int] = []
    last = asyncio.Event()
    total = 1000

    async def listen(delivery: Delivery) -> None:
        if delivery.body == b"?":
            await inbox.listen(delivery)
            return
        blocked.set()
        await release.wait()
        seen.append(int(delivery.body))
        if seen[-1] == total - 1:
            last.set()

    stop = asyncio.Event()
    async with asyncio.timeout(40), asyncio.TaskGroup() as tasks:
        tasks.create_task(bus.follow(routing.EVENTS, ["#"], listen, stop, max_length=10))
        while not inbox.deliveries:
            await bus.publish(routing.EVENTS, "booking.bound", b"?", within=20)
        await bus.publish(routing.EVENTS, "booking.confirmed", b"0")
        await blocked.wait()
        for number in range(1, total):
            await bus.publish(routing.EVENTS, "booking.confirmed", str(number).encode())
        release.set()
        await last.wait()
        stop.set()
    assert seen == sorted(seen)
    assert seen[-10:] == list(range(total - 10, total))
    # What was on its way to the handler, and the ten that are kept.
    assert len(seen) < 300


async def test_an_event_nobody_follows_waits_among_the_unclaimed(bus: Bus) -> None:
    await bus.publish(routing.EVENTS, "booking.confirmed", b"{}", within=20)
    [unclaimed] = await drained(bus, routing.UNCLAIMED, 1)
    assert unclaimed.routing_key == "booking.confirmed"


async def test_what_waits_at_one_moment_travels_as_one_message(bus: Bus) -> None:
    sent: list[bytes] = []

    async def send(body: bytes) -> None:
        sent.append(body)
        await publish_change(bus, body)

    coalescer = Coalescer(send, b",".join, within=20)
    async with asyncio.TaskGroup() as callers:
        for number in range(300):
            callers.create_task(coalescer.add([str(number).encode()]))
    assert len(sent) <= 3
    deliveries = await drained(bus, routing.SYNC_CHANGES, len(sent))
    arrived = [item for each in deliveries for item in each.body.split(b",")]
    assert sorted(map(int, arrived)) == list(range(300))


async def test_it_says_whether_it_is_connected(open_here: Open) -> None:
    async with asyncio.timeout(30), open_here() as bus:
        await publish_change(bus, b"{}")
        inbox = Inbox()
        async with consuming(bus, routing.SYNC_CHANGES, inbox.handle):
            await inbox.holds(1)
            assert bus.connected()

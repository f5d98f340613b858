"""What only a real broker can do to us: die, restart, run out of memory, go silent, lose a binding."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

import aiormq
import pytest

from contracts import routing
from eventbus import (
    TOPOLOGY,
    Bus,
    Delivery,
    Done,
    NotConfirmed,
    Outcome,
    Queue,
    Topology,
    open_bus,
)


class RabbitMQ(Protocol):
    """What these tests need of the session's broker."""

    @property
    def pid(self) -> int: ...
    def kill(self) -> None: ...
    def restart(self) -> None: ...
    def control(self, *arguments: str) -> object: ...


@asynccontextmanager
async def raw_channel(url: str) -> AsyncIterator[aiormq.abc.AbstractChannel]:
    async with aiormq.connect(url) as connection:
        yield await connection.channel()


async def publish_until_confirmed(bus: Bus, body: bytes) -> int:
    """Return how many attempts it took."""
    attempts = 0
    while True:
        attempts += 1
        try:
            await bus.publish(routing.GRAPH_CHANGES, routing.SYNC_CHANGES, body)
        except NotConfirmed:
            continue
        return attempts


@pytest.mark.parametrize("queue", TOPOLOGY.queues, ids=lambda queue: queue.name)
async def test_every_argument_is_declared_and_held_by_the_broker(
    amqp_url: str, queue: Queue
) -> None:
    async with asyncio.timeout(60):
        async with open_bus(amqp_url) as bus:
            await publish_until_confirmed(bus, b"{}")
        arguments = queue.arguments()
        async with raw_channel(amqp_url) as channel:
            await channel.queue_declare(queue.name, durable=True, arguments={**arguments})
        for name, value in arguments.items():
            other = value + 1 if isinstance(value, int) else f"{value}-other"
            async with aiormq.connect(amqp_url) as connection:
                channel = await connection.channel()
                with pytest.raises(aiormq.ChannelPreconditionFailed):
                    await channel.queue_declare(
                        queue.name, durable=True, arguments={**arguments, name: other}
                    )


async def test_a_killed_broker_loses_nothing_it_confirmed_and_consumers_come_back(
    amqp_url: str, rabbitmq_server: RabbitMQ
) -> None:
    received: set[bytes] = set()
    confirmed: set[bytes] = set()
    changed = asyncio.Event()
    retries = 0
    running = True

    async def handle(delivery: Delivery) -> Outcome:
        received.add(delivery.body)
        changed.set()
        return Done()

    async def publish_steadily(bus: Bus, publisher: int) -> None:
        nonlocal retries
        number = 0
        while running:
            body = f"{publisher}/{number}".encode()
            retries += await publish_until_confirmed(bus, body) - 1
            confirmed.add(body)
            changed.set()
            number += 1

    async def until(holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not holds():
                changed.clear()
                await changed.wait()

    async def grows(what: set[bytes], by: int) -> None:
        wanted = len(what) + by
        await until(lambda: len(what) >= wanted)

    async with asyncio.timeout(180), open_bus(amqp_url) as bus:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bus.consume(routing.SYNC_CHANGES, handle, stop))
            publishers = [tasks.create_task(publish_steadily(bus, n)) for n in range(16)]
            await grows(received, 500)
            for _ in range(2):
                before = rabbitmq_server.pid
                await asyncio.to_thread(rabbitmq_server.restart)
                assert rabbitmq_server.pid != before
                await grows(confirmed, 500)
                await grows(received, 500)
            running = False
            await asyncio.wait(publishers)
            await until(lambda: confirmed <= received)
            stop.set()
    assert retries > 0, "no publish ever failed: the broker was not killed under load"
    assert received >= confirmed


async def test_the_bus_opens_while_the_broker_is_away_and_connects_when_it_comes(
    amqp_url: str, rabbitmq_server: RabbitMQ
) -> None:
    async with asyncio.timeout(120):
        await asyncio.to_thread(rabbitmq_server.kill)
        async with open_bus(amqp_url) as bus:
            began = time.monotonic()
            with pytest.raises(NotConfirmed) as caught:
                await bus.publish(routing.GRAPH_CHANGES, routing.SYNC_CHANGES, b"{}", within=0.5)
            assert time.monotonic() - began < 1
            assert caught.value.cause == "away"
            assert not bus.connected()
            await asyncio.to_thread(rabbitmq_server.restart)
            assert await publish_until_confirmed(bus, b"{}") >= 1
            assert bus.connected()


async def test_a_memory_alarm_ends_publishing_in_time_and_consuming_goes_on(
    amqp_url: str, rabbitmq_server: RabbitMQ
) -> None:
    received: list[bytes] = []
    arrived = asyncio.Event()

    async def handle(delivery: Delivery) -> Outcome:
        received.append(delivery.body)
        if len(received) == 20:
            arrived.set()
        return Done()

    async with asyncio.timeout(120), open_bus(amqp_url) as bus:
        for number in range(20):
            await publish_until_confirmed(bus, str(number).encode())
        await asyncio.to_thread(rabbitmq_server.control, "set_vm_memory_high_watermark", "0.00001")
        try:
            causes = []
            for _ in range(3):
                began = time.monotonic()
                with suppress(NotConfirmed):
                    while True:  # until the alarm has reached our connection
                        began = time.monotonic()
                        await bus.publish(
                            routing.GRAPH_LIFECYCLE,
                            routing.SUBSCRIPTIONS_LIFECYCLE,
                            b"{}",
                            within=0.5,
                        )
                causes.append(time.monotonic() - began)
            assert max(causes) < 1
            stop = asyncio.Event()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(bus.consume(routing.SYNC_CHANGES, handle, stop))
                await arrived.wait()
                stop.set()
        finally:
            await asyncio.to_thread(rabbitmq_server.control, "set_vm_memory_high_watermark", "0.4")
        await publish_until_confirmed(bus, b"over")
    assert sorted(map(int, received)) == list(range(20))


async def test_a_binding_that_is_gone_makes_publishing_fail_and_a_reconnect_mends_it(
    amqp_url: str,
) -> None:
    async with asyncio.timeout(60):
        async with open_bus(amqp_url) as bus:
            await publish_until_confirmed(bus, b"{}")
            async with raw_channel(amqp_url) as channel:
                await channel.queue_unbind(
                    routing.SYNC_CHANGES, routing.GRAPH_CHANGES, routing.SYNC_CHANGES
                )
            with pytest.raises(NotConfirmed) as caught:
                await bus.publish(routing.GRAPH_CHANGES, routing.SYNC_CHANGES, b"{}")
            assert caught.value.cause == "unroutable"
        async with open_bus(amqp_url) as bus:
            await publish_until_confirmed(bus, b"{}")


async def test_a_deleted_queue_brings_its_consumer_back(amqp_url: str) -> None:
    received: asyncio.Queue[bytes] = asyncio.Queue()

    async def handle(delivery: Delivery) -> Outcome:
        received.put_nowait(delivery.body)
        return Done()

    async with asyncio.timeout(60), open_bus(amqp_url) as bus:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bus.consume(routing.SYNC_CHANGES, handle, stop))
            await publish_until_confirmed(bus, b"before")
            assert await received.get() == b"before"
            async with raw_channel(amqp_url) as channel:
                await channel.queue_delete(routing.SYNC_CHANGES)
            await publish_until_confirmed(bus, b"after")
            assert await received.get() == b"after"
            stop.set()


async def test_a_queue_declared_otherwise_is_refused_and_nothing_is_published(
    amqp_url: str,
) -> None:
    async with asyncio.timeout(60):
        async with raw_channel(amqp_url) as channel:
            await channel.queue_declare(
                routing.SYNC_CHANGES, durable=True, arguments={"x-queue-type": "classic"}
            )
        async with open_bus(amqp_url) as bus:
            with pytest.raises(NotConfirmed) as caught:
                await bus.publish(routing.GRAPH_CHANGES, routing.SYNC_CHANGES, b"{}", within=1)
            assert caught.value.cause == "away"
            assert not bus.connected()


async def test_a_message_that_kills_its_consumer_is_dead_lettered_by_the_broker(
    amqp_url: str,
) -> None:
    limited = Topology(
        TOPOLOGY.exchanges,
        tuple(
            Queue(each.name, each.exchange, each.binding, delivery_limit=2)
            if each.name == routing.SYNC_CHANGES
            else each
            for each in TOPOLOGY.queues
        ),
    )
    dead: asyncio.Queue[Delivery] = asyncio.Queue()

    async def bury(delivery: Delivery) -> Outcome:
        dead.put_nowait(delivery)
        return Done()

    async with asyncio.timeout(60), open_bus(amqp_url, topology=limited) as bus:
        await publish_until_confirmed(bus, b"killer")
        for _ in range(3):  # each time the consumer goes without a word
            async with raw_channel(amqp_url) as channel:
                taken = await channel.basic_get(routing.SYNC_CHANGES)
                while taken.delivery_tag is None:
                    taken = await channel.basic_get(routing.SYNC_CHANGES)
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bus.consume(routing.DEAD_LETTERS, bury, stop))
            assert (await dead.get()).body == b"killer"
            stop.set()


class SilentProxy:
    """Passes bytes on until told to hold its tongue; the sockets stay open: a half-open link."""

    def __init__(self, host: str, port: int) -> None:
        self._broker = (host, port)
        self._speaks = asyncio.Event()
        self._speaks.set()
        self._writers: list[asyncio.StreamWriter] = []
        self.connections = 0

    def silence(self) -> None:
        self._speaks.clear()

    def speak(self) -> None:
        self._speaks = asyncio.Event()  # what was silenced stays silent
        self._speaks.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        speaks = self._speaks
        there, back = await asyncio.open_connection(*self._broker)
        self._writers += [writer, back]
        with suppress(OSError):
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._pass(reader, back, speaks))
                ways.create_task(self._pass(there, writer, speaks))

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, speaks: asyncio.Event
    ) -> None:
        while data := await reader.read(65536):
            await speaks.wait()
            writer.write(data)
            await writer.drain()
        writer.close()

    def hang_up(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


async def test_a_half_open_link_is_found_out_and_replaced(amqp_url: str) -> None:
    parts = urlsplit(amqp_url)
    assert parts.hostname
    assert parts.port
    proxy = SilentProxy(parts.hostname, parts.port)
    async with asyncio.timeout(60):
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        account = parts.netloc.rpartition("@")[0]
        through = urlunsplit(parts._replace(netloc=f"{account}@127.0.0.1:{port}"))
        async with open_bus(through) as bus:
            await publish_until_confirmed(bus, b"{}")
            before = proxy.connections
            proxy.silence()
            began = time.monotonic()
            with pytest.raises(NotConfirmed) as caught:
                await bus.publish(routing.GRAPH_CHANGES, routing.SYNC_CHANGES, b"{}", within=0.5)
            assert time.monotonic() - began < 1
            assert caught.value.cause == "late"
            proxy.speak()
            await publish_until_confirmed(bus, b"{}")
            assert proxy.connections > before
        proxy.hang_up()
        server.close()
        await server.wait_closed()

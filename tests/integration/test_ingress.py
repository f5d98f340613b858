"""The ingress on a real broker: what it answers while the broker is away, blocked, full or wrongly bound."""

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import aiohttp
import aiormq
from aiohttp import web

from contracts import routing
from contracts.hints import decode_changes
from eventbus import TOPOLOGY, Topology, open_bus
from servicekit.http import serve_http
from webhook_ingress.app import add_ingress

from ..unit.webhook_ingress.outbox import KEYS, change, clock, delivery, lifecycle


class Broker(Protocol):
    """What these tests need of the session's broker."""

    def kill(self) -> None: ...
    def restart(self) -> None: ...
    def control(self, *arguments: str) -> object: ...


class Door:
    """The ingress on loopback; remembers how long the slowest answer took."""

    def __init__(self, session: aiohttp.ClientSession, origin: str) -> None:
        self._session = session
        self._origin = origin
        self.slowest = 0.0

    async def post(self, body: bytes) -> int:
        began = time.monotonic()
        async with self._session.post(self._origin + "/graph/notifications", data=body) as answer:
            self.slowest = max(self.slowest, time.monotonic() - began)
            return answer.status

    async def validates(self) -> bool:
        token = {"validationToken": "a b"}
        async with self._session.post(self._origin + "/graph/lifecycle", params=token) as answer:
            return (answer.status, await answer.read()) == (200, b"a b")

    async def until(self, status: int) -> None:
        """Post until this is the answer."""
        async with asyncio.timeout(60):
            while True:
                if await self.post(delivery(change("PROBE"))) == status:
                    return
                await asyncio.sleep(0.05)  # the broker tells nobody when it is back


@asynccontextmanager
async def open_door(url: str, topology: Topology = TOPOLOGY) -> AsyncIterator[Door]:
    app = web.Application()
    async with open_bus(url, topology=topology) as bus:
        add_ingress(app, bus, lambda: KEYS, clock)
        async with (
            serve_http(app, "127.0.0.1:0") as (_, port),
            aiohttp.ClientSession() as session,
        ):
            yield Door(session, f"http://127.0.0.1:{port}")


async def events(url: str) -> list[str]:
    """The event ids in `sync.changes`, taken out."""
    found: list[str] = []
    async with aiormq.connect(url) as connection:
        channel = await connection.channel()
        while body := (await channel.basic_get(routing.SYNC_CHANGES, no_ack=True)).body:
            found += [hint.event for hint in decode_changes(body)]
    return found


async def test_accepted_items_are_in_their_queues_and_few_messages_carry_many(
    amqp_url: str,
) -> None:
    async with open_door(amqp_url) as door:
        await door.until(202)
        await events(amqp_url)
        async with asyncio.TaskGroup() as tasks:
            answers = [
                tasks.create_task(door.post(delivery(change(f"E{n}"), lifecycle())))
                for n in range(100)
            ]
        assert {answer.result() for answer in answers} == {202}
    async with aiormq.connect(amqp_url) as connection:
        channel = await connection.channel()
        counts = {
            queue: (await channel.queue_declare(queue, passive=True)).message_count or 0
            for queue in (routing.SYNC_CHANGES, routing.SUBSCRIPTIONS_LIFECYCLE)
        }
    assert all(1 <= count < 60 for count in counts.values()), counts
    assert sorted(await events(amqp_url)) == sorted(f"E{n}" for n in range(100))


async def test_while_the_broker_is_away_deliveries_get_503_in_time_and_validation_works(
    amqp_url: str, rabbitmq_server: Broker
) -> None:
    async with open_door(amqp_url) as door:
        await door.until(202)
        await asyncio.to_thread(rabbitmq_server.kill)
        try:
            door.slowest = 0.0
            async with asyncio.TaskGroup() as tasks:
                answers = [
                    tasks.create_task(door.post(delivery(change("LOST")))) for _ in range(50)
                ]
            assert {answer.result() for answer in answers} == {503}
            assert await door.validates()
            assert door.slowest < 2.5
        finally:
            await asyncio.to_thread(rabbitmq_server.restart)
        await door.until(202)


async def test_while_the_broker_blocks_publishers_deliveries_get_503_in_time(
    amqp_url: str, rabbitmq_server: Broker
) -> None:
    async with open_door(amqp_url) as door:
        await door.until(202)
        await asyncio.to_thread(rabbitmq_server.control, "set_vm_memory_high_watermark", "0.00001")
        try:
            door.slowest = 0.0
            await door.until(503)
            async with asyncio.TaskGroup() as tasks:
                answers = [tasks.create_task(door.post(delivery(change()))) for _ in range(20)]
            assert {answer.result() for answer in answers} == {503}
            assert await door.validates()
            assert door.slowest < 2.5
        finally:
            await asyncio.to_thread(rabbitmq_server.control, "set_vm_memory_high_watermark", "0.4")
        await door.until(202)


async def test_a_full_queue_gets_503_and_nothing_old_is_dropped(amqp_url: str) -> None:
    queues = tuple(
        dataclasses.replace(queue, max_length=5) if queue.name == routing.SYNC_CHANGES else queue
        for queue in TOPOLOGY.queues
    )
    small = dataclasses.replace(TOPOLOGY, queues=queues)
    async with open_door(amqp_url, small) as door:
        await door.until(202)
        accepted = ["PROBE"]
        for number in range(50):
            status = await door.post(delivery(change(f"E{number}")))
            assert status in {202, 503}
            if status == 503:
                break
            accepted.append(f"E{number}")
        else:
            raise AssertionError("the queue never became full")
        assert await door.post(delivery(lifecycle())) == 202  # the other queue has room
        held = await events(amqp_url)
        assert set(accepted) <= set(held)
        await door.until(202)


async def test_a_missing_binding_gets_503(amqp_url: str) -> None:
    async with open_door(amqp_url) as door:
        await door.until(202)
        async with aiormq.connect(amqp_url) as connection:
            channel = await connection.channel()
            await channel.queue_unbind(
                routing.SYNC_CHANGES, routing.GRAPH_CHANGES, routing.SYNC_CHANGES
            )
            assert await door.post(delivery(change())) == 503
            await channel.queue_bind(
                routing.SYNC_CHANGES, routing.GRAPH_CHANGES, routing.SYNC_CHANGES
            )
        await door.until(202)

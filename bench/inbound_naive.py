"""What `inbound` compares the worker with: `python -m bench.inbound_naive`, an Assignment as JSON on standard input.

Per change one GET, one upsert, one confirmed publish, on the worker's own libraries and event loop: no hints, leases, epochs,
versions, order, retries or isolation.
"""

import asyncio
import ssl
import sys
import time

import aio_pika
import aiohttp
import asyncpg
import msgspec
import uvloop

_QUEUE = "bench.naive"


class Change(msgspec.Struct):
    """Where the event is."""

    room: str
    event: str


class Assignment(msgspec.Struct):
    """What is to be read, how fast, and with what."""

    graph: str
    ca: str
    token: str
    select: str
    database: str
    broker: str
    rate: float
    changes: list[Change]


class Figures(msgspec.Struct):
    """CPU milliseconds per change, and milliseconds from its turn to its confirm."""

    cpu: float
    p50: float
    p99: float


async def _run(given: Assignment) -> Figures:
    tls = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=given.ca))
    headers = {"Authorization": f"Bearer {given.token}", "Prefer": 'IdType="ImmutableId"'}
    async with (
        aiohttp.ClientSession(connector=tls, headers=headers) as graph,
        asyncpg.create_pool(given.database, min_size=4, max_size=16) as database,
        await aio_pika.connect_robust(given.broker) as broker,
    ):
        await database.execute(
            "create table if not exists naive (id text primary key, event jsonb)"
        )
        channel = await broker.channel()
        await channel.declare_queue(_QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        exchange = channel.default_exchange
        delays: list[float] = []

        async def follow(change: Change, due: float) -> None:
            url = f"{given.graph}/users/{change.room}/events/{change.event}"
            async with graph.get(url, params={"$select": given.select}) as answer:
                body = await answer.read()
            event = msgspec.json.decode(body)
            await database.execute(
                "insert into naive values ($1, $2) on conflict (id) do update set event = excluded.event",
                event["id"],
                body.decode(),
            )
            message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
            await exchange.publish(message, _QUEUE)
            delays.append(time.perf_counter() - due)

        for change in given.changes[:20]:  # warm: connections, prepared statements
            await follow(change, 0.0)
        delays.clear()
        began, used = time.perf_counter(), time.process_time()
        async with asyncio.TaskGroup() as tasks:
            for number, change in enumerate(given.changes):
                due = began + number / given.rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                tasks.create_task(follow(change, due))
        used = time.process_time() - used
    delays.sort()
    return Figures(
        cpu=1000 * used / len(delays),
        p50=1000 * delays[len(delays) // 2],
        p99=1000 * delays[int(len(delays) * 0.99)],
    )


if __name__ == "__main__":
    assignment = msgspec.json.decode(sys.stdin.buffer.read(), type=Assignment)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.buffer.write(msgspec.json.encode(runner.run(_run(assignment))))

"""The bus on queue tables: the same contract, for one Postgres instead of a broker."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Final

import asyncpg
import structlog

from eventbus import metrics
from eventbus.bus import Bus, Handler, Listener, NotConfirmed, Reconnected
from eventbus.topology import TOPOLOGY, Topology

from .bells import Bells
from .consumer import Consumer
from .follower import Follower
from .lengths import Lengths
from .routes import alternate_queues, static_queues
from .store import Away, Store, connect

log = structlog.get_logger()

TIDY_SECONDS: Final = 5.0


@asynccontextmanager
async def open_postgres_bus(
    dsn: str, *, topology: Topology = TOPOLOGY, most: int = 8, tidy_seconds: float = TIDY_SECONDS
) -> AsyncIterator[Bus]:
    """The bus on queue tables, over a pool of its own that runs as `clearooms_bus`.

    SCHEMA must have been run. Opens although the server is away, and keeps trying for ever.
    """

    async def connect_here(*_: object, **options: object) -> "asyncpg.Connection[asyncpg.Record]":
        return await connect(dsn, **options)

    bells = Bells(dsn)
    async with (
        asyncpg.create_pool(
            dsn, min_size=0, max_size=most, connect=connect_here, reset=_nothing_to_reset
        ) as pool,
        asyncio.TaskGroup() as loops,
    ):
        store = Store(pool)
        listening = loops.create_task(bells.keep())
        tidying = loops.create_task(_tidy(store, topology, tidy_seconds))
        try:
            yield _PostgresBus(store, bells, topology)
        finally:
            listening.cancel()
            tidying.cancel()


async def _nothing_to_reset(_: object) -> None:
    return None


async def _tidy(store: Store, topology: Topology, seconds: float) -> None:
    bounded = {queue.name: queue.max_length for queue in topology.queues if not queue.keeps}
    while True:
        await asyncio.sleep(seconds)
        try:
            await store.tidy(bounded)
            lengths = await store.lengths()
        except Away as error:
            log.warning("bus_away", reason=str(error))
            continue
        for queue in topology.queues:
            metrics.queue_messages.labels(queue.name).set(lengths.get(queue.name, 0))


class _PostgresBus:
    def __init__(self, store: Store, bells: Bells, topology: Topology) -> None:
        self._store = store
        self._bells = bells
        self._topology = topology
        self._lengths = Lengths(store, topology)

    async def publish(
        self,
        exchange: str,
        routing_key: str,
        body: bytes,
        *,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        within: float = 2.0,
    ) -> None:
        started = perf_counter()
        try:
            async with asyncio.timeout(within):
                await self._publish(exchange, routing_key, body, content_type, headers or {})
        except NotConfirmed as error:
            metrics.published.labels(exchange, error.cause).inc()
            raise
        except TimeoutError as error:
            metrics.published.labels(exchange, "late").inc()
            raise NotConfirmed("late", f"no commit within {within:g} s") from error
        except Away as error:
            metrics.published.labels(exchange, "away").inc()
            raise NotConfirmed("away", str(error)) from error
        metrics.published.labels(exchange, "confirmed").inc()
        metrics.confirm_seconds.labels(exchange).observe(perf_counter() - started)

    async def consume(
        self, queue: str, handle: Handler, stop: asyncio.Event, *, prefetch: int = 64
    ) -> None:
        await Consumer(self._store, self._bells, queue, handle, prefetch).run(stop)

    async def follow(
        self,
        exchange: str,
        patterns: Sequence[str],
        handle: Listener,
        stop: asyncio.Event,
        *,
        max_length: int = 10_000,
        reconnected: Reconnected | None = None,
    ) -> None:
        follower = Follower(
            self._store, self._bells, exchange, patterns, handle, max_length, reconnected
        )
        await follower.run(stop)

    def connected(self) -> bool:
        return self._bells.connected

    async def _publish(
        self,
        exchange: str,
        routing_key: str,
        body: bytes,
        content_type: str,
        headers: Mapping[str, str],
    ) -> None:
        try:
            queues = static_queues(self._topology, exchange, routing_key)
            alternate = alternate_queues(self._topology, exchange, routing_key)
        except KeyError as error:
            raise NotConfirmed("unroutable", f"no exchange {exchange}") from error
        for queue in queues:
            if await self._lengths.full(queue):
                raise NotConfirmed("refused", f"{queue} is full")
        taken = await self._store.publish(
            exchange, routing_key, content_type, headers, body, queues, alternate
        )
        if not taken:
            raise NotConfirmed("unroutable", f"{exchange} {routing_key}")
        for queue in queues:
            self._lengths.added(queue)

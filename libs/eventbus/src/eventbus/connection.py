"""The RabbitMQ bus: one connection to publish on, one for each consumer and follower.

Apart, because the broker stops reading from connections that publish while it is short of memory or
disk, and consumers are to go on then.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from . import metrics
from .bus import Bus, Handler, Listener, Reconnected
from .consumer import Consumer
from .follower import Follower
from .link import Session, keep_link
from .publisher import Publisher
from .topology import TOPOLOGY, Topology


@asynccontextmanager
async def open_bus(url: str, *, topology: Topology = TOPOLOGY) -> AsyncIterator[Bus]:
    """The bus on RabbitMQ. Opens although the broker is away, and keeps connecting for ever.

    The topology is declared with each connection. Consumers must have been stopped before it closes.
    """
    # The client logs each lost connection several times with tracebacks; link.py says it once.
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    publisher = Publisher(topology)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as links:
        links.create_task(
            keep_link(url, "publish", lambda session: publisher.session(session, stop), stop)
        )
        try:
            yield _RabbitBus(url, topology, publisher)
        finally:
            stop.set()


class _Attached(Protocol):
    attached: bool

    async def session(self, session: Session, stop: asyncio.Event) -> None: ...


class _RabbitBus:
    def __init__(self, url: str, topology: Topology, publisher: Publisher) -> None:
        self._url = url
        self._topology = topology
        self._publisher = publisher
        self._running: set[_Attached] = set()

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
        await self._publisher.publish(exchange, routing_key, body, content_type, headers, within)

    async def consume(
        self, queue: str, handle: Handler, stop: asyncio.Event, *, prefetch: int = 64
    ) -> None:
        consumer = Consumer(self._topology, self._publisher, queue, handle, prefetch)
        await self._run(consumer, f"consume {queue}", stop)

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
        follower = Follower(self._topology, exchange, patterns, handle, max_length, reconnected)
        await self._run(follower, f"follow {exchange}", stop)

    def connected(self) -> bool:
        return self._publisher.connected() and all(each.attached for each in self._running)

    async def _run(self, runner: _Attached, purpose: str, stop: asyncio.Event) -> None:
        async def use(session: Session) -> None:
            metrics.link_up.labels(purpose).set(1)
            try:
                await runner.session(session, stop)
            finally:
                metrics.link_up.labels(purpose).set(0)

        self._running.add(runner)
        try:
            await keep_link(self._url, purpose, use, stop)
        finally:
            self._running.discard(runner)

"""Publishing: mandatory, persistent, confirmed, each under a deadline."""

import asyncio
from collections.abc import Mapping
from time import perf_counter
from typing import Final

import aiormq
import structlog
from aiormq.exceptions import DeliveryError, PublishError
from pamqp.commands import Basic

from . import metrics
from .bus import NotConfirmed
from .declare import declare
from .link import LinkLost, Session, broker_call
from .topology import Topology

PROBE_SECONDS: Final = 10.0
PERSISTENT: Final = 2

log = structlog.get_logger()


class Publisher:
    """Publishes on one channel that raises on return; `session` is its life on one connection."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._channel: aiormq.Channel | None = None
        self._ready = asyncio.Event()
        self._doubt = asyncio.Event()

    def connected(self) -> bool:
        """Whether there is a channel to publish on."""
        return self._channel is not None

    async def session(self, session: Session, stop: asyncio.Event) -> None:
        """Declare the topology, publish until the link is lost or `stop` is set."""
        probes = await session.channel(confirms=False)
        await declare(probes, self._topology)
        self._channel = await session.channel(confirms=True)
        self._ready.set()
        self._doubt.clear()
        metrics.link_up.labels("publish").set(1)
        log.info("broker_publishing")
        try:
            async with asyncio.TaskGroup() as tasks:
                watch = tasks.create_task(self._watch(session, probes))
                await session.ended(stop)
                watch.cancel()
        finally:
            self._ready.clear()
            self._channel = None
            metrics.link_up.labels("publish").set(0)

    async def publish(
        self,
        exchange: str,
        routing_key: str,
        body: bytes,
        content_type: str,
        headers: Mapping[str, str] | None,
        within: float,
    ) -> None:
        """See Bus.publish."""
        started = perf_counter()
        properties = Basic.Properties(
            content_type=content_type,
            headers=dict(headers) if headers else None,
            delivery_mode=PERSISTENT,
        )
        try:
            async with broker_call(within):
                await self._send(exchange, routing_key, body, properties)
        except NotConfirmed as error:
            metrics.published.labels(exchange, error.cause).inc()
            raise
        except LinkLost as error:
            late = isinstance(error.__cause__, TimeoutError) and self._channel is not None
            failure = NotConfirmed("late" if late else "away", str(error))
            metrics.published.labels(exchange, failure.cause).inc()
            self._doubt.set()
            raise failure from error
        metrics.published.labels(exchange, "confirmed").inc()
        metrics.confirm_seconds.labels(exchange).observe(perf_counter() - started)

    async def _send(
        self, exchange: str, routing_key: str, body: bytes, properties: Basic.Properties
    ) -> None:
        channel = await self._open_channel()
        # Nothing is written to a broker that blocks publishers: it would arrive after our deadline.
        await channel.connection.ready()
        try:
            await channel.basic_publish(
                body,
                exchange=exchange,
                routing_key=routing_key,
                properties=properties,
                mandatory=True,
            )
        except PublishError as error:
            raise NotConfirmed("unroutable", f"{exchange} {routing_key}") from error
        except DeliveryError as error:
            raise NotConfirmed("refused", f"{exchange} {routing_key}") from error

    async def _open_channel(self) -> aiormq.Channel:
        """Wait for a channel. One that is known to be dead is nobody's failure yet: nothing was sent on it."""
        while (channel := self._channel) is None or channel.is_closed:
            self._ready.clear()
            await self._ready.wait()
        return channel

    async def _watch(self, session: Session, probes: aiormq.Channel) -> None:
        """Ask the broker for its queues now and then, and at once when a publish went unanswered."""
        while True:
            try:
                await self._probe(probes)
            except LinkLost as error:
                session.give_up(str(error))
                return
            try:
                async with asyncio.timeout(PROBE_SECONDS):
                    await self._doubt.wait()
            except TimeoutError:
                continue
            finally:
                self._doubt.clear()

    async def _probe(self, probes: aiormq.Channel) -> None:
        try:
            async with asyncio.timeout(0.05):
                await probes.connection.ready()
        except TimeoutError:
            # The broker reads nothing from a blocked connection, so it cannot be asked.
            metrics.blocked.set(1)
            return
        metrics.blocked.set(0)
        for queue in self._topology.queues:
            async with broker_call():
                found = await probes.queue_declare(queue.name, passive=True)
            metrics.queue_messages.labels(queue.name).set(found.message_count or 0)
            metrics.queue_consumers.labels(queue.name).set(found.consumer_count or 0)

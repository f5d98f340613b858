"""Consuming: prefetch, drain, and the single place that acks."""

import asyncio
from typing import Final

import aiormq
import structlog
from aiormq.abc import DeliveredMessage

from contracts.routing import DEAD_LETTERS

from . import metrics
from .bus import Delivery, Handler, NotConfirmed
from .declare import declare
from .link import LinkLost, Session, broker_call
from .publisher import Publisher
from .settlement import Gate, Unsettled, attend
from .topology import Topology

PROBE_SECONDS: Final = 5.0
BURY_SECONDS: Final = 5.0

log = structlog.get_logger()


class Consumer:
    """One consumer of one queue; `session` is its life on one connection."""

    def __init__(
        self,
        topology: Topology,
        publisher: Publisher,
        queue: str,
        handle: Handler,
        prefetch: int,
    ) -> None:
        self._topology = topology
        self._publisher = publisher
        self._queue = queue
        self._handle = handle
        self._prefetch = prefetch
        self._gate = Gate()
        self.attached = False

    async def session(self, session: Session, stop: asyncio.Event) -> None:
        """Consume until the link is lost or `stop` is set; handlers that run then are finished.

        They are finished on a lost link too, although the broker delivers their messages again: a
        handler is not to be cut off half-way because a socket broke.
        """
        probes = await session.channel(confirms=False)
        await declare(probes, self._topology)
        channel = await session.channel(confirms=False)
        ended = asyncio.Event()
        inbox: asyncio.Queue[DeliveredMessage | None] = asyncio.Queue()
        channel.on_consumer_cancel_callbacks.add(
            lambda _: session.give_up("the broker cancelled the consumer")
        )
        async with asyncio.TaskGroup() as tasks:
            watch = tasks.create_task(self._watch(session, probes))
            end = tasks.create_task(self._end(session, stop, ended, inbox))
            try:
                tag = await self._attach(channel, inbox)
                while (message := await inbox.get()) is not None:
                    tasks.create_task(self._attend(channel, message, ended))
                if stop.is_set() and not session.lost.is_set():
                    await self._detach(channel, tag)
            except LinkLost as error:
                session.give_up(str(error))
            finally:
                self.attached = False
                ended.set()
                watch.cancel()
                end.cancel()

    async def _attach(
        self, channel: aiormq.Channel, inbox: "asyncio.Queue[DeliveredMessage | None]"
    ) -> str:
        async with broker_call():
            await channel.basic_qos(prefetch_count=self._prefetch)
            answer = await channel.basic_consume(self._queue, inbox.put)
        self.attached = True
        log.info("broker_consuming", queue=self._queue)
        return answer.consumer_tag or ""

    async def _detach(self, channel: aiormq.Channel, tag: str) -> None:
        async with broker_call():
            await channel.basic_cancel(tag)

    async def _end(
        self,
        session: Session,
        stop: asyncio.Event,
        ended: asyncio.Event,
        inbox: "asyncio.Queue[DeliveredMessage | None]",
    ) -> None:
        await session.ended(stop)
        ended.set()
        inbox.put_nowait(None)

    async def _attend(
        self, channel: aiormq.Channel, message: DeliveredMessage, ended: asyncio.Event
    ) -> None:
        delivery = _delivery(message)
        settlement = _Receipt(channel, self._publisher, self._queue, message, delivery)
        await attend(self._queue, delivery, self._handle, settlement, self._gate, ended)

    async def _watch(self, session: Session, probes: aiormq.Channel) -> None:
        """The broker must know of a consumer on our queue, and answer."""
        while True:
            await asyncio.sleep(PROBE_SECONDS)
            try:
                async with broker_call():
                    found = await probes.queue_declare(self._queue, passive=True)
            except LinkLost as error:
                session.give_up(str(error))
                return
            metrics.queue_consumers.labels(self._queue).set(found.consumer_count or 0)
            metrics.queue_messages.labels(self._queue).set(found.message_count or 0)
            if self.attached and not found.consumer_count:
                session.give_up("no consumer on the queue")
                return


class _Receipt:
    """Settles one delivery with the broker."""

    def __init__(
        self,
        channel: aiormq.Channel,
        publisher: Publisher,
        queue: str,
        message: DeliveredMessage,
        delivery: Delivery,
    ) -> None:
        self._channel = channel
        self._publisher = publisher
        self._queue = queue
        self._message = message
        self._delivery = delivery
        self._tag = message.delivery_tag or 0

    async def done(self) -> None:
        try:
            async with broker_call():
                await self._channel.basic_ack(self._tag, wait=False)
        except LinkLost as error:
            raise Unsettled(str(error)) from error

    async def again(self) -> None:
        try:
            async with broker_call():
                # Not nack: since RabbitMQ 4.3 only reject counts towards the delivery limit.
                await self._channel.basic_reject(self._tag, requeue=True, wait=False)
        except LinkLost as error:
            raise Unsettled(str(error)) from error

    async def dead(self, reason: str) -> None:
        headers = {
            **self._delivery.headers,
            "x-reason": reason,
            "x-queue": self._queue,
            "x-exchange": self._message.exchange or "",
            "x-routing-key": self._delivery.routing_key,
            "x-attempts": str(self._delivery.attempts),
        }
        try:
            # Confirmed there before it is forgotten here: a crash in between doubles, never loses.
            await self._publisher.publish(
                DEAD_LETTERS,
                self._delivery.routing_key,
                self._delivery.body,
                self._message.header.properties.content_type or "application/octet-stream",
                headers,
                BURY_SECONDS,
            )
        except NotConfirmed as error:
            await self.again()
            raise Unsettled(str(error)) from error
        await self.done()


def _delivery(message: DeliveredMessage) -> Delivery:
    properties = message.header.properties
    headers = properties.headers or {}
    count = headers.get("x-delivery-count", 0)
    return Delivery(
        body=message.body,
        routing_key=message.routing_key or "",
        headers={name: value for name, value in headers.items() if isinstance(value, str)},
        attempts=(count if isinstance(count, int) else 0) + 1,
    )

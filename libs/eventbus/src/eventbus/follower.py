"""Following: an own, exclusive, bounded queue that forgets its oldest."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import aiormq
import structlog
from aiormq.abc import DeliveredMessage

from . import metrics
from .bus import Delivery, Listener, Reconnected
from .declare import declare
from .link import LinkLost, Session, broker_call
from .settlement import failure_of
from .topology import Topology

PREFETCH: Final = 200
PROBE_SECONDS: Final = 5.0

log = structlog.get_logger()


class Follower:
    """One follower of one exchange; `session` is its life on one connection."""

    def __init__(
        self,
        topology: Topology,
        exchange: str,
        patterns: Sequence[str],
        handle: Listener,
        max_length: int,
        reconnected: Reconnected | None,
    ) -> None:
        self._topology = topology
        self._exchange = exchange
        self._patterns = patterns
        self._handle = handle
        self._max_length = max_length
        self._reconnected = reconnected
        self._lives = 0
        self.attached = False

    async def session(self, session: Session, stop: asyncio.Event) -> None:
        """Bind a queue of its own and hand over what comes, one by one."""
        channel = await session.channel(confirms=False)
        await declare(channel, self._topology)
        inbox: asyncio.Queue[DeliveredMessage | None] = asyncio.Queue()
        channel.on_consumer_cancel_callbacks.add(
            lambda _: session.give_up("the broker cancelled the follower")
        )
        async with broker_call():
            await channel.basic_qos(prefetch_count=PREFETCH)
            # Classic, because a quorum queue cannot be exclusive.
            queue = await channel.queue_declare(
                "",
                exclusive=True,
                auto_delete=True,
                arguments={
                    "x-queue-type": "classic",
                    "x-max-length": self._max_length,
                    "x-overflow": "drop-head",
                },
            )
            name = queue.queue or ""
            for pattern in self._patterns:
                await channel.queue_bind(name, self._exchange, pattern)
        self._lives += 1
        if self._lives > 1 and self._reconnected is not None:
            await self._reconnected()
        async with broker_call():
            await channel.basic_consume(name, inbox.put)
        self.attached = True
        log.info("broker_following", exchange=self._exchange, life=self._lives)
        try:
            async with asyncio.TaskGroup() as tasks:
                watch = tasks.create_task(self._watch(session, channel))
                end = tasks.create_task(self._end(session, stop, inbox))
                while (message := await inbox.get()) is not None:
                    await self._hand_over(message)
                    with suppress(LinkLost):
                        async with broker_call():
                            await channel.basic_ack(message.delivery_tag or 0, wait=False)
                watch.cancel()
                end.cancel()
        finally:
            self.attached = False

    async def _end(
        self,
        session: Session,
        stop: asyncio.Event,
        inbox: "asyncio.Queue[DeliveredMessage | None]",
    ) -> None:
        await session.ended(stop)
        inbox.put_nowait(None)

    async def _hand_over(self, message: DeliveredMessage) -> None:
        headers = message.header.properties.headers or {}
        delivery = Delivery(
            body=message.body,
            routing_key=message.routing_key or "",
            headers={name: value for name, value in headers.items() if isinstance(value, str)},
            attempts=1,
        )
        try:
            await self._handle(delivery)
        except Exception as error:  # noqa: BLE001 - a follower promises nothing: one indigestible message must not end it
            log.error("follower_failed", exchange=self._exchange, **failure_of(error))  # noqa: TRY400 - see failure_of
            metrics.followed.labels(self._exchange, "failed").inc()
        else:
            metrics.followed.labels(self._exchange, "handled").inc()

    async def _watch(self, session: Session, channel: aiormq.Channel) -> None:
        """A link without traffic may be half-open: ask for something now and then."""
        while True:
            await asyncio.sleep(PROBE_SECONDS)
            try:
                async with broker_call():
                    await channel.exchange_declare(self._exchange, passive=True)
            except LinkLost as error:
                session.give_up(str(error))
                return

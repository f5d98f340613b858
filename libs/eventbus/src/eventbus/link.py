"""One connection to the broker, kept up for ever, with a deadline on everything.

The client is aiormq, the protocol layer of aio-pika, without aio-pika's robust objects: on a
half-open link these wait without end, and after a reconnect they have come back without consumers.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import aiormq
import structlog
from aiormq.connection import TCPTransportFactory, TLSTransportFactory
from pamqp.exceptions import PAMQPException
from typing_extensions import override
from yarl import URL

from . import metrics

HEARTBEAT_SECONDS: Final = 15
CALL_SECONDS: Final = 5.0
CLOSE_SECONDS: Final = 2.0
FASTEST_RETRY_SECONDS: Final = 0.1
SLOWEST_RETRY_SECONDS: Final = 2.0

log = structlog.get_logger()


class LinkLost(Exception):
    """The broker does not answer, or says no; the link is to be made anew."""


@asynccontextmanager
async def broker_call(seconds: float = CALL_SECONDS) -> AsyncIterator[None]:
    """Bound one exchange with the broker; raises LinkLost for whatever goes wrong in it."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except asyncio.CancelledError as error:
        # aiormq ends what waits on a lost connection with CancelledError although nobody
        # cancelled us; passed on, it would end our task without a word.
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise LinkLost("connection closed") from error
    except TimeoutError as error:
        raise LinkLost(f"no answer within {seconds:g} s") from error
    except (aiormq.AMQPError, PAMQPException, OSError, RuntimeError, StopAsyncIteration) as error:
        raise LinkLost(f"{type(error).__name__}: {error}") from error


class _Transports(aiormq.TransportFactory):
    """Keeps the socket within reach, so that a dead link can be dropped without its consent."""

    def __init__(self) -> None:
        self._writer: asyncio.StreamWriter | None = None

    @override
    async def create(
        self, url: URL, **kwargs: Any
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        factory = TLSTransportFactory() if url.scheme == "amqps" else TCPTransportFactory()
        reader, self._writer = await factory.create(url, **kwargs)
        return reader, self._writer

    def abort(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()


class Session:
    """One life of the connection."""

    def __init__(self, connection: aiormq.Connection) -> None:
        self.connection = connection
        self.lost = asyncio.Event()
        self.why = "connection closed"
        connection.closing.add_done_callback(lambda _: self.lost.set())

    async def channel(self, *, confirms: bool) -> aiormq.Channel:
        """Open a channel; its end is the end of the session. With confirms it raises on returns."""
        async with broker_call():
            channel = await self.connection.channel(
                publisher_confirms=confirms, on_return_raises=confirms
            )
        if not isinstance(channel, aiormq.Channel):
            raise LinkLost("the broker gave no channel")
        channel.closing.add_done_callback(lambda _: self.lost.set())
        return channel

    def give_up(self, why: str) -> None:
        """End this life of the connection; the next one begins at once."""
        self.why = why
        self.lost.set()

    async def ended(self, stop: asyncio.Event) -> None:
        """Return once the session is lost or `stop` is set."""
        async with asyncio.TaskGroup() as waits:
            ways = [waits.create_task(self.lost.wait()), waits.create_task(stop.wait())]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()


async def keep_link(
    url: str, purpose: str, use: Callable[[Session], Awaitable[None]], stop: asyncio.Event
) -> None:
    """Run `use` on one connection after the other until `stop`; returns then.

    `use` returns when `stop` is set or its session is lost. Attempts follow each other after
    0.1 s, doubling to 2 s.
    """
    pause = FASTEST_RETRY_SECONDS
    clock = asyncio.get_running_loop().time
    while not stop.is_set():
        began = clock()
        try:
            await _live(url, use, stop)
        except LinkLost as error:
            if clock() - began > SLOWEST_RETRY_SECONDS:
                pause = FASTEST_RETRY_SECONDS
            metrics.link_losses.labels(purpose).inc()
            log.warning("broker_link_lost", purpose=purpose, reason=str(error), retry_in=pause)
        with suppress(TimeoutError):
            async with asyncio.timeout(pause * random.uniform(0.5, 1)):  # noqa: S311 - spreads reconnects, no secret
                await stop.wait()
        pause = min(pause * 2, SLOWEST_RETRY_SECONDS)


async def _live(url: str, use: Callable[[Session], Awaitable[None]], stop: asyncio.Event) -> None:
    async with connected(url) as session:
        await use(session)
        if not stop.is_set():
            raise LinkLost(session.why)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Session]:
    """One connection; raises LinkLost when it cannot be had."""
    transports = _Transports()
    wanted = URL(url)
    if "heartbeat" not in wanted.query:
        wanted = wanted.update_query(heartbeat=HEARTBEAT_SECONDS)
    connection = aiormq.Connection(wanted, transport_factory=transports)
    try:
        async with broker_call():
            await connection.connect()
        yield Session(connection)
    finally:
        try:
            async with broker_call(CLOSE_SECONDS):
                await connection.close()
        except LinkLost:
            transports.abort()

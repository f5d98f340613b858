"""NOTIFY as a door bell: who waits for a queue is woken, and looks for himself anyway now and then."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import asyncpg
import structlog

from eventbus import metrics

from .store import connect

CHANNEL: Final = "clearooms_bus"
HEARTBEAT_SECONDS: Final = 10.0
RETRY_SECONDS: Final = 1.0

log = structlog.get_logger()


class Bells:
    """One listening connection, kept up for ever by `keep`."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._bells: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self.connected = False

    @contextmanager
    def on(self, queue: str) -> Iterator[asyncio.Event]:
        """An event that is set when the queue may hold something new."""
        bell = asyncio.Event()
        self._bells[queue].add(bell)
        try:
            yield bell
        finally:
            self._bells[queue].discard(bell)

    async def keep(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self._listen()
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                metrics.link_losses.labels("listen").inc()
                log.warning("bus_listen_lost", error=type(error).__name__)
            finally:
                self.connected = False
                metrics.link_up.labels("listen").set(0)
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        connection = await connect(self._dsn)
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, lambda *said: self._ring(str(said[3])))
            self.connected = True
            metrics.link_up.labels("listen").set(1)
            for queue in tuple(self._bells):
                self._ring(queue)
            while not lost.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        await lost.wait()
                await connection.execute("select 1", timeout=5)
        finally:
            connection.terminate()

    def _ring(self, queue: str) -> None:
        for bell in self._bells.get(queue, ()):
            bell.set()

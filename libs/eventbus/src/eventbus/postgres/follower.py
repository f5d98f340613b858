"""Following: an own bounded queue in the same table, known to publishers while its follower lives."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from uuid import uuid4

import structlog

from eventbus import metrics
from eventbus.bus import Delivery, Listener, Reconnected
from eventbus.settlement import failure_of

from .bells import Bells
from .routes import binding_expression
from .store import Away, Store

BATCH: Final = 100
POLL_SECONDS: Final = 2.0
SIGN_OF_LIFE_SECONDS: Final = 15.0

log = structlog.get_logger()


class Follower:
    """One follower of one exchange."""

    def __init__(
        self,
        store: Store,
        bells: Bells,
        exchange: str,
        patterns: Sequence[str],
        handle: Listener,
        max_length: int,
        reconnected: Reconnected | None,
    ) -> None:
        self._store = store
        self._bells = bells
        self._exchange = exchange
        self._bindings = [binding_expression(pattern) for pattern in patterns]
        self._handle = handle
        self._max_length = max_length
        self._reconnected = reconnected
        self._name = f"follower.{uuid4()}"
        self._lives = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Hand over what is published, one by one, until `stop`."""
        with self._bells.on(self._name) as bell:
            async with asyncio.TaskGroup() as tasks:
                waking = tasks.create_task(_ring_on(stop, bell))
                living = tasks.create_task(self._live(bell))
                while not stop.is_set():
                    bell.clear()
                    if not await self._hand_over(stop):
                        with suppress(TimeoutError):
                            async with asyncio.timeout(POLL_SECONDS):
                                await bell.wait()
                waking.cancel()
                living.cancel()
        with suppress(Away):
            await self._store.dismiss(self._name)

    async def _live(self, bell: asyncio.Event) -> None:
        while True:
            try:
                fresh = await self._store.enlist(
                    self._name, self._exchange, self._bindings, self._max_length
                )
            except Away as error:
                log.warning("bus_away", exchange=self._exchange, reason=str(error))
                await asyncio.sleep(POLL_SECONDS)
                continue
            if fresh:
                self._lives += 1
                log.info("bus_following", exchange=self._exchange, life=self._lives)
                if self._lives > 1 and self._reconnected is not None:
                    await self._reconnected()
                bell.set()
            await asyncio.sleep(SIGN_OF_LIFE_SECONDS)

    async def _hand_over(self, stop: asyncio.Event) -> bool:
        try:
            messages = await self._store.take(self._name, self._max_length, BATCH)
        except Away as error:
            log.warning("bus_away", exchange=self._exchange, reason=str(error))
            return False
        for message in messages:
            if stop.is_set():
                break
            delivery = Delivery(message.body, message.routing_key, message.headers, attempts=1)
            try:
                await self._handle(delivery)
            except Exception as error:  # noqa: BLE001 - a follower promises nothing: one indigestible message must not end it
                log.error("follower_failed", exchange=self._exchange, **failure_of(error))  # noqa: TRY400 - see failure_of
                metrics.followed.labels(self._exchange, "failed").inc()
            else:
                metrics.followed.labels(self._exchange, "handled").inc()
        return bool(messages)


async def _ring_on(stop: asyncio.Event, bell: asyncio.Event) -> None:
    await stop.wait()
    bell.set()

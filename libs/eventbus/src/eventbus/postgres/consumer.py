"""Consuming: claims with a lease, renewed while their handlers run."""

import asyncio
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

import structlog

from contracts.routing import DEAD_LETTERS
from eventbus.bus import Delivery, Handler
from eventbus.settlement import Gate, Unsettled, attend
from eventbus.topology import DELIVERY_LIMIT

from .bells import Bells
from .store import LEASE, Away, Message, Store

POLL_SECONDS: Final = 2.0

log = structlog.get_logger()


class Consumer:
    """One consumer of one queue."""

    def __init__(
        self, store: Store, bells: Bells, queue: str, handle: Handler, prefetch: int
    ) -> None:
        self._store = store
        self._bells = bells
        self._queue = queue
        self._handle = handle
        self._prefetch = prefetch
        self._claim = uuid4()
        self._gate = Gate()
        self._running = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop`; handlers that run then are finished, the rest is given back."""
        with self._bells.on(self._queue) as bell:
            async with asyncio.TaskGroup() as upkeep:
                renewing = upkeep.create_task(self._renew())
                waking = upkeep.create_task(_ring_on(stop, bell))
                async with asyncio.TaskGroup() as handlers:
                    while not stop.is_set():
                        bell.clear()
                        found = await self._look()
                        for message in found:
                            self._running += 1
                            handlers.create_task(self._attend(message, bell, stop))
                        if not found:
                            await _wait(bell, POLL_SECONDS)
                renewing.cancel()
                waking.cancel()

    async def _look(self) -> list[Message]:
        free = self._prefetch - self._running
        if free <= 0:
            return []
        try:
            return await self._store.claim(self._queue, self._claim, free)
        except Away as error:
            log.warning("bus_away", queue=self._queue, reason=str(error))
            return []

    async def _attend(self, message: Message, bell: asyncio.Event, stop: asyncio.Event) -> None:
        receipt = _Receipt(self._store, self._queue, message, self._claim)
        delivery = Delivery(message.body, message.routing_key, message.headers, message.attempts)
        try:
            if message.attempts > DELIVERY_LIMIT:
                with suppress(Unsettled):
                    await receipt.dead("delivery_limit")
                return
            await attend(self._queue, delivery, self._handle, receipt, self._gate, stop)
        finally:
            self._running -= 1
            bell.set()
        if not receipt.settled:
            with suppress(Unsettled):
                await receipt.unhandled()

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            try:
                await self._store.renew(self._claim)
            except Away as error:
                log.warning("lease_not_renewed", queue=self._queue, reason=str(error))


async def _ring_on(stop: asyncio.Event, bell: asyncio.Event) -> None:
    await stop.wait()
    bell.set()


async def _wait(bell: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await bell.wait()


@dataclass(slots=True)
class _Receipt:
    store: Store
    queue: str
    message: Message
    claim: UUID
    settled: bool = False

    async def done(self) -> None:
        self._said(await self._tell(self.store.forget(self.message.id, self.claim)))

    async def again(self) -> None:
        back = self.store.give_back(self.queue, self.message.id, self.claim, uncounted=False)
        self._said(await self._tell(back))

    async def unhandled(self) -> None:
        """Give it back as if it had never been taken."""
        back = self.store.give_back(self.queue, self.message.id, self.claim, uncounted=True)
        self._said(await self._tell(back))

    async def dead(self, reason: str) -> None:
        headers: Mapping[str, str] = {
            **self.message.headers,
            "x-reason": reason,
            "x-queue": self.queue,
            "x-exchange": self.message.exchange,
            "x-routing-key": self.message.routing_key,
            "x-attempts": str(self.message.attempts),
        }
        bury = self.store.bury(self.message.id, self.claim, [DEAD_LETTERS], headers)
        self._said(await self._tell(bury))

    async def _tell(self, call: Awaitable[bool]) -> bool:
        self.settled = True  # whatever comes of it: if it failed, the lease runs out
        try:
            return await call
        except Away as error:
            raise Unsettled(str(error)) from error

    def _said(self, held: bool) -> None:
        if not held:
            raise Unsettled("the lease was lost")

"""The broker as an adversary: at least once, in no order, confirms that get lost, hours of flow control."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from contracts.routing import EVENTS, SYNC_COMMANDS
from eventbus import Dead, Delivery, Done, Handler, Later, Listener, NotConfirmed, Reconnected
from eventbus.outcome import Again, after_failure

from .journal import Journal
from .processes import Fuse


@dataclass(slots=True)
class BrokerFaults:
    """Chances per message, and how long in seconds what waits may be held back."""

    duplicated: float = 0.0
    confirm_lost: float = 0.0
    held_back: float = 0.0
    held_seconds: float = 60.0
    blocked: bool = False


@dataclass(slots=True)
class _Message:
    body: bytes
    key: str
    headers: Mapping[str, str]
    attempts: int = 0


@dataclass(slots=True)
class _Queue:
    """Messages in any order; whoever takes one holds it until it is acknowledged."""

    random: Random
    waiting: list[_Message] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, message: _Message) -> None:
        self.waiting.append(message)
        self.arrived.set()

    def take(self, *, any_order: bool) -> _Message | None:
        if not self.waiting:
            self.arrived.clear()
            return None
        place = self.random.randrange(len(self.waiting)) if any_order else 0
        return self.waiting.pop(place)


class Broker:
    """All queues, and the exchange to the platform."""

    def __init__(
        self,
        random: Random,
        faults: BrokerFaults,
        journal: Journal,
        platform: Callable[[bytes, str], None],
    ) -> None:
        self.faults = faults
        self.journal = journal
        self.dead_letters: list[str] = []
        self._random = random
        self._platform = platform
        self._queues: dict[str, _Queue] = {}

    def queue(self, name: str) -> _Queue:
        """The queue of this name."""
        if name not in self._queues:
            self._queues[name] = _Queue(self._random)
        return self._queues[name]

    def strikes(self, kind: str, share: float, what: str) -> bool:
        """Whether a fault of this share strikes now."""
        if share <= 0:
            return False
        self.journal.expect(kind, share)
        if self._random.random() >= share:
            return False
        self.journal.fault(kind, what=what)
        return True

    def accept(self, exchange: str, key: str, body: bytes, headers: Mapping[str, str]) -> None:
        """The message is durable; it arrives once or twice, now or later."""
        copies = 1
        if self.strikes("message_duplicated", self.faults.duplicated, key):
            copies = 2 + self._random.randrange(9)
        for _ in range(copies):
            self._send(exchange, _Message(body, key, headers))

    def _send(self, exchange: str, message: _Message) -> None:
        late = 0.002
        if self.strikes("message_held_back", self.faults.held_back, message.key):
            late = self._random.uniform(0, self.faults.held_seconds)
        loop = asyncio.get_running_loop()
        if exchange == EVENTS:
            loop.call_later(late, self._platform, message.body, message.key)
        else:
            loop.call_later(late, self.queue(message.key).put, message)


class Port:
    """The bus of one process."""

    def __init__(self, broker: Broker, fuse: Fuse) -> None:
        self._broker = broker
        self._fuse = fuse

    def connected(self) -> bool:
        """Always: a connection that is lost shows in what it costs."""
        return True

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
        """As eventbus.Bus."""
        await self._fuse.call(
            lambda: self._publish(exchange, routing_key, body, headers or {}, within)
        )

    async def _publish(
        self, exchange: str, key: str, body: bytes, headers: Mapping[str, str], within: float
    ) -> None:
        broker = self._broker
        if broker.faults.blocked:
            broker.journal.fault("publish_blocked", what=key)
            await asyncio.sleep(within)
            raise NotConfirmed("late")
        broker.accept(exchange, key, body, headers)
        await asyncio.sleep(0)
        if broker.strikes("confirm_lost", broker.faults.confirm_lost, key):
            await asyncio.sleep(within)
            raise NotConfirmed("late")

    async def consume(
        self, queue: str, handle: Handler, stop: asyncio.Event, *, prefetch: int = 64
    ) -> None:
        """As eventbus.Bus."""
        source, held = self._broker.queue(queue), asyncio.Semaphore(prefetch)
        unsettled: dict[int, _Message] = {}
        try:
            async with asyncio.TaskGroup() as group:
                ending = group.create_task(_wake(source, stop))
                while not stop.is_set():
                    await self._fuse.step()
                    await held.acquire()
                    message = source.take(any_order=self._broker.faults.held_back > 0)
                    if message is None:
                        held.release()
                        await source.arrived.wait()
                        continue
                    unsettled[id(message)] = message
                    self._note("handed", message)
                    group.create_task(self._deal(message, handle, held, unsettled))
                ending.cancel()
        finally:
            # The process is gone, and the acknowledgements of these with it.
            for message in unsettled.values():
                self._broker.journal.fault("redelivered", what=message.key)
                source.put(message)

    async def _deal(
        self,
        message: _Message,
        handle: Handler,
        held: asyncio.Semaphore,
        unsettled: dict[int, _Message],
    ) -> None:
        while not await self._settled(message, handle):
            pass
        del unsettled[id(message)]
        self._note("settled", message)
        held.release()

    def _note(self, what: str, message: _Message) -> None:
        """Commands alone: how they overtake each other explains how they end."""
        if message.key == SYNC_COMMANDS:
            self._broker.journal.note("broker", f"{what} {json.loads(message.body)['id']}")

    async def _settled(self, message: _Message, handle: Handler) -> bool:
        message.attempts += 1
        try:
            outcome = await handle(
                Delivery(message.body, message.key, message.headers, message.attempts)
            )
        except Exception as error:  # noqa: BLE001 -- what the bus does with it is decided there
            decided = after_failure(error, message.attempts)
        else:
            decided = outcome  # type: ignore[assignment] # Done, Later, or Dead as well
        await self._fuse.step()
        match decided:
            case Done():
                return True
            case Dead(reason):
                self._broker.dead_letters.append(reason)
                return True
            case Later(seconds):
                message.attempts -= 1
                await asyncio.sleep(seconds)
            case Again():
                await asyncio.sleep(0.1)
        return False

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
        """As eventbus.Bus; only the portal follows, and it is not here."""
        raise NotImplementedError


async def _wake(source: _Queue, stop: asyncio.Event) -> None:
    await stop.wait()
    source.arrived.set()

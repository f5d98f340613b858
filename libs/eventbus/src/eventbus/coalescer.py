"""What waits at one moment travels as one message with one confirm."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from . import metrics
from .bus import NotConfirmed

# A batch is not started for somebody whose time is up before a confirm can come.
LEAST_SECONDS: Final = 0.02


class _Turn(Enum):
    CONFIRMED = auto()
    LEAD = auto()


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    items: Sequence[bytes]
    deadline: float
    turn: "asyncio.Future[_Turn]"


class Coalescer:
    """Joins what several callers want to send into few messages.

    `send` publishes one body and returns once it is confirmed; `join` makes a body of items. One
    message is under way at a time: it is sent by the first caller who waits (so no task of our own
    can die unseen), and whoever comes meanwhile travels with the next. A message carries at most
    `most` items, unless one caller brings more. At most `bound` items wait; beyond them callers are
    refused at once. Every call ends within `within` seconds.
    """

    def __init__(
        self,
        send: Callable[[bytes], Awaitable[None]],
        join: Callable[[list[bytes]], bytes],
        *,
        most: int = 500,
        bound: int = 20_000,
        within: float = 2.0,
    ) -> None:
        self._send = send
        self._join = join
        self._most = most
        self._bound = bound
        self._within = within
        self._waiting: deque[_Entry] = deque()
        self._items_waiting = 0
        self._under_way = False

    async def add(self, items: Sequence[bytes]) -> None:
        """Return when the message that carries the items is confirmed; raises NotConfirmed."""
        if not items:
            return
        if self._items_waiting + len(items) > self._bound:
            raise NotConfirmed("full", f"{self._items_waiting} items wait")
        loop = asyncio.get_running_loop()
        entry = _Entry(items, loop.time() + self._within, loop.create_future())
        self._waiting.append(entry)
        self._items_waiting += len(items)
        if self._under_way:
            try:
                turn = await entry.turn
            except asyncio.CancelledError:
                self._withdraw(entry)
                if not entry.turn.cancelled():
                    self._pass_on()  # cancelled in the moment it was asked to lead
                raise
            if turn is _Turn.CONFIRMED:
                return
        else:
            self._under_way = True
        await self._lead(entry)

    async def _lead(self, entry: _Entry) -> None:
        batch: list[_Entry] = []
        failure = NotConfirmed("away", "the caller that sent it gave up")
        try:
            # One turn of the loop: whatever requests are ready now join this message.
            await asyncio.sleep(0)
            batch = self._take()
            parts = [item for member in batch for item in member.items]
            metrics.coalesced.observe(len(parts))
            async with asyncio.timeout_at(entry.deadline):
                await self._send(self._join(parts))
        except NotConfirmed as error:
            failure = error
            raise
        except TimeoutError as error:
            failure = NotConfirmed("late", "no confirm in time")
            raise failure from error
        else:
            for member in batch:
                if not member.turn.done():
                    member.turn.set_result(_Turn.CONFIRMED)
        finally:
            if not batch:
                self._withdraw(entry)
            for member in batch:
                if member is not entry and not member.turn.done():
                    member.turn.set_exception(failure)
            self._pass_on()

    def _take(self) -> list[_Entry]:
        batch = [self._waiting.popleft()]
        size = len(batch[0].items)
        while self._waiting and size + len(self._waiting[0].items) <= self._most:
            batch.append(self._waiting.popleft())
            size += len(batch[-1].items)
        self._items_waiting -= size
        return batch

    def _pass_on(self) -> None:
        soonest = asyncio.get_running_loop().time() + LEAST_SECONDS
        while self._waiting:
            entry = self._waiting[0]
            if entry.turn.done():
                self._withdraw(entry)
            elif entry.deadline < soonest:
                self._withdraw(entry)
                entry.turn.set_exception(
                    NotConfirmed("late", "waited behind an unconfirmed message")
                )
            else:
                entry.turn.set_result(_Turn.LEAD)
                return
        self._under_way = False

    def _withdraw(self, entry: _Entry) -> None:
        if entry in self._waiting:
            self._waiting.remove(entry)
            self._items_waiting -= len(entry.items)

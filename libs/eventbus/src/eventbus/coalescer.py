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
        if self._under_way:
            self._waiting.append(entry)
            self._items_waiting += len(items)
            try:
                turn = await entry.turn
            except asyncio.CancelledError:
                if entry.turn.cancelled():
                    self._withdraw(entry)
                elif entry.turn.exception() is None and entry.turn.result() is _Turn.LEAD:
                    self._pass_on()  # cancelled in the moment it was asked to lead
                raise
            if turn is _Turn.CONFIRMED:
                return
        else:
            self._under_way = True
        await self._lead(entry)

    async def _lead(self, entry: _Entry) -> None:
        batch = [entry]
        failure = NotConfirmed("away", "the caller that sent it gave up")
        try:
            # One turn of the loop: whatever requests are ready now join this message.
            await asyncio.sleep(0)
            self._fill(batch)
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
            for member in batch:
                if member is not entry and not member.turn.done():
                    member.turn.set_exception(failure)
            self._pass_on()

    def _fill(self, batch: list[_Entry]) -> None:
        size = len(batch[0].items)
        while self._waiting and size + len(self._waiting[0].items) <= self._most:
            member = self._waiting.popleft()
            self._items_waiting -= len(member.items)
            batch.append(member)
            size += len(member.items)

    def _pass_on(self) -> None:
        soonest = asyncio.get_running_loop().time() + LEAST_SECONDS
        while self._waiting:
            entry = self._waiting.popleft()
            self._items_waiting -= len(entry.items)
            if entry.turn.done():
                continue  # its caller has just given up
            if entry.deadline < soonest:
                entry.turn.set_exception(
                    NotConfirmed("late", "waited behind an unconfirmed message")
                )
                continue
            entry.turn.set_result(_Turn.LEAD)
            return
        self._under_way = False

    def _withdraw(self, entry: _Entry) -> None:
        if entry in self._waiting:
            self._waiting.remove(entry)
            self._items_waiting -= len(entry.items)

"""An event loop without a world: time jumps when nothing is ready, and chance chooses among what is."""

import asyncio
import heapq
from asyncio import events
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from random import Random
from typing import Any, NoReturn, TypeVar

from typing_extensions import TypeVarTuple, Unpack, override

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Deadlock(Exception):
    """Everybody waits, and no timer will wake anybody."""


class TooManySteps(Exception):
    """Something runs in circles."""


class _NumberedTask(asyncio.Task[T]):
    """Sets of tasks iterate by their numbers: by their addresses, no two runs would end a group alike."""

    def __init__(
        self,
        number: int,
        coro: Coroutine[Any, Any, T] | Generator[Any, None, T],
        loop: "SeededLoop",
        context: Context | None,
    ) -> None:
        self._number = number
        super().__init__(coro, loop=loop, context=context)

    @override
    def __hash__(self) -> int:
        return self._number


def _nothing() -> None:
    return None


class _Step(list[Any]):
    """A callback, its arguments and its context: all that is used of asyncio's handles, made in C."""

    def cancel(self) -> None:
        """Run nothing."""
        self[:2] = _nothing, ()


class SeededLoop(asyncio.BaseEventLoop):
    """Runs handles in an order that its seed alone decides; no threads, no sockets, no real time."""

    _stopping: bool

    # Of BaseEventLoop: steps, or tuples of the same; a list: any of it may be next.
    _ready: list[Any]

    def __init__(self, seed: object, *, most_steps: int = 2_000_000) -> None:
        super().__init__()
        self._ready = []
        # Tuples are compared in C; the number keeps timers of one moment in order.
        self._timers: list[tuple[float, int, _Step]] = []
        self._numbered = 0
        self.now = 0.0
        """Virtual seconds since the beginning: what `time` says, without a call."""
        self._random = Random(f"{seed}/loop").random  # noqa: S311 -- repeatable by seed
        self._left = most_steps

    def allow(self, steps: int) -> None:
        """From now on so many handles may run."""
        self._left = steps

    @override
    def time(self) -> float:
        return self.now

    @override
    def create_task(
        self,
        coro: Coroutine[Any, Any, T] | Generator[Any, None, T],
        *,
        name: object = None,
        context: Context | None = None,
    ) -> asyncio.Task[T]:
        self._numbered += 1
        task = _NumberedTask(self._numbered, coro, self, context)
        if name is not None:
            task.set_name(name)
        return task

    @override
    def call_soon(
        self,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> events.Handle:
        if context is not None:
            # Tasks bring one, and they cancel no step: a tuple costs them a quarter.
            self._ready.append((callback, args, context))
            return None  # type: ignore[return-value] # see above
        step = _Step((callback, args, None))
        self._ready.append(step)
        return step  # type: ignore[return-value] # what is used of a handle; a cast costs at each step

    @override
    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> events.TimerHandle:
        step = _Step((callback, args, context))
        self._numbered += 1
        heapq.heappush(self._timers, (when, self._numbered, step))
        return step  # type: ignore[return-value] # as in call_soon

    @override
    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> events.TimerHandle:
        return self.call_at(self.now + delay, callback, *args, context=context)

    @override
    def run_in_executor(self, executor: object, func: Callable[..., T], *args: object) -> NoReturn:
        raise RuntimeError("no threads in a simulation")

    @override
    def call_soon_threadsafe(self, *_: object, **__: object) -> NoReturn:
        raise RuntimeError("no threads in a simulation")

    def _run_once(self) -> None:
        """All that is ready, one by one, as chance has it, and what that makes ready; then time goes on."""
        ready, timers, chance = self._ready, self._timers, self._random
        while not self._stopping:
            if not ready:
                self._sleep(timers)
            while timers and timers[0][0] <= self.now:
                step = heapq.heappop(timers)[2]
                if step[0] is not _nothing:
                    ready.append(step)
            waiting = len(ready)
            if not waiting:
                continue
            self._left -= 1
            if self._left < 0:
                raise TooManySteps(f"at {self.now:.3f} s")
            if waiting > 1:
                place = int(chance() * waiting)
                ready[place], ready[-1] = ready[-1], ready[place]
            callback, args, context = ready.pop()
            if context is None:
                callback(*args)
            else:
                context.run(callback, *args)

    def _sleep(self, timers: list[tuple[float, int, _Step]]) -> None:
        while timers and timers[0][2][0] is _nothing:
            heapq.heappop(timers)
        if not timers:
            raise Deadlock(f"at {self.now:.3f} s")
        self.now = max(self.now, timers[0][0])

    def _asyncgen_firstiter_hook(self, agen: object) -> None:
        """Nobody asks which there are: the loop ends without ending them."""

    def _asyncgen_finalizer_hook(self, agen: object) -> None:
        """Let it go: when it is collected is the collector's affair, and must decide nothing here."""


def run(
    seed: object, main: Callable[[], Coroutine[Any, Any, T]], *, most_steps: int = 2_000_000
) -> T:
    """Run to the end on a loop of its own; raises Deadlock, TooManySteps, and what the coroutine raises."""
    loop = SeededLoop(seed, most_steps=most_steps)
    try:
        # The loop's own way of ending needs a working loop: whoever failed has left tasks behind.
        return loop.run_until_complete(main())
    finally:
        _abandon(loop)
        loop.close()


def _abandon(loop: SeededLoop) -> None:
    """Let what is left end, so that no coroutine is collected half-way."""
    left = asyncio.all_tasks(loop)
    loop.allow(100_000)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(_ended(left))
    for task in left:
        if not task.cancelled():
            task.exception()


async def _ended(tasks: "set[asyncio.Task[Any]]") -> None:
    await asyncio.wait(tasks, timeout=3_600)

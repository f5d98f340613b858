"""A process that may die or freeze at any of its calls to the outside, and nothing of it acts afterwards."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


class Crash(BaseException):
    """The process is gone: nothing of it may catch this."""


class Fuse:
    """One life of a process: counts its steps outside; blown, every further one raises without effect."""

    def __init__(self) -> None:
        self.steps = 0
        self.dead = False
        self._blows_at = 0
        self._freezes_at = 0
        self._awake = asyncio.Event()
        self._awake.set()
        self.frozen = False

    def blow(self) -> None:
        """Die now; a frozen process too."""
        self.dead = True
        self.thaw()

    def blow_after(self, steps: int) -> None:
        """Die at the so many-th step from now."""
        self._blows_at = self.steps + steps

    def freeze(self) -> None:
        """From now on every step waits for `thaw`; what is under way outside goes on."""
        self._awake.clear()
        self.frozen = True

    def freeze_after(self, steps: int) -> None:
        """Freeze at the so many-th step from now."""
        self._freezes_at = self.steps + steps

    def thaw(self) -> None:
        """Go on where it stopped, and do not stop where that was still to come."""
        self._freezes_at = 0
        self._awake.set()
        self.frozen = False

    @property
    def stops(self) -> bool:
        """Whether the next step waits."""
        return self.frozen or self.steps + 1 == self._freezes_at

    async def step(self) -> None:
        """Return while the process runs; raises Crash."""
        if self.stops:
            self.freeze()
            await self._awake.wait()
        self.count()

    def count(self) -> None:
        """One more step of a process that does not stop; raises Crash."""
        self.steps += 1
        if self.steps == self._blows_at:
            self.dead = True
        if self.dead:
            raise Crash

    async def call(self, effect: Callable[[], Awaitable[T]]) -> T:
        """The effect, if the process lives, and its result, if it still does then."""
        # `step` twice; where nothing stops, as mostly, without its coroutine.
        if self.stops:
            await self.step()
        else:
            self.count()
        result = await effect()
        if self.stops:
            await self.step()
        else:
            self.count()
        return result


def only_crashed(error: BaseException) -> bool:
    """Whether nothing but its end is what ended a process."""
    if isinstance(error, BaseExceptionGroup):
        return all(only_crashed(each) for each in error.exceptions)
    return isinstance(error, (Crash, asyncio.CancelledError))

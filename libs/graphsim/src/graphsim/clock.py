"""The simulator's only clock: real time plus what a test has advanced it by, or standing still."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta


def real_now() -> datetime:
    """The machine's time, aware, in UTC."""
    return datetime.now(UTC)


class Clock:
    """Tells the time to everything in one simulator; who waits for a time asks to hear of moves."""

    def __init__(
        self, real: Callable[[], datetime] = real_now, stands_at: datetime | None = None
    ) -> None:
        self._real = real
        self._stands_at = stands_at
        self._ahead = timedelta()
        self._listeners: list[Callable[[], object]] = []
        self._deadlines: dict[asyncio.Timeout, datetime] = {}

    @property
    def stands(self) -> bool:
        """Whether it moves by `advance` alone."""
        return self._stands_at is not None

    def now(self) -> datetime:
        """The simulated time, aware, in UTC."""
        return (self._stands_at or self._real()) + self._ahead

    def on_move(self, listener: Callable[[], object]) -> None:
        """Calls `listener` after each `advance`, `stop` and `go`."""
        self._listeners.append(listener)

    def advance(self, seconds: float) -> None:
        """Moves the simulated time forward; whatever falls due in between is due now."""
        self._ahead += timedelta(seconds=seconds)
        self._moved()

    def stop(self) -> None:
        """Stands still at the present time until advanced."""
        self._stands_at, self._ahead = self.now(), timedelta()
        self._moved()

    def go(self) -> None:
        """Runs on from the present time at the machine's pace."""
        now, self._stands_at = self.now(), None
        self._ahead = now - self._real()
        self._moved()

    @asynccontextmanager
    async def within(self, seconds: float | None) -> AsyncIterator[None]:
        """Raises TimeoutError once the block has taken so long on this clock; None is for ever."""
        async with asyncio.timeout(None) as timer:
            if seconds is not None:
                self._deadlines[timer] = self.now() + timedelta(seconds=seconds)
                self._set(timer)
            try:
                yield
            finally:
                self._deadlines.pop(timer, None)

    async def sleep(self, seconds: float) -> None:
        """Returns once so many seconds have passed on this clock."""
        if seconds <= 0:
            return
        try:
            async with self.within(seconds):
                await asyncio.get_running_loop().create_future()
        except TimeoutError:
            return

    def _moved(self) -> None:
        for timer in self._deadlines:
            self._set(timer)
        for listener in self._listeners:
            listener()

    def _set(self, timer: asyncio.Timeout) -> None:
        if timer.expired():
            return
        left = (self._deadlines[timer] - self.now()).total_seconds()
        stands = self.stands and left > 0
        loop = asyncio.get_running_loop()
        timer.reschedule(None if stands else loop.time() + max(0.0, left))

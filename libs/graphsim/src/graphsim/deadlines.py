"""Deadlines on the simulator's clock: advancing it runs them out at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from .clock import Clock


class Deadlines:
    """Everything that waits for an answer of the outside world."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._running: dict[asyncio.Timeout, datetime] = {}
        clock.on_move(self._moved)

    @asynccontextmanager
    async def within(self, seconds: float) -> AsyncIterator[None]:
        """Raises TimeoutError in the block once the simulated time has moved on by `seconds`."""
        async with asyncio.timeout(seconds) as timer:
            self._running[timer] = self._clock.now() + timedelta(seconds=seconds)
            try:
                yield
            finally:
                del self._running[timer]

    def _moved(self) -> None:
        now, loop_now = self._clock.now(), asyncio.get_running_loop().time()
        for timer, due in self._running.items():
            if not timer.expired():
                timer.reschedule(loop_now + max(0.0, (due - now).total_seconds()))

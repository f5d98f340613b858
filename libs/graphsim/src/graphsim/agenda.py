"""What the simulated cloud will do by itself later: the booking attendant, deliveries, expiries."""

import asyncio
import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count

from .clock import Clock

Step = Callable[[datetime], None]


class Agenda:
    """Steps ordered by due time, then by when they were planned; one task runs them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._steps: list[tuple[datetime, int, Step]] = []
        self._numbers = count()
        self._woken = asyncio.Event()
        clock.on_move(self._woken.set)

    def __len__(self) -> int:
        return len(self._steps)

    def plan(self, due: datetime, step: Step) -> None:
        """Runs `step` with its due time, at that time or soon after."""
        entry = (due, next(self._numbers), step)
        heapq.heappush(self._steps, entry)
        if self._steps[0] is entry:
            self._woken.set()

    def run_due(self, now: datetime) -> int:
        """Runs every step due by `now`, those they plan included; returns how many ran."""
        ran = 0
        while self._steps and self._steps[0][0] <= now:
            due, _, step = heapq.heappop(self._steps)
            step(due)
            ran += 1
        return ran

    async def run(self) -> None:
        """Runs steps as they fall due, until cancelled."""
        while True:
            self._woken.clear()
            now = self._clock.now()
            self.run_due(now)
            left = (self._steps[0][0] - now).total_seconds() if self._steps else None
            try:
                async with self._clock.within(left):
                    await self._woken.wait()
            except TimeoutError:
                continue

"""Starts a process, again and again: what an orchestrator does."""

import asyncio
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

from .journal import Journal
from .processes import Fuse, only_crashed

Main = Callable[[Fuse, asyncio.Event], Coroutine[Any, Any, None]]


class Process:
    """One service under a supervisor."""

    def __init__(self, name: str, main: Main, journal: Journal, random: Random) -> None:
        self.name = name
        self.fuse = Fuse()
        self.deaths = 0
        self._main = main
        self._journal = journal
        self._random = random
        self._over = False
        self._stop = asyncio.Event()
        self._life: asyncio.Task[None] | None = None
        self._supervisor: asyncio.Task[None] | None = None

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Run until `end`."""
        self._supervisor = tasks.create_task(self._supervise(tasks))

    def kill(self) -> None:
        """SIGKILL: nothing of it acts any more."""
        self.fuse.blow()
        if self._life is not None:
            self._life.cancel()

    def stop(self) -> None:
        """SIGTERM: it finishes what it does, then is started again."""
        self._stop.set()

    async def end(self) -> None:
        """Kill it for good."""
        self._over = True
        self.kill()
        if self._supervisor is not None:
            await asyncio.wait([self._supervisor])

    async def _supervise(self, tasks: asyncio.TaskGroup) -> None:
        while not self._over:
            self._life = tasks.create_task(self._live())
            await asyncio.wait([self._life])
            if not self._over:
                await asyncio.sleep(self._random.uniform(0.2, 20))

    async def _live(self) -> None:
        self.fuse, self._stop = Fuse(), asyncio.Event()
        try:
            await self._main(self.fuse, self._stop)
        except BaseException as error:
            if not only_crashed(error):
                raise
            if not self._over:
                self.deaths += 1
                self._journal.fault("crashed", self.name, f"after {self.fuse.steps} steps")

"""What breaks, by seed: processes are killed or stopped, servers too, Graph refuses; each strike proves that it struck."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pgstore.launcher import running_server

from ..servers.rabbitmq import Broker
from .processes import STOP_SECONDS, Program, until
from .stack import Stack

PAST_THE_LEASE: Final = 48.0  # s: a lease in which something is written lasts 45
_STOPPED: Final = 2.0
_OUTAGE: Final = 2.0
# How often each kind strikes; the order is the seed's.
DECK: Final[Mapping[str, int]] = {
    "worker killed": 3, "ingress killed": 2, "manager killed": 2, "portal killed": 1,
    "broker killed": 1, "postgres killed": 2, "ingress stopped": 2, "manager stopped": 1,
    "portal stopped": 1, "worker stopped": 1, "broker stopped": 1, "Graph refuses": 2,
    "Graph answers no write": 2,
}  # fmt: skip


def state_of(pid: int) -> str:
    """The letter under which the kernel lists a process: T is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


async def stopped_for(pid: int, seconds: float) -> None:
    """SIGSTOP, later SIGCONT; fails unless it was seen to stand still all the while."""
    os.kill(pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await until(lambda: _is(pid, "T"))
        await asyncio.sleep(seconds)  # the strike's own length
        assert state_of(pid) == "T", f"process {pid} did not stand still"
    finally:
        os.kill(pid, signal.SIGCONT)


async def _is(pid: int, state: str) -> bool:
    return state_of(pid) == state


class Postgres:
    """A server that can be killed: it comes back on the same data and port."""

    def __init__(self, folder: Path, options: Mapping[str, str]) -> None:
        self._folder = folder
        self._options = options
        self._running: AbstractContextManager[str] = running_server(folder, options=options)
        self._port: int | None = None

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The superuser's DSN."""
        dsn = self._running.__enter__()
        self._port = urlsplit(dsn).port
        try:
            yield dsn
        finally:
            self._running.__exit__(None, None, None)

    @property
    def pid(self) -> int:
        return int((self._folder / "postgres" / "postmaster.pid").read_text().split()[0])

    def restart(self) -> None:
        """SIGKILL and start again."""
        os.kill(self.pid, signal.SIGKILL)
        self._running.__exit__(None, None, None)
        self._running = running_server(self._folder, port=self._port, options=self._options)
        self._running.__enter__()


class Strikes:
    """Everything that can break, of one stack with several workers; `struck` counts what is proved to have happened."""

    def __init__(
        self, stack: Stack, workers: list[Program], broker: Broker, postgres: Postgres, seed: int
    ) -> None:
        self._stack = stack
        self._workers = workers
        self._broker = broker
        self._postgres = postgres
        self._random = random.Random(seed)  # noqa: S311  # a reproducible disaster
        self._asleep: Program | None = None
        self.struck: Counter[str] = Counter()

    async def run(self) -> None:
        """One after the other; meanwhile a worker sleeps past its lease."""
        deck = [kind for kind, times in DECK.items() for _ in range(times)]
        self._random.shuffle(deck)
        # What an outage of Graph postpones waits the longest: it comes early, so that all is due before the end.
        outages = [kind for kind in deck if kind.startswith("Graph")]
        deck = [kind for kind in deck if kind not in outages]
        for kind in outages:
            deck.insert(self._random.randrange(len(deck) // 2), kind)
        sleeper = self._asleep = self._random.choice(self._workers)
        async with asyncio.TaskGroup() as running:
            running.create_task(self._sleep_past_the_lease(sleeper))
            for kind in deck:
                await self._kinds()[kind]()
                self.struck[kind] += 1

    def _kinds(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        stack = self._stack
        return {
            "worker killed": lambda: _killed(self._awake()),
            "ingress killed": lambda: _killed(stack.ingress),
            "manager killed": lambda: _killed(stack.manager),
            "portal killed": lambda: _killed(stack.portal),
            "broker killed": self._broker_killed,
            "postgres killed": self._postgres_killed,
            "ingress stopped": lambda: stopped_for(stack.ingress.pid, _STOPPED),
            "manager stopped": lambda: stopped_for(stack.manager.pid, _STOPPED),
            "portal stopped": lambda: stopped_for(stack.portal.pid, _STOPPED),
            "worker stopped": lambda: stopped_for(self._awake().pid, _STOPPED),
            "broker stopped": lambda: stopped_for(self._broker.pid, _STOPPED),
            "Graph refuses": lambda: self._graph([("*", "")], {"status": 503}),
            "Graph answers no write": lambda: self._graph(
                [("POST", "^/users/"), ("PATCH", "^/users/")], {"when": "after", "drop": True}
            ),
        }

    def _awake(self) -> Program:
        return self._random.choice([each for each in self._workers if each is not self._asleep])

    async def _sleep_past_the_lease(self, sleeper: Program) -> None:
        await stopped_for(sleeper.pid, PAST_THE_LEASE)
        self._asleep = None
        self.struck["worker asleep past its lease"] += 1

    async def _broker_killed(self) -> None:
        before = self._broker.pid
        await asyncio.to_thread(self._broker.restart)
        assert self._broker.pid != before, "the broker was not killed"

    async def _postgres_killed(self) -> None:
        before = self._postgres.pid
        await asyncio.to_thread(self._postgres.restart)
        assert self._postgres.pid != before, "PostgreSQL was not killed"

    async def _graph(self, calls: list[tuple[str, str]], how: dict[str, object]) -> None:
        """Until it struck, and for a while."""
        sim = self._stack.sim
        for method, path in calls:
            body = {"match": {"method": method, "path": path}, "times": 1_000_000, **how}
            await sim.call("POST", "/_sim/faults", body)

        async def fired() -> bool:
            report = await sim.call("GET", "/_sim/report")
            return any(each["fired"] > 0 for each in report["faults"])

        async with asyncio.timeout(PAST_THE_LEASE + STOP_SECONDS):  # a sleeper may hold every room
            await until(fired)
        await asyncio.sleep(_OUTAGE)  # the outage's own length
        await sim.call("DELETE", "/_sim/faults")


async def _killed(program: Program) -> None:
    before = program.pid
    await program.kill()
    await program.start()
    assert program.pid != before, f"{program.module} was not killed"

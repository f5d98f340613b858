"""Edge: time in. Compares, claims what is due and hands it to the keeper, a bounded number at once; sweeps beside it."""

import asyncio
from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog
from prometheus_client import Counter

from pgstore import DatabaseUnavailable

from .domain.subscription import Claim
from .domain.sweep import Due

log = structlog.get_logger()

_AT_ONCE = 64
_OF_ONE = 24  # organisation: one whose tenant does not answer leaves the others their share
_SWEEPS_AT_ONCE = 4
_COMPARED = {
    "",
    "rooms",
    "integrations",
}  # what others write; "" after a reconnect, when anything may have changed
_AWAY_SECONDS = 1.0
_LEAST_PAUSE = (
    0.25  # seconds after a look that found nothing to do, however many passes end meanwhile
)

STEPS = Counter(
    "clearooms_subscription_steps", "Steps taken for rooms, by how they ended", ["ended"]
)
SWEEPS = Counter("clearooms_subscription_sweeps", "Sweeps of tenants, by how they ended", ["ended"])


class Rows(Protocol):
    """The rows that are compared and claimed."""

    async def compare(
        self, now: datetime, webhook_url: str, sealing_key: str, *, rich: bool = False
    ) -> None:
        """As the store's."""

    async def claim(self, now: datetime, most: int, without: Sequence[UUID]) -> list[Claim]:
        """As the store's."""

    async def next_due(self) -> datetime | None:
        """As the store's."""


class Scheduler:
    """One loop per process; several processes share the rows by their claims."""

    def __init__(
        self,
        rows: Rows,
        carry_out: Callable[[Claim], Awaitable[str]],
        *,
        webhook_url: str,
        sealing_key: Callable[[], str],
        compare_seconds: float,
        rich: bool = False,
        clock: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._carry_out = carry_out
        self._webhook_url = webhook_url
        self._sealing_key = sealing_key
        self._rich = rich
        self._compare_seconds = compare_seconds
        self._clock = clock
        self._held: Tally[UUID] = Tally()
        self._woken = asyncio.Event()
        self._compare_at = 0.0

    def wake(self) -> None:
        """Something became due."""
        self._woken.set()

    def changed(self, table: str) -> None:
        """A table changed: compare now, unless it is one of our own."""
        if table in _COMPARED:
            self._compare_at = 0.0
            self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; what is under way then is brought to its end."""
        async with asyncio.TaskGroup() as passes:
            stopping = passes.create_task(self._wake_on(stop))
            while not stop.is_set():
                self._woken.clear()
                try:
                    pause = await self._turn(passes)
                except DatabaseUnavailable as error:
                    log.warning("database_unavailable", error=str(error))
                    pause = _AWAY_SECONDS
                await self._rest(pause)
            stopping.cancel()

    async def _wake_on(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._woken.set()

    async def _turn(self, passes: asyncio.TaskGroup) -> float:
        """Compare if it is time, start what is due; the seconds until there may be something to do."""
        ticks = asyncio.get_running_loop().time()
        if ticks >= self._compare_at:
            await self._rows.compare(
                self._clock(), self._webhook_url, self._sealing_key(), rich=self._rich
            )
            self._compare_at = ticks + self._compare_seconds
        free = _AT_ONCE - self._held.total()
        if free <= 0:
            return self._compare_seconds  # an ending pass wakes us
        busy = [organisation for organisation, held in self._held.items() if held >= _OF_ONE]
        claims = await self._rows.claim(self._clock(), min(free, 8), busy)
        for claim in claims:
            self._held[claim.row.organisation_id] += 1
            passes.create_task(self._pass(claim))
        if claims:
            return 0.0
        return await self._pause(ticks)

    async def _pause(self, ticks: float) -> float:
        pauses = [self._compare_at - ticks]
        due = await self._rows.next_due()
        if due is not None:
            # What is due already and was not claimed is held by others or waits for its organisation's turn.
            seconds = (due - self._clock()).total_seconds()
            pauses.append(seconds if seconds > 0 else 1.0)
        return max(min(pauses), _LEAST_PAUSE)

    async def _rest(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, _LEAST_PAUSE))
        try:
            async with asyncio.timeout(max(seconds - _LEAST_PAUSE, 0.0)):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _pass(self, claim: Claim) -> None:
        try:
            ended = await self._carry_out(claim)
        except DatabaseUnavailable as error:
            ended = "unrecorded"  # the lease runs out, and the next holder asks Graph again
            log.warning("database_unavailable", error=str(error))
        except Exception:
            ended = "crashed"
            log.exception("subscription_step_crashed", room=str(claim.row.room_id))
        finally:
            self._held -= Tally([claim.row.organisation_id])  # drops those that hold none
            self._woken.set()
        STEPS.labels(ended).inc()
        log.debug("subscription_step", room=str(claim.row.room_id), ended=ended)


async def keep_turning(
    turn: Callable[[], Awaitable[bool]], stop: asyncio.Event, *, seconds: float
) -> None:
    """Take a turn every so many seconds until `stop`, the next one at once if there may be more to do."""
    while not stop.is_set():
        more = False
        try:
            more = await turn()
        except* DatabaseUnavailable:
            log.warning("database_unavailable")
        except* Exception:
            log.exception("turn_failed")
        if not more:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await stop.wait()


class Sweeps:
    """Sweeps the tenants that are due, a few at once; several processes share them by taking each."""

    def __init__(
        self,
        take: Callable[[datetime], Awaitable[Due | None]],
        sweep: Callable[[Due], Awaitable[str]],
        *,
        look_seconds: float,
        clock: Callable[[], datetime],
    ) -> None:
        self._take = take
        self._sweep = sweep
        self._look_seconds = look_seconds
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; what is under way then is left to the next sweep."""
        async with asyncio.TaskGroup() as loops:
            taking = loops.create_task(self._keep_taking())
            await stop.wait()
            taking.cancel()

    async def _keep_taking(self) -> None:
        places = asyncio.Semaphore(_SWEEPS_AT_ONCE)
        async with asyncio.TaskGroup() as sweeps:
            while True:
                await places.acquire()
                due = await self._next()
                if due is None:
                    places.release()
                    await asyncio.sleep(self._look_seconds)
                else:
                    sweeps.create_task(self._carry_out(due, places))

    async def _next(self) -> Due | None:
        try:
            return await self._take(self._clock())
        except DatabaseUnavailable as error:
            log.warning("database_unavailable", error=str(error))
            return None

    async def _carry_out(self, due: Due, places: asyncio.Semaphore) -> None:
        try:
            ended = await self._sweep(due)
        except DatabaseUnavailable as error:
            ended = "unrecorded"
            log.warning("database_unavailable", error=str(error))
        except Exception:
            ended = "crashed"
            log.exception("sweep_crashed", organisation=str(due.organisation_id))
        finally:
            places.release()
        SWEEPS.labels(ended).inc()

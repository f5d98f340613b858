"""Which rooms are held now: hinted ones at once, due ones in time, never more than a few together."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge, Histogram

from pgstore import DatabaseUnavailable

from .domain.booking import Row
from .domain.room import Claim, LeaseLost

log = structlog.get_logger()

SWEEP_SECONDS = 600.0
_SETTLE_SECONDS = 0.2  # many notifications in a row are one comparison
_DRAIN_SECONDS = 12.0

passes = Counter("sync_passes_total", "Passes over rooms", ["outcome"])
running = Gauge("sync_passes_running", "Passes in flight")
pass_seconds = Histogram("sync_pass_seconds", "From claim to settlement")


class Claims(Protocol):
    """Where rooms are claimed."""

    async def due(self, now: datetime, most: int) -> list[tuple[UUID, UUID]]:
        """Rooms that are due, with their organisations."""

    async def claim(
        self, organisation_id: UUID, room_ids: Sequence[UUID], now: datetime
    ) -> list[tuple[Claim, tuple[Row, ...]]]:
        """Those that are now held."""

    async def release(self, holds: Sequence[tuple[UUID, int]]) -> None:
        """Give back without an effect."""


class Scheduler:
    """Claims rooms and runs their passes, up to `most` at once."""

    def __init__(
        self,
        leases: Claims,
        run_pass: Callable[[Claim, Sequence[Row]], Awaitable[datetime]],
        clock: Callable[[], datetime],
        *,
        most: int,
        look_seconds: float,
    ) -> None:
        self._leases = leases
        self._run_pass = run_pass
        self._clock = clock
        self._most = most
        self._look_seconds = look_seconds
        self._asked: dict[UUID, UUID] = {}
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._to_release: list[tuple[UUID, int]] = []
        self._wake = asyncio.Event()
        self._look_at = clock()

    def hinted(self, rooms: Iterable[tuple[UUID, UUID]]) -> None:
        """These rooms are due now."""
        self._asked.update(rooms)
        if self._asked:
            self._wake.set()

    def look(self) -> None:
        """Some room may be due now."""
        self._look_at = self._clock()
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Claim and run until `stop`, then let what runs finish, for a while."""
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self._wake_at(stop))
            while not stop.is_set():
                self._wake.clear()
                try:
                    await self._claim(group)
                except DatabaseUnavailable as error:
                    log.warning("claims_wait_for_database", error=str(error))
                    self._look_at = self._clock() + timedelta(seconds=self._look_seconds)
                await self._rest()
            await self._drain()
            watch.cancel()

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def _rest(self) -> None:
        wait = (self._look_at - self._clock()).total_seconds()
        await _nap(self._wake, min(max(wait, 0.005), self._look_seconds))

    async def _claim(self, group: asyncio.TaskGroup) -> None:
        if self._to_release:
            releases, self._to_release = self._to_release, []
            try:
                await self._leases.release(releases)
            except DatabaseUnavailable:
                self._to_release.extend(releases)
                raise
        free = self._most - len(self._running)
        if free <= 0:
            return
        now = self._clock()
        chosen = self._take_asked(free)
        if now >= self._look_at and len(chosen) < free:
            self._look_at = now + timedelta(seconds=self._look_seconds)
            for room_id, organisation_id in await self._leases.due(now, free - len(chosen)):
                if room_id not in self._running:
                    chosen[room_id] = organisation_id
        if not chosen:
            return
        by_organisation: dict[UUID, list[UUID]] = defaultdict(list)
        for room_id, organisation_id in chosen.items():
            by_organisation[organisation_id].append(room_id)
        for organisation_id, rooms in by_organisation.items():
            for claim, rows in await self._leases.claim(organisation_id, rooms, self._clock()):
                self._start(group, claim, rows)

    def _take_asked(self, free: int) -> dict[UUID, UUID]:
        chosen: dict[UUID, UUID] = {}
        for room_id in list(self._asked):
            if len(chosen) >= free:
                break
            organisation_id = self._asked.pop(room_id)
            if room_id not in self._running:  # else its settlement says that it is due again
                chosen[room_id] = organisation_id
        return chosen

    def _start(self, group: asyncio.TaskGroup, claim: Claim, rows: Sequence[Row]) -> None:
        self._running[claim.room_id] = group.create_task(self._pass(claim, rows))
        running.set(len(self._running))

    async def _pass(self, claim: Claim, rows: Sequence[Row]) -> None:
        outcome = "failed"
        try:
            with pass_seconds.time():
                due_at = await self._run_pass(claim, rows)
            outcome = "settled"
        except LeaseLost:
            outcome = "lease_lost"
            log.warning("lease_lost", room=str(claim.room_id))
            due_at = self._clock()
        except DatabaseUnavailable as error:
            outcome = "database_away"
            log.warning("pass_lost_database", room=str(claim.room_id), error=str(error))
            self._to_release.append((claim.room_id, claim.epoch))
            due_at = self._clock()
        except asyncio.CancelledError:
            outcome = "cancelled"
            self._to_release.append((claim.room_id, claim.epoch))
            raise
        finally:
            del self._running[claim.room_id]
            running.set(len(self._running))
            passes.labels(outcome).inc()
        if outcome == "settled" and due_at <= self._clock():
            self._asked[claim.room_id] = claim.organisation_id
        self._look_at = min(self._look_at, due_at)
        self._wake.set()

    async def _drain(self) -> None:
        left = set(self._running.values())
        if left:
            _, left = await asyncio.wait(left, timeout=_DRAIN_SECONDS)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
        if self._to_release:
            with suppress(DatabaseUnavailable):
                await self._leases.release(self._to_release)


async def keep_comparing(
    compare: Callable[[datetime], Awaitable[None]],
    changed: asyncio.Event,
    look: Callable[[], None],
    clock: Callable[[], datetime],
    stop: asyncio.Event,
    *,
    seconds: float,
) -> None:
    """Compare at once when `changed` is set, and every so many seconds whatever happens."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_pass_on(stop, changed))
        while not stop.is_set():
            changed.clear()
            try:
                await compare(clock())
            except DatabaseUnavailable as error:
                log.warning("comparison_waits_for_database", error=str(error))
            look()
            await _nap(changed, seconds)
            await _pause(stop, _SETTLE_SECONDS)


async def _pass_on(stop: asyncio.Event, changed: asyncio.Event) -> None:
    await stop.wait()
    changed.set()


async def keep_placing_strays(
    place: Callable[[], Awaitable[list[tuple[UUID, UUID]]]],
    hinted: Callable[[Iterable[tuple[UUID, UUID]]], None],
    woken: asyncio.Event,
    stop: asyncio.Event,
    *,
    seconds: float,
) -> None:
    """Deal with stray commands as they come and every so many seconds."""
    while not stop.is_set():
        woken.clear()
        try:
            hinted(await place())
        except DatabaseUnavailable as error:
            log.warning("strays_wait_for_database", error=str(error))
        await _nap(woken, seconds)


class Sweep(Protocol):
    """What is deleted when it is old enough."""

    async def organisations(self) -> list[UUID]:
        """Whose rows there are."""

    async def clear_bookings(self, organisation_id: UUID, now: datetime) -> int:
        """Delete a piece; how much was found."""

    async def clear_rooms(self, now: datetime) -> None:
        """Forget rooms removed long ago."""


async def keep_sweeping(sweep: Sweep, clock: Callable[[], datetime], stop: asyncio.Event) -> None:
    """Delete what is thirty days old, slowly."""
    while not stop.is_set():
        await _pause(stop, SWEEP_SECONDS)
        if stop.is_set():
            return
        try:
            cleared = 0
            for organisation_id in await sweep.organisations():
                cleared += await sweep.clear_bookings(organisation_id, clock())
            if cleared:
                log.info("swept", rows=cleared)
            else:
                await sweep.clear_rooms(clock())
        except DatabaseUnavailable as error:
            log.warning("sweep_waits_for_database", error=str(error))


async def _nap(woken: asyncio.Event, seconds: float) -> None:
    """Wait for the event, which is set after so long whatever happens: idle rounds raise nothing."""
    alarm = asyncio.get_running_loop().call_later(seconds, woken.set)
    try:
        await woken.wait()
    finally:
        alarm.cancel()


async def _pause(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, at most so long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()

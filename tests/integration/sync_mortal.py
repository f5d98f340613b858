"""A worker that dies at a given call, before or after its effect, and the one that takes over: real PostgreSQL, real HTTPS."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

from contracts.commands import Command
from contracts.events import Booking, CommandResult, decode_event
from graphclient import Tenant
from pgstore import Database
from sync_worker.domain.command import Asked, Key
from sync_worker.domain.room import LeaseLost
from sync_worker.domain.schedule import Cadence
from sync_worker.handlers.holding import Options
from sync_worker.handlers.passes import Passes
from sync_worker.store import (
    CommandStore,
    Comparison,
    LeaseStore,
    MirrorStore,
    OutgoingStore,
    PlanStore,
)

from .graphsim_cloud import Cloud
from .subscription_office import Office

Side = Literal["before", "after"]
OPTIONS = Options(timedelta(days=190), Cadence(timedelta(days=30), timedelta(days=30)))


class Crash(BaseException):
    """The process is gone: nothing of it may catch this."""


@dataclass
class Fuse:
    """Counts the calls of one process; at its last one the process dies, and every later call finds it dead."""

    last: int | None = None
    side: Side = "before"
    calls: list[str] = field(default_factory=list)
    dead: bool = False
    freezes_at: tuple[str, int] | None = (
        None  # instead: the n-th call of a name waits for `thaw`, as in a stopped process
    )
    frozen: asyncio.Event = field(default_factory=asyncio.Event)
    thaw: asyncio.Event = field(default_factory=asyncio.Event)

    async def call(self, name: str, effect: Callable[[], Awaitable[Any]]) -> Any:
        if self.dead:
            raise Crash
        self.calls.append(name)
        if (name, self.calls.count(name)) == self.freezes_at:
            self.frozen.set()
            await self.thaw.wait()
        here = len(self.calls) == self.last
        if here and self.side == "before":
            self.dead = True
            raise Crash
        try:
            return await effect()
        finally:
            if here:
                self.dead = True
                raise Crash


class Mortal:
    """Passes calls on while the fuse holds."""

    def __init__(self, fuse: Fuse, whole: object) -> None:
        self._fuse = fuse
        self._whole = whole

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._whole, name)
        if name == "calendar_view":
            return self._pages(method)

        async def call(*args: Any, **more: Any) -> Any:
            return await self._fuse.call(name, lambda: method(*args, **more))

        return call

    def _pages(
        self, method: Callable[..., AsyncIterator[Any]]
    ) -> Callable[..., AsyncIterator[Any]]:
        async def pages(*args: Any) -> AsyncIterator[Any]:
            async def read() -> list[Any]:
                return [page async for page in method(*args)]

            for page in await self._fuse.call("calendar_view", read):
                yield page

        return pages


class _Calendars:
    def __init__(self, diary: Any) -> None:
        self._diary = diary

    async def of(self, _: object) -> Any:
        return self._diary

    def distrust(self, _: object) -> None:
        return None


@dataclass
class Platform:
    bodies: list[bytes] = field(default_factory=list)

    async def publish(self, _exchange: str, _key: str, body: bytes, *, content_type: str) -> None:
        assert content_type
        self.bodies.append(body)

    def results(self) -> list[CommandResult]:
        found = [decode_event(body).data for body in self.bodies]
        return [each for each in found if isinstance(each, CommandResult)]

    def bookings(self) -> dict[UUID, Booking]:
        newest: dict[UUID, Booking] = {}
        for body in self.bodies:
            data = decode_event(body).data
            if isinstance(data, Booking) and (
                data.id not in newest or newest[data.id].version < data.version
            ):
                newest[data.id] = data
        return newest


@dataclass
class Scene:
    """One room, its organisation, the cloud; `now` is the workers' clock."""

    database: Database
    office: Office
    room_id: UUID
    mailbox: UUID
    cloud: Cloud
    tenant: Tenant
    booking_id: UUID = field(default_factory=uuid4)
    platform: Platform = field(default_factory=Platform)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    options: Options = OPTIONS
    crashes: int = 0
    fenced: int = 0

    async def command(self, order: Command) -> None:
        asked = Asked(Key("/tests", str(uuid4())), order, self.now)
        await CommandStore(self.database).note(self.office.id, asked, self.now)

    async def live(self, fuse: Fuse, seconds: float = 0) -> None:
        """One process: everything that is due, until its fuse blows."""
        leases = LeaseStore(self.database, OPTIONS.lease)
        passes = Passes(
            mirror=Mortal(fuse, MirrorStore(self.database, OPTIONS.lease)),
            outgoing=Mortal(fuse, OutgoingStore(self.database)),
            plans=PlanStore(self.database),
            leases=Mortal(fuse, leases),
            calendars=_Calendars(Mortal(fuse, self.tenant)),
            messages=Mortal(fuse, self.platform),
            options=self.options,
            clock=lambda: self.now,
        )
        await Comparison(self.database, OPTIONS.cadence).compare(self.now)
        until = self.now + timedelta(seconds=seconds)
        for _ in range(200):
            self.cloud.attend()
            for claim, rows in await leases.claim(self.office.id, [self.room_id], self.now):
                try:
                    await passes.run(claim, rows)
                except Crash:
                    self.crashes += 1
                    return
                except LeaseLost:
                    self.fenced += 1
                    return
            due = await self._due_at()
            if due > until:
                self.now = until
                return
            self.now = max(self.now, due)
        raise AssertionError("the room never comes to rest")

    async def recover(self, seconds: float = 240) -> None:
        """After the lease: another process, for so long."""
        self.now += timedelta(seconds=61)
        await self.live(Fuse(), seconds)

    async def _due_at(self) -> datetime:
        async with self.database.transaction() as connection:
            due = await connection.fetchval(
                "select due_at from room_sync where room_id = $1", self.room_id
            )
        assert isinstance(due, datetime)
        return due

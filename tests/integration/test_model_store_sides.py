"""The two sides of the model's suite: the shipped stores on PostgreSQL, and the model of them."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

import asyncpg

import subscription_manager.store as manager_sql
import sync_worker.store as worker_sql
from pgstore import Database
from portal.domain.refusal import Refusal
from sync_worker.domain.schedule import Cadence
from tests.simulation import store as model

from .test_model_store_portal import RealPortal
from .test_model_store_tables import OTHER_TABLES, PORTALS, compare_tables

T = TypeVar("T")

LEASE: Final = timedelta(seconds=90)
CADENCE: Final = Cadence(reconcile=timedelta(hours=1), poll=timedelta(minutes=5))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call came to: its value, or the name of what it raised."""

    value: Any = None
    raised: str | None = None


@dataclass
class Sides:
    """Does everything twice, and compares results, errors, tables and notifications."""

    loop: asyncio.AbstractEventLoop
    server: "asyncpg.Connection[asyncpg.Record]"  # a superuser's: sees every organisation
    worker: Database
    manager: Database
    portal: RealPortal
    called: set[tuple[str, str]] = field(default_factory=set)
    seen: Counter[str] = field(default_factory=Counter)
    rounds: int = 0

    def __post_init__(self) -> None:
        self._real: dict[str, Any] = {
            "hints": worker_sql.HintStore(self.worker),
            "commands": worker_sql.CommandStore(self.worker),
            "leases": worker_sql.LeaseStore(self.worker, LEASE),
            "mirror": worker_sql.MirrorStore(self.worker, LEASE),
            "outgoing": worker_sql.OutgoingStore(self.worker),
            "plan": worker_sql.PlanStore(self.worker),
            "comparison": worker_sql.Comparison(self.worker, CADENCE),
            "sweep": worker_sql.SweepStore(self.worker),
            "credentials": worker_sql.CredentialStore(self.worker),
            "subscriptions": manager_sql.Store(self.manager, LEASE),
            "tenants": manager_sql.TenantStore(self.manager),
            "watch": manager_sql.CredentialStore(self.manager),
        }
        self._heard: list[str] = []
        self._told = asyncio.Event()
        self._fresh_model()

    def _fresh_model(self) -> None:
        self._model_heard: list[str] = []
        self.tables = model.Tables(heard=self._model_heard.append)
        self._drawn: Mapping[UUID, datetime] = {}
        database = model.ModelDatabase(self.tables, spread=self._draw)
        self._model: dict[str, Any] = {
            "hints": model.HintStore(database),
            "commands": model.CommandStore(database),
            "leases": model.LeaseStore(database, LEASE),
            "mirror": model.MirrorStore(database, LEASE),
            "outgoing": model.OutgoingStore(database),
            "plan": model.PlanStore(database),
            "comparison": model.Comparison(database, CADENCE),
            "sweep": model.SweepStore(database),
            "credentials": model.CredentialStore(database),
            "subscriptions": model.SubscriptionStore(database, LEASE),
            "tenants": model.TenantStore(database),
            "watch": model.ManagerCredentialStore(database),
        }
        self._model_portal = model.Portal(self.tables)

    def wanted(self) -> set[tuple[str, str]]:
        """Every public method of every shipped store."""
        return {
            (name, method)
            for name, store in self._real.items()
            for method in vars(type(store))
            if not method.startswith("_")
        }

    async def open(self) -> None:
        """Hear the database's notifications; the model must have every table that is not named above."""
        await self.server.add_listener("clearooms", self._hear)
        rows = await self.server.fetch(
            "select tablename from pg_tables where schemaname = 'public' order by 1"
        )
        names = {row["tablename"] for row in rows} - OTHER_TABLES.keys()
        assert names == model.TABLES
        self._everything = sorted(names)
        self._dispatched = sorted(names - PORTALS)

    def begin(self) -> None:
        """Empty both sides."""
        self._wait(self._begin())

    def end(self) -> None:
        """What was notified on both sides since `begin` must be the same."""
        self._wait(self._end())

    def call(
        self,
        store: str,
        method: str,
        *arguments: Any,
        shown: Callable[[Any], Any] = lambda value: value,
        **named: Any,
    ) -> Outcome:
        """Call a store's method on both sides; the model's outcome, once it is seen to be the database's."""
        self.called.add((store, method))
        return self._wait(self._call(store, method, arguments, named, shown))

    def found(self, method: str, *arguments: Any, **named: Any) -> Outcome:
        """Let the portal write on both sides."""
        return self._wait(self._found(method, arguments, named))

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    async def _begin(self) -> None:
        await self.server.execute(
            "truncate " + ", ".join((*self._everything, "users", "sessions", "office_plans"))
        )
        self.rounds += 1
        self._heard.clear()
        self._fresh_model()

    async def _end(self) -> None:
        mark = f"end {self.rounds}"
        await self.server.execute(f"notify clearooms, '{mark}'")
        async with asyncio.timeout(10):
            while mark not in self._heard:
                self._told.clear()
                await self._told.wait()
        self._heard.remove(mark)
        assert self._heard == self._model_heard
        self.seen["notifications"] += len(self._heard)

    def _hear(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self._heard.append(str(payload))
        self._told.set()

    async def _call(
        self,
        store: str,
        method: str,
        arguments: tuple[Any, ...],
        named: dict[str, Any],
        shown: Callable[[Any], Any],
    ) -> Outcome:
        real = await _outcome(getattr(self._real[store], method)(*arguments, **named), shown)
        if (store, method) == ("subscriptions", "compare"):
            rows = await self.server.fetch("select room_id, due_at from subscriptions")
            self._drawn = {row["room_id"]: row["due_at"] for row in rows}
        plain = await _outcome(getattr(self._model[store], method)(*arguments, **named))
        modelled = Outcome(shown(plain.value)) if plain.raised is None else plain
        assert modelled == real, (
            f"{store}.{method}\ncalled with {arguments} {named}\n   model: {modelled}\ndatabase: {real}"
        )
        await compare_tables(self.server, self.tables, f"{store}.{method}", self._dispatched)
        self.seen[f"{store}.{method}: {plain.raised or 'done'}"] += 1
        return plain

    async def _found(
        self, method: str, arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> Outcome:
        real = await _outcome(getattr(self.portal, method)(*arguments, **named))
        if method in {"remove_room", "confirm_removals"}:
            arguments = arguments[1:]
        try:
            modelled = Outcome(getattr(self._model_portal, method)(*arguments, **named))
        except asyncpg.PostgresError as error:
            modelled = Outcome(raised=type(error).__name__)
        assert modelled == real, f"portal.{method}: model {modelled}, database {real}"
        await compare_tables(self.server, self.tables, f"portal.{method}", self._everything)
        self.seen[f"portal.{method}: {modelled.raised or 'done'}"] += 1
        return modelled

    def _draw(self, room_id: UUID, now: datetime) -> datetime:
        """The moment the database drew."""
        drawn = self._drawn[room_id]
        assert now <= drawn <= now + timedelta(days=1)
        self.seen["moments drawn for an old key"] += 1
        return drawn


async def _outcome(
    call: Awaitable[Any], shown: Callable[[Any], Any] = lambda value: value
) -> Outcome:
    try:
        return Outcome(shown(await call))
    except Refusal:
        return Outcome(raised="UniqueViolationError")  # the portal's word for it
    except AssertionError:
        raise
    except Exception as error:  # noqa: BLE001  # the suite compares whatever is raised
        return Outcome(raised=type(error).__name__)

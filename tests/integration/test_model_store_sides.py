"""The two sides of the model's suite: the shipped stores on PostgreSQL, and the model of them."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final, TypeAlias, TypeVar
from uuid import UUID, uuid4

import asyncpg
import msgspec

import subscription_manager.store as manager_sql
import sync_worker.store as worker_sql
from pgstore import Database
from portal.domain.accounts import Organisation
from portal.domain.integration import Replacement
from portal.domain.offices import Office
from portal.domain.refusal import Refusal
from portal.domain.rooms import ListedRoom
from portal.store.integrations import IntegrationStore
from portal.store.offices import OfficeStore
from portal.store.organisations import OrganisationStore
from portal.store.rooms import RoomStore
from sync_worker.domain.schedule import Cadence
from tests.simulation import store as model

T = TypeVar("T")

LEASE: Final = timedelta(seconds=90)
CADENCE: Final = Cadence(reconcile=timedelta(hours=1), poll=timedelta(minutes=5))
_ACTOR: Final = "tests"

# What is not compared, and why. Any other table or column that appears in the database must appear in the model.
OTHER_TABLES: Final = {
    "audit": "for people, written by the portal",
    "schema_migrations": "the schema's own",
    "sessions": "the portal's alone",
    "users": "the portal's alone",
}
_PORTALS: Final = {
    "credentials",
    "integrations",
    "offices",
    "organisations",
    "rooms",
}  # nobody else may write there
_OTHER_COLUMNS: Final = {
    "conflicts": {"id"},  # an identity: also counts what was never written
    "integrations": {
        "tested_at",
        "test_result",
    },  # what Test Settings showed, for the portal's pages
    "journal": {"id"},  # as conflicts.id
    "rooms": {"building", "floor"},  # for the portal's pages
}

Records: TypeAlias = dict[tuple[object, ...], list[dict[str, Any]]]

_SPECIAL: Final = {"due_at", "lease_until", "not_before", "pending"}
_KEYS: Final = {
    "bookings": ("room_id", "id"),
    "commands": ("organisation_id", "source", "id"),
    "conflicts": ("room_id", "kind", "booking_id", "other_id", "command_id", "at", "cleared_at"),
    "credential_watch": ("organisation_id",),
    "credentials": ("organisation_id",),
    "integrations": ("organisation_id",),
    "intents": ("room_id", "id"),
    "journal": ("room_id", "booking_id", "at", "entry", "version"),
    "offices": ("id",),
    "organisations": ("id",),
    "room_sync": ("room_id",),
    "rooms": ("id",),
    "slot_holds": ("room_id", "booking_id"),
    "stray_commands": ("organisation_id", "source", "command_id"),
    "subscriptions": ("room_id",),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call came to: its value, or the name of what it raised."""

    value: Any = None
    raised: str | None = None


@dataclass
class RealPortal:
    """The model's Portal, by the portal's own statements."""

    database: Database

    async def found(self, organisation_id: UUID, name: str, now: datetime) -> None:
        await OrganisationStore(self.database).add(
            Organisation(id=organisation_id, name=name, created_at=now),
            user_id=uuid4(),
            email=f"{organisation_id}@x.test",
            password_hash="none",
            actor=_ACTOR,
        )

    async def integrate(
        self,
        organisation_id: UUID,
        *,
        tenant_id: UUID,
        client_id: UUID,
        enabled: bool,
        sealed_secret: bytes | None,
        now: datetime,
    ) -> None:
        store = IntegrationStore(self.database)
        old = await store.load(organisation_id)
        new = Replacement(
            tenant_id=tenant_id,
            client_id=client_id,
            enabled=enabled,
            sealed_secret=sealed_secret,
            secret_expires_at=None,
            keep_test=False,
            outcome=None,
            based_on=old.revision if old else None,
        )
        await store.replace(organisation_id, new, now=now, actor=_ACTOR)

    async def switch(self, organisation_id: UUID, *, enabled: bool, now: datetime) -> None:
        await self._again(organisation_id, enabled=enabled, sealed_secret=None, now=now)

    async def renew_secret(
        self, organisation_id: UUID, sealed_secret: bytes, now: datetime
    ) -> None:
        await self._again(organisation_id, enabled=None, sealed_secret=sealed_secret, now=now)

    async def open_office(self, organisation_id: UUID, office_id: UUID, now: datetime) -> None:
        office = Office(
            id=office_id,
            name="HQ",
            time_zone="Europe/Berlin",
            opens=time(8),
            closes=time(18),
            created_at=now,
        )
        await OfficeStore(self.database).add(organisation_id, office, actor=_ACTOR)

    async def add_room(
        self,
        organisation_id: UUID,
        room_id: UUID,
        *,
        office_id: UUID,
        mailbox_id: UUID,
        now: datetime,
        capacity: int | None,
    ) -> UUID:
        saved = await IntegrationStore(self.database).load(organisation_id)
        assert saved is not None
        added = await RoomStore(self.database).add(
            organisation_id,
            room_id,
            ListedRoom(mailbox_id, "room@x.test", "Room", capacity, None, None),
            tenant_id=saved.tenant_id,
            office_id=office_id,
            now=now,
            actor=_ACTOR,
        )
        return added.id

    async def remove_room(self, organisation_id: UUID, room_id: UUID, now: datetime) -> None:
        await RoomStore(self.database).remove(organisation_id, room_id, now=now, actor=_ACTOR)

    async def offboard(self, organisation_id: UUID, now: datetime) -> None:
        await OrganisationStore(self.database).remove(organisation_id, now=now, actor=_ACTOR)

    async def _again(
        self,
        organisation_id: UUID,
        *,
        enabled: bool | None,
        sealed_secret: bytes | None,
        now: datetime,
    ) -> None:
        saved = await IntegrationStore(self.database).load(organisation_id)
        assert saved is not None
        await self.integrate(
            organisation_id,
            tenant_id=saved.tenant_id,
            client_id=saved.client_id,
            enabled=saved.enabled if enabled is None else enabled,
            sealed_secret=sealed_secret,
            now=now,
        )


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
            "comparison": worker_sql.Comparison(self.worker, CADENCE),
            "sweep": worker_sql.SweepStore(self.worker),
            "credentials": worker_sql.CredentialStore(self.worker),
            "subscriptions": manager_sql.Store(self.manager, LEASE),
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
            "comparison": model.Comparison(database, CADENCE),
            "sweep": model.SweepStore(database),
            "credentials": model.CredentialStore(database),
            "subscriptions": model.SubscriptionStore(database, LEASE),
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
        self._dispatched = sorted(names - _PORTALS)

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
        await self.server.execute("truncate " + ", ".join((*self._everything, "users", "sessions")))
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
        await self._compare(f"{store}.{method}", self._dispatched)
        self.seen[f"{store}.{method}: {plain.raised or 'done'}"] += 1
        return plain

    async def _found(
        self, method: str, arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> Outcome:
        real = await _outcome(getattr(self.portal, method)(*arguments, **named))
        if method == "remove_room":
            arguments = arguments[1:]
        try:
            modelled = Outcome(getattr(self._model_portal, method)(*arguments, **named))
        except asyncpg.PostgresError as error:
            modelled = Outcome(raised=type(error).__name__)
        assert modelled == real, f"portal.{method}: model {modelled}, database {real}"
        await self._compare(f"portal.{method}", self._everything)
        self.seen[f"portal.{method}: {modelled.raised or 'done'}"] += 1
        return modelled

    def _draw(self, room_id: UUID, now: datetime) -> datetime:
        """The moment the database drew."""
        drawn = self._drawn[room_id]
        assert now <= drawn <= now + timedelta(days=1)
        self.seen["moments drawn for an old key"] += 1
        return drawn

    async def _compare(self, after: str, names: Sequence[str]) -> None:
        """All tables in one round trip, their rows as composites."""
        whole = ", ".join(f"array(select t from {each} t) as {each}" for each in names)  # noqa: S608  # tables' names
        real = await self.server.fetchrow(f"select {whole}")
        assert real is not None
        modelled = model.content(self.tables, names)
        for name in names:
            theirs, mine = _by_key(name, real[name]), _by_key(name, modelled[name])
            if mine != theirs:
                raise AssertionError(f"{name} after {after}: {_difference(mine, theirs)}")


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


def _by_key(table: str, rows: Iterable[Mapping[str, Any]]) -> Records:
    """The compared columns of each row, by its key."""
    other: set[str] = _OTHER_COLUMNS.get(table, set())
    keys = _KEYS[table]
    found: Records = {}
    for row in rows:
        record = dict(row)
        for name in other & record.keys():
            del record[name]
        for name in _SPECIAL & record.keys():
            record[name] = _comparable(record[name])
        found.setdefault(tuple(record[name] for name in keys), []).append(record)
    for group in found.values():
        if len(group) > 1:
            group.sort(key=lambda record: str(record.get("detail")))
    return found


def _comparable(value: Any) -> Any:
    """The driver's infinity has no zone; what a hint does not say yet may be left out of it."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value
    if isinstance(value, list):
        return [{key: each[key] for key in each if each[key] not in (None, 0)} for each in value]
    return value


def _difference(mine: Records, real: Records) -> str:
    """Row by row the columns that differ: the model's value, then the database's."""
    told: list[str] = []
    for key in mine.keys() | real.keys():
        one, other = mine.get(key, []), real.get(key, [])
        if len(one) != len(other):
            told.append(
                f"{key}: {len(one)} in the model, {len(other)} in the database: {one or other}"
            )
            continue
        for left, right in zip(one, other, strict=True):
            names = [each for each in left | right if left.get(each, "-") != right.get(each, "-")]
            pairs = {
                each: (left.get(each, "lacking"), right.get(each, "lacking")) for each in names
            }
            told.extend([f"{key}: {pairs}"] if pairs else [])
    return "\n".join(told)


async def superuser(server_dsn: str, database: str) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection that sees every organisation's rows, json decoded as the services decode it."""
    connection = await asyncpg.connect(server_dsn, database=database)
    # Binary, since only so they can be part of a row.
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + msgspec.json.encode(value),
        decoder=lambda value: msgspec.json.decode(value[1:]),
        format="binary",
    )
    return connection

"""The pool of one service: its role, its transactions, and errors named for what the caller can do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias
from uuid import UUID

import asyncpg
import structlog

from .connecting import CONNECT_SECONDS, Connect, RawConnection, connect_as
from .errors import DatabaseUnavailable, PgstoreError, is_passing, means_server_gone
from .listening import follow_channel

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

log = structlog.get_logger()

Connection: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"

# Inside one statement instead of a transaction around it: the organisation whose content the statement sees from the
# moment this expression is computed. So whatever touches content must take its organisation's id from here.
ORGANISATION: Final = "set_config('clearooms.organisation', {}::uuid::text, true)::uuid"

_ACQUIRE_SECONDS = 10.0
_PROBE_EVERY_SECONDS = 5.0


class Role(StrEnum):
    """The role a service's pool runs as; created by the migrations, granted to logins by the operator."""

    WORKER = "clearooms_worker"
    MANAGER = "clearooms_manager"
    PORTAL = "clearooms_portal"


class Database:
    """Transactions of one role on one server."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", connect: Connect) -> None:
        self._pool = pool
        self._connect = connect
        self._healthy = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Open a transaction that sees no organisation's content, for dispatch tables; raises `DatabaseUnavailable`.

        It is begun by hand to save round trips: nested `connection.transaction()` is not available in it.
        """
        async with self._begun("") as connection:
            yield connection

    @asynccontextmanager
    async def organisation_transaction(self, organisation_id: UUID) -> AsyncIterator[Connection]:
        """Open a transaction that sees the content of one organisation; raises `DatabaseUnavailable`."""
        async with self._begun(str(organisation_id)) as connection:
            yield connection

    @asynccontextmanager
    async def statement(self) -> AsyncIterator[Connection]:
        """Lend a connection for single statements, each its own transaction: two round trips saved.

        It sees dispatch tables, and content only through `ORGANISATION`. Raises `DatabaseUnavailable`.
        """
        async with self._lent() as connection:
            yield connection

    async def listen(
        self, channel: str, notify: Callable[[str], None], stop: asyncio.Event
    ) -> None:
        """Call `notify` with each payload until `stop`; with "" after each (re)connect, as something may be missed."""
        await follow_channel(self._connect, channel, notify, stop)

    def healthy(self) -> bool:
        """Tell whether the last contact with the server, at most a few seconds ago, went well."""
        return self._healthy

    async def probe(self) -> None:
        """Ask the server for a sign of life; raises `DatabaseUnavailable`."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS + 1), self.transaction() as connection:
                await connection.execute("select 1")
        except (DatabaseUnavailable, TimeoutError) as error:
            self._healthy = False
            raise DatabaseUnavailable(str(error)) from error

    @asynccontextmanager
    async def _begun(self, organisation: str) -> AsyncIterator[Connection]:
        async with self._lent() as connection:
            # One round trip; and since every transaction sets the organisation, nothing leaks from the one before:
            # the pool needs no RESET in between.
            await connection.execute(f"begin; set local clearooms.organisation = '{organisation}'")
            try:
                yield connection
            except BaseException:
                with suppress(Exception):  # a dead connection cannot; its server rolls back
                    await connection.execute("rollback")
                raise
            await connection.execute("commit")

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator[Connection]:
        try:
            async with self._pool.acquire(timeout=_ACQUIRE_SECONDS) as connection:
                yield connection
        except (
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
            OSError,
        ) as error:
            if means_server_gone(error):
                self._healthy = False
                await self._pool.expire_connections()
            if is_passing(error):
                raise DatabaseUnavailable(f"{type(error).__name__}: {error}") from error
            raise
        self._healthy = True


@asynccontextmanager
async def open_database(dsn: str, role: Role, *, most: int = 10) -> AsyncIterator[Database]:
    """Open a pool of up to `most` connections that runs as `role`, also while the server is away.

    Raises `RoleRefused` or `LoginRefused` at once when the server answers and refuses.
    """
    connect = connect_as(dsn, role.value)
    failure: Exception | None = None
    async with asyncpg.create_pool(
        dsn, min_size=0, max_size=most, connect=connect, reset=_nothing_to_reset
    ) as pool:
        database = Database(pool, connect)
        try:
            await database.probe()
        except DatabaseUnavailable as error:
            log.warning("database_away", role=role.value, error=str(error))
        async with asyncio.TaskGroup() as loops:
            probing = loops.create_task(_keep_probing(database))
            try:
                yield database
            except Exception as error:  # noqa: BLE001  # carried past the TaskGroup, which would wrap it
                failure = error
            finally:
                probing.cancel()
    if failure is not None:
        raise failure


async def _nothing_to_reset(_: RawConnection) -> None:
    return None


async def _keep_probing(database: Database) -> None:
    while True:
        await asyncio.sleep(_PROBE_EVERY_SECONDS)
        was = database.healthy()
        try:
            await database.probe()
        except PgstoreError as error:
            if was:
                log.warning("database_away", error=str(error))
        else:
            if not was:
                log.info("database_back")

"""The database of a standalone: embedded or given, brought up to date, reached by one login without rights of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import structlog

from pgstore import DatabaseUnavailable, Role, migrate
from pgstore.launcher import open_server
from pgstore.logins import make_login

log = structlog.get_logger()

EMBEDDED = "embedded"
_NAME = "clearooms"
_LOGIN = "clearooms_standalone"
_RETRY_SECONDS = 2.0


@asynccontextmanager
async def open_owner(url: str, data_dir: Path) -> AsyncIterator[str]:
    """Yield the owner's DSN; for `embedded` run the bundled server on `data_dir` meanwhile."""
    if url != EMBEDDED:
        yield url
        return
    async with open_server(data_dir / "database") as server_dsn:
        connection = await asyncpg.connect(server_dsn, timeout=10)
        try:
            known = "select exists (select from pg_database where datname = $1)"
            if not await connection.fetchval(known, _NAME):
                await connection.execute(f"create database {_NAME}")
        finally:
            await connection.close(timeout=5)
        yield server_dsn.rpartition("/")[0] + "/" + _NAME


async def bring_up_to_date(
    owner_dsn: str, bus_schema: str | None, stop: asyncio.Event
) -> str | None:
    """Migrate as owner, waiting for a server that is away, and return the services' login; None when stopped."""
    while not stop.is_set():
        try:
            for name in await migrate(owner_dsn):
                log.info("migration_applied", name=name)
            if bus_schema is not None:
                await _run(owner_dsn, bus_schema)
            roles = [*Role, *([] if bus_schema is None else [_BUS_ROLE])]
            return await make_login(owner_dsn, _LOGIN, [str(role) for role in roles])
        except (DatabaseUnavailable, OSError) as error:
            log.warning("database_away", error=str(error))
            try:
                async with asyncio.timeout(_RETRY_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue
    return None


_BUS_ROLE = "clearooms_bus"


async def _run(owner_dsn: str, sql: str) -> None:
    connection = await asyncpg.connect(owner_dsn, timeout=10)
    try:
        await connection.execute(sql)
    finally:
        await connection.close(timeout=5)

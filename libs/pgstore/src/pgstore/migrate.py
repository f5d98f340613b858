"""Apply the numbered SQL files once each, in order, as the owner of the database."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

import asyncpg

from .errors import DatabaseUnavailable, LoginRefused, PgstoreError, is_passing

_ADVISORY_LOCK = 0x636C6561726F6F6D  # "clearoom": one migration at a time on a database
_TABLE = """
    create table if not exists schema_migrations (
        name text primary key, sha256 text not null, applied_at timestamptz not null default now())
"""


class MigrationRefused(PgstoreError):
    """A file differs from what was applied, comes too late in the order, or its SQL failed."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One SQL file, applied in a transaction of its own."""

    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Fingerprint that is kept with the applied name."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def packaged_migrations() -> list[Migration]:
    """Return the files of this package in their order."""
    folder = files(__package__) / "migrations"
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return [
        Migration(file.name, file.read_text()) for file in sorted(found, key=lambda file: file.name)
    ]


async def migrate(owner_dsn: str, migrations: list[Migration] | None = None) -> list[str]:
    """Apply what is missing and return the applied names; does nothing the second time.

    Raises `DatabaseUnavailable`, `LoginRefused`, `MigrationRefused`.
    """
    wanted = packaged_migrations() if migrations is None else migrations
    try:
        connection = await asyncpg.connect(owner_dsn, timeout=10)
        try:
            await connection.execute("select pg_advisory_lock($1)", _ADVISORY_LOCK)
            await connection.execute(_TABLE)
            rows = await connection.fetch("select name, sha256 from schema_migrations")
            missing = _missing(wanted, {row["name"]: row["sha256"] for row in rows})
            for migration in missing:
                await _apply(connection, migration)
        finally:
            await connection.close(timeout=5)  # frees the lock
    except (
        asyncpg.InvalidAuthorizationSpecificationError,
        asyncpg.InvalidCatalogNameError,
        asyncpg.ClientConfigurationError,
    ) as error:
        raise LoginRefused(str(error)) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        if is_passing(error):
            raise DatabaseUnavailable(f"{type(error).__name__}: {error}") from error
        raise MigrationRefused(str(error)) from error
    return [migration.name for migration in missing]


def _missing(wanted: list[Migration], applied: dict[str, str]) -> list[Migration]:
    for migration in wanted:
        if applied.get(migration.name, migration.sha256) != migration.sha256:
            raise MigrationRefused(
                f"{migration.name} was changed after it had been applied: write a new file instead"
            )
    missing = [migration for migration in wanted if migration.name not in applied]
    if missing and applied and missing[0].name < max(applied):
        raise MigrationRefused(
            f"{missing[0].name} sorts before {max(applied)}, which is applied already"
        )
    return missing


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]", migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(
                "insert into schema_migrations (name, sha256) values ($1, $2)",
                migration.name,
                migration.sha256,
            )
    except asyncpg.PostgresError as error:
        if is_passing(error):
            raise
        raise MigrationRefused(f"{migration.name}: {error}") from error

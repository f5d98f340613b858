"""Databases for tests: a template migrated once per server, a clone per test."""

import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from .database import Role
from .migrate import migrate, packaged_migrations

OWNER = "clearooms_owner"
LOGIN = "clearooms_login"
BUS_ROLE = "clearooms_bus"

_ADVISORY_LOCK = 0x74656D706C617465  # "template": sessions that share a server make it once


@dataclass(frozen=True, slots=True)
class TestDatabase:
    """One test's own database. Neither login is a superuser."""

    __test__ = False  # not a test class, whatever its name begins with

    name: str
    owner_dsn: str
    login_dsn: str


@dataclass(frozen=True, slots=True)
class Template:
    """What `clone` needs: the server's superuser, the template's name, the password of both logins."""

    server_dsn: str
    name: str
    password: str


async def make_template(server_dsn: str) -> Template:
    """Make the migrated template on this server unless one of the same migrations is there."""
    fingerprint = hashlib.sha256("".join(each.sha256 for each in packaged_migrations()).encode())
    name = f"clearooms_template_{fingerprint.hexdigest()[:12]}"
    # Sessions that share a server agree on the logins' password without storing it.
    password = hashlib.sha256(f"{urlsplit(server_dsn).password} for tests".encode()).hexdigest()[
        :32
    ]
    template = Template(server_dsn, name, password)
    connection = await asyncpg.connect(server_dsn)
    try:
        await connection.execute("select pg_advisory_lock($1)", _ADVISORY_LOCK)
        await _make_logins(connection, password)
        if not await connection.fetchval(
            "select exists (select from pg_database where datname = $1)", template.name
        ):
            building = template.name + "_building"
            await connection.execute(f"drop database if exists {building} with (force)")
            await connection.execute(f"create database {building} owner {OWNER}")
            await migrate(_dsn(server_dsn, building, OWNER, template.password))
            await connection.execute(f"alter database {building} rename to {template.name}")
        for role in (*Role, BUS_ROLE):
            await connection.execute(f"grant {role} to {LOGIN}")
    finally:
        await connection.close()
    return template


@asynccontextmanager
async def clone(template: Template) -> AsyncIterator[TestDatabase]:
    """Yield a fresh database, dropped afterwards with whoever is still connected."""
    name = f"test_{secrets.token_hex(8)}"
    connection = await asyncpg.connect(template.server_dsn)
    try:
        await connection.execute(f"create database {name} template {template.name} owner {OWNER}")
        yield TestDatabase(
            name,
            _dsn(template.server_dsn, name, OWNER, template.password),
            _dsn(template.server_dsn, name, LOGIN, template.password),
        )
    finally:
        if connection.is_closed():  # the test restarted the server
            connection = await asyncpg.connect(template.server_dsn)
        await connection.execute(f"drop database if exists {name} with (force)")
        await connection.close()


async def _make_logins(connection: "asyncpg.Connection[asyncpg.Record]", password: str) -> None:
    if connection.get_server_version().major >= 16:
        # The password is random: stretching it would only cost each test's connections 10 ms.
        await connection.execute("set scram_iterations = 16")
    # The bus's role stands ready because a login can be granted only what exists.
    wanted = {OWNER: "login createrole", LOGIN: "login noinherit", BUS_ROLE: "nologin"}
    for role, attributes in wanted.items():
        if not await connection.fetchval(
            "select exists (select from pg_roles where rolname = $1)", role
        ):
            await connection.execute(f"create role {role} {attributes}")
    for role in (OWNER, LOGIN):
        await connection.execute(f"alter role {role} password '{password}'")
    await connection.execute(f"grant {BUS_ROLE} to {OWNER} with admin option")


def _dsn(server_dsn: str, database: str, login: str, password: str) -> str:
    parts = urlsplit(server_dsn)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(
        parts._replace(netloc=f"{quote(login)}:{quote(password)}@{place}", path=f"/{database}")
    )

"""The one login of a process that runs several services: it may become their roles and is nothing else."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import asyncpg

from .errors import PgstoreError


class LoginNotMade(PgstoreError):
    """The owner may not create or grant a login; the message is the server's."""


async def make_login(owner_dsn: str, name: str, roles: Sequence[str]) -> str:
    """Create or keep the login `name`, grant it exactly the ability to become `roles`, and return its DSN.

    Its password follows from the owner's, so that a restart changes nothing for who is still connected.
    Raises `LoginNotMade`; connection errors are the driver's.
    """
    parts = urlsplit(owner_dsn)
    if parts.password:
        known = unquote(parts.password).encode()
        password = hmac.digest(known, f"login {name}".encode(), hashlib.sha256).hex()
    else:
        password = secrets.token_hex(32)
    connection = await asyncpg.connect(owner_dsn, timeout=10)
    try:
        if not await connection.fetchval(
            "select exists (select from pg_roles where rolname = $1)", name
        ):
            await connection.execute(f"create role {_quoted(name)} login noinherit nosuperuser")
        await connection.execute(f"alter role {_quoted(name)} password '{password}'")
        for role in roles:
            await connection.execute(f"grant {_quoted(role)} to {_quoted(name)}")
    except asyncpg.InsufficientPrivilegeError as error:
        raise LoginNotMade(
            f"the database's owner must be allowed to create roles: {error}"
        ) from error
    finally:
        await connection.close(timeout=5)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(name)}:{password}@{place}"))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

"""One connection as a service's role: rights, timeouts and codecs, checked before anything uses it."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import asyncpg
import msgspec

from .errors import LoginRefused, RoleRefused

RawConnection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Connect: TypeAlias = Callable[..., Coroutine[Any, Any, RawConnection]]

CONNECT_SECONDS = 5.0
_STATEMENT_SECONDS = 30.0

# Defaults of every session. As startup parameters they cost no round trip, and RESET returns to them.
_SESSION = {
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "jit": "off",  # compiles for longer than our short queries run
}


def connect_as(dsn: str, role: str) -> Connect:
    """Return a function that connects and holds `role` for the life of the connection.

    It raises `RoleRefused`, `LoginRefused`, or the driver's error while the server is away.
    """

    async def connect(*_: object, **pool_options: Any) -> RawConnection:
        settings = _SESSION | {"role": role, "application_name": role}
        try:
            connection: RawConnection = await asyncpg.connect(
                dsn,
                timeout=CONNECT_SECONDS,
                command_timeout=_STATEMENT_SECONDS,
                server_settings=settings,
                **pool_options,
            )
        except asyncpg.InsufficientPrivilegeError as error:
            raise RoleRefused(f"the login is no member of {role}: grant {role} to it") from error
        except asyncpg.InvalidParameterValueError as error:
            raise RoleRefused(
                f"no role {role}: run `python -m pgstore migrate` first ({error})"
            ) from error
        except (
            asyncpg.InvalidAuthorizationSpecificationError,
            asyncpg.InvalidCatalogNameError,
            asyncpg.ClientConfigurationError,
        ) as error:
            raise LoginRefused(str(error)) from error
        try:
            await _prepare(connection, role)
        except BaseException:
            connection.terminate()
            raise
        return connection

    return connect


async def _prepare(connection: RawConnection, role: str) -> None:
    # A pooler in between may swallow the startup parameter: then the login's own rights would hold, perhaps the owner's.
    actual = await connection.fetchval("select current_user::text")
    if actual != role:
        raise RoleRefused(f"the connection runs as {actual}, not as {role}")
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=_encode, decoder=msgspec.json.decode, format="text"
        )


def _encode(value: object) -> str:
    return msgspec.json.encode(value).decode()

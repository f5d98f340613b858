"""What a caller can do about a database error: come back later, or mend the configuration."""

import asyncpg


class PgstoreError(Exception):
    """Every error this library raises on purpose."""


class DatabaseUnavailable(PgstoreError):
    """Not now: connection, failover, lock timeout or serialization. The whole transaction may be repeated."""


class LoginRefused(PgstoreError):
    """The server refuses the login, or knows no such database: the DSN is wrong."""


class RoleRefused(PgstoreError):
    """The login cannot become the service's role, so nothing is read or written with other rights."""


# Classes: 08 connection, 53 resources (disk full, connection slots), 57P operator intervention. Codes: read-only
# transaction (a demoted server), serialization, deadlock, cancelled, lock timeout, idle-in-transaction timeout.
_PASSING = ("08", "53", "57P", "25006", "40001", "40P01", "57014", "55P03", "25P03")
_SERVER_GONE = ("08", "57P", "25006")


def is_passing(error: BaseException) -> bool:
    """Tell whether repeating the transaction later may help."""
    match error:
        case asyncpg.InvalidCachedStatementError() | asyncpg.InternalClientError() | OSError():
            return True
        case asyncpg.PostgresError():
            return (error.sqlstate or "").startswith(_PASSING)
        case _:
            return _is_closed(error)


def means_server_gone(error: BaseException) -> bool:
    """Tell whether every other pooled connection leads to the same dead or demoted server (reliability F49)."""
    match error:
        case asyncpg.PostgresError():
            return (error.sqlstate or "").startswith(_SERVER_GONE)
        case asyncpg.TargetServerAttributeNotMatched():
            return False  # of several servers none takes writes now: nothing is known of those that are connected
        case asyncpg.InternalClientError():
            return True  # told of its end between two statements and not closed yet; lent again, it fails again
        case _:
            return isinstance(error, ConnectionError) or _is_closed(error)


def _is_closed(error: BaseException) -> bool:
    # asyncpg has no class of its own for "you use a connection that is gone".
    return isinstance(error, asyncpg.InterfaceError) and "closed" in str(error)

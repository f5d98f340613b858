"""PostgreSQL for the services: roles, transactions, migrations, envelopes, an embedded server."""

from .database import Connection, Database, Role, open_database
from .errors import DatabaseUnavailable, LoginRefused, PgstoreError, RoleRefused
from .migrate import MigrationRefused, migrate

__all__ = [
    "Connection",
    "Database",
    "DatabaseUnavailable",
    "LoginRefused",
    "MigrationRefused",
    "PgstoreError",
    "Role",
    "RoleRefused",
    "migrate",
    "open_database",
]

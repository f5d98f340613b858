"""PostgreSQL for the services: roles, transactions, migrations, envelopes, an embedded server."""

from .database import Connection, Database, Role, open_database
from .errors import DatabaseUnavailable, LoginRefused, PgstoreError, RoleRefused
from .migrate import MigrationRefused, migrate
from .secret_box import SecretBox, SecretKeysInvalid, SecretUnreadable

__all__ = [
    "Connection",
    "Database",
    "DatabaseUnavailable",
    "LoginRefused",
    "MigrationRefused",
    "PgstoreError",
    "Role",
    "RoleRefused",
    "SecretBox",
    "SecretKeysInvalid",
    "SecretUnreadable",
    "migrate",
    "open_database",
]

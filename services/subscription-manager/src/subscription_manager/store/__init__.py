"""The manager's only SQL: one method, one transaction."""

from .credentials import RETRY_CREDENTIALS, CredentialStore
from .messages import MessageStore
from .rooms import Store
from .tenants import SWEEP_EVERY, TenantStore
from .watch import WatchStore

__all__ = [
    "RETRY_CREDENTIALS",
    "SWEEP_EVERY",
    "CredentialStore",
    "MessageStore",
    "Store",
    "TenantStore",
    "WatchStore",
]

"""The manager's only SQL: one method, one transaction."""

from .credentials import RETRY_CREDENTIALS, CredentialStore
from .rooms import Store
from .tenants import SWEEP_EVERY, TenantStore

__all__ = ["RETRY_CREDENTIALS", "SWEEP_EVERY", "CredentialStore", "Store", "TenantStore"]

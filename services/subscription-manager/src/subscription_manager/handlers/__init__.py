"""Carries out the plan for one room at a time, and sweeps tenants; the only place that asks Graph."""

from .keeper import Ended, Keeper
from .needs import LeaseLost, Records, SecretMissing, Tenant, Tenants, Watch
from .pace import PacedTenants, Turns
from .sweep import Sweeper
from .visit import Means

__all__ = [
    "Ended",
    "Keeper",
    "LeaseLost",
    "Means",
    "PacedTenants",
    "Records",
    "SecretMissing",
    "Sweeper",
    "Tenant",
    "Tenants",
    "Turns",
    "Watch",
]

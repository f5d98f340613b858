"""Carries out the plan for one room at a time; the only place that asks Graph."""

from .keeper import Ended, Keeper
from .needs import LeaseLost, Records, SecretMissing, Tenant, Tenants, Watch
from .visit import Means

__all__ = [
    "Ended",
    "Keeper",
    "LeaseLost",
    "Means",
    "Records",
    "SecretMissing",
    "Tenant",
    "Tenants",
    "Watch",
]

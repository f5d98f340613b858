"""Carries out the plan for one room at a time, sweeps tenants, looks after credentials; the only place that asks Graph."""

from .keeper import Ended, Keeper
from .needs import LeaseLost, Records, SecretMissing, Tenant, Tenants, Watch
from .pace import PacedTenants, Turns
from .secrets import Sealed, Secrets
from .sweep import Sweeper
from .tallying import Tallying
from .telling import Telling
from .visit import Means
from .watching import Directory, Watching

__all__ = [
    "Directory",
    "Ended",
    "Keeper",
    "LeaseLost",
    "Means",
    "PacedTenants",
    "Records",
    "Sealed",
    "SecretMissing",
    "Secrets",
    "Sweeper",
    "Tallying",
    "Telling",
    "Tenant",
    "Tenants",
    "Turns",
    "Watch",
    "Watching",
]

"""Carries out the plan for one room at a time, and looks after credentials; the only place that asks Graph."""

from .keeper import Ended, Keeper
from .needs import LeaseLost, Records, SecretMissing, Tenant, Tenants, Watch
from .secrets import Sealed, Secrets
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
    "Records",
    "Sealed",
    "SecretMissing",
    "Secrets",
    "Tallying",
    "Telling",
    "Tenant",
    "Tenants",
    "Watch",
    "Watching",
]

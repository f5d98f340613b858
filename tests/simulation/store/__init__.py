"""A model of the database as worker and manager see it: one method, one atomic step; held to the SQL by one suite."""

from .commands import CommandStore
from .comparison import Comparison
from .content import TABLES, content
from .credentials import CredentialStore, ManagerCredentialStore
from .database import ModelDatabase
from .founding import Portal
from .hints import HintStore
from .leases import LeaseStore
from .mirror import MirrorStore
from .outgoing import OutgoingStore
from .plan import PlanStore
from .subscriptions import SubscriptionStore
from .sweep import SweepStore
from .tables import Tables
from .tenants import TenantStore

__all__ = [
    "TABLES",
    "CommandStore",
    "Comparison",
    "CredentialStore",
    "HintStore",
    "LeaseStore",
    "ManagerCredentialStore",
    "MirrorStore",
    "ModelDatabase",
    "OutgoingStore",
    "PlanStore",
    "Portal",
    "SubscriptionStore",
    "SweepStore",
    "Tables",
    "TenantStore",
    "content",
]

"""The worker's only SQL: one method, one transaction; rows are locked in key order."""

from .commands import CommandStore
from .comparison import Comparison
from .credentials import CredentialStore
from .hints import HintStore, Noted
from .leases import LeaseStore
from .mirror import MirrorStore
from .outgoing import OutgoingStore
from .plan import PlanStore
from .sweep import SweepStore

__all__ = [
    "CommandStore",
    "Comparison",
    "CredentialStore",
    "HintStore",
    "LeaseStore",
    "MirrorStore",
    "Noted",
    "OutgoingStore",
    "PlanStore",
    "SweepStore",
]

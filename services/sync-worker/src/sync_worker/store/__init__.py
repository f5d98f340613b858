"""The worker's only SQL: one method, one transaction; rows are locked in key order."""

from .comparison import Comparison
from .credentials import CredentialStore
from .hints import HintStore, Noted
from .leases import LeaseStore
from .mirror import MirrorStore
from .sweep import SweepStore

__all__ = [
    "Comparison",
    "CredentialStore",
    "HintStore",
    "LeaseStore",
    "MirrorStore",
    "Noted",
    "SweepStore",
]

"""Microsoft Graph and Entra over the wire."""

from .auth import Credentials
from .client_state import ClientStateKeys, Opened, open_state, seal
from .errors import (
    Conflict,
    CredentialsRejected,
    Forbidden,
    GraphError,
    MailboxUnsupported,
    Malformed,
    NotFound,
    Rejected,
    Throttled,
    Unavailable,
)
from .models import EVENT_SELECT, DateTimeTimeZone, Event, Page, Room, Subscription, User
from .tenant import Graph, Tenant, open_graph

__all__ = [
    "EVENT_SELECT",
    "ClientStateKeys",
    "Conflict",
    "Credentials",
    "CredentialsRejected",
    "DateTimeTimeZone",
    "Event",
    "Forbidden",
    "Graph",
    "GraphError",
    "MailboxUnsupported",
    "Malformed",
    "NotFound",
    "Opened",
    "Page",
    "Rejected",
    "Room",
    "Subscription",
    "Tenant",
    "Throttled",
    "Unavailable",
    "User",
    "open_graph",
    "open_state",
    "seal",
]

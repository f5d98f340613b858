"""Microsoft Graph and Entra over the wire."""

from .applications import Application
from .auth import Credentials
from .certificate import Certificate, CertificateUnusable, is_certificate
from .client_state import ClientStateKeys, Opened, open_state, seal
from .clouds import check_cloud
from .drafts import MARKER, EventChange, Invitee, NewEvent, Recurrence
from .errors import (
    Changed,
    Conflict,
    CredentialsRejected,
    ExpiryTooLate,
    Forbidden,
    GraphError,
    MailboxUnsupported,
    Malformed,
    NotFound,
    Rejected,
    Throttled,
    Unavailable,
)
from .models import (
    EVENT_SELECT,
    RICH_SELECT,
    DateTimeTimeZone,
    Event,
    ExtendedProperty,
    Marking,
    Page,
    Room,
    Subscription,
    User,
    Written,
)
from .tenant import Graph, Tenant, open_graph

__all__ = [
    "EVENT_SELECT",
    "MARKER",
    "RICH_SELECT",
    "Application",
    "Certificate",
    "CertificateUnusable",
    "Changed",
    "ClientStateKeys",
    "Conflict",
    "Credentials",
    "CredentialsRejected",
    "DateTimeTimeZone",
    "Event",
    "EventChange",
    "ExpiryTooLate",
    "ExtendedProperty",
    "Forbidden",
    "Graph",
    "GraphError",
    "Invitee",
    "MailboxUnsupported",
    "Malformed",
    "Marking",
    "NewEvent",
    "NotFound",
    "Opened",
    "Page",
    "Recurrence",
    "Rejected",
    "Room",
    "Subscription",
    "Tenant",
    "Throttled",
    "Unavailable",
    "User",
    "Written",
    "check_cloud",
    "is_certificate",
    "open_graph",
    "open_state",
    "seal",
]

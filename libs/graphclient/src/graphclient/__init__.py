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
    SignInDenied,
    SignInStale,
    Throttled,
    Unavailable,
)
from .id_token import Identity, check_issuer
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
from .sign_in import Begun, Registration, SignIn
from .tenant import Graph, Tenant, open_graph

__all__ = [
    "EVENT_SELECT",
    "MARKER",
    "RICH_SELECT",
    "Application",
    "Begun",
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
    "Identity",
    "Invitee",
    "MailboxUnsupported",
    "Malformed",
    "Marking",
    "NewEvent",
    "NotFound",
    "Opened",
    "Page",
    "Recurrence",
    "Registration",
    "Rejected",
    "Room",
    "SignIn",
    "SignInDenied",
    "SignInStale",
    "Subscription",
    "Tenant",
    "Throttled",
    "Unavailable",
    "User",
    "Written",
    "check_cloud",
    "check_issuer",
    "is_certificate",
    "open_graph",
    "open_state",
    "seal",
]

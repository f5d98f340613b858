"""What a connection test saw, as values: nothing here draws a conclusion."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from .room_settings import NOTHING_SEEN, RoomSettings


@dataclass(frozen=True, slots=True)
class Throttled:
    """Told to come back later; seconds where told."""

    retry_after: float | None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No answer, or one of a service in trouble."""

    status: int | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class NotTried:
    """Not asked for, or an earlier check made it pointless."""


@dataclass(frozen=True, slots=True)
class TokenGranted:
    """Entra issued a token; a token without roles is issued as well (graph-calendar §7.2)."""

    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class TokenRefused:
    """Entra refused; `aadsts` is its number where it names one."""

    aadsts: int | None
    error: str
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class CallRefused:
    """Graph answered no."""

    status: int | None
    code: str | None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class GrantsRead:
    """Permissions by name; `asked_*` is what the registration lists, None where it is in another directory."""

    granted: frozenset[str]
    delegated: frozenset[str]
    asked_application: frozenset[str] | None
    asked_delegated: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class RoomsListed:
    """Graph listed the tenant's room mailboxes."""

    count: int


@dataclass(frozen=True, slots=True)
class CalendarsTried:
    """How many rooms' calendars opened, were refused, and have no mailbox in the cloud; `told` is one that did not open."""

    opened: int
    refused: int = 0
    refused_imported: int = 0
    unusable: int = 0
    told: CallRefused | None = None


@dataclass(frozen=True, slots=True)
class OutsideOpened:
    """The mailbox that should be out of reach can be read."""


@dataclass(frozen=True, slots=True)
class OutsideRefused:
    """The mailbox exists and is refused."""

    status: int | None
    code: str | None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class OutsideUnknown:
    """The address names no account, or one without a mailbox: its refusal would prove nothing."""


@dataclass(frozen=True, slots=True)
class Validated:
    """A subscription was made, so Graph has reached both of our addresses; `removed` again, or left to lapse."""

    removed: bool


@dataclass(frozen=True, slots=True)
class AddressRefused:
    """Graph made no subscription because our address did not answer its challenge (graph-notifications §2.6)."""

    code: str | None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class BackendUnknown:
    """Exchange does not find the mailbox's server: for a moment, or for ever where it is on-premises (§2.6)."""

    status: int | None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class NoAddress:
    """This deployment has no webhook address and reads rooms at intervals."""


@dataclass(frozen=True, slots=True)
class WroteAndUndid:
    """A marked event was written; where `removed` is false it is still there, at this time."""

    removed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class WriteLost:
    """The write got no answer and shows nowhere: an event may be left at this time."""

    at: datetime
    request_id: str | None = None


Token = TokenGranted | TokenRefused | Throttled | Unreachable
Grants = GrantsRead | CallRefused | Throttled | Unreachable | NotTried
Rooms = RoomsListed | CallRefused | Throttled | Unreachable | NotTried
Calendars = CalendarsTried | Throttled | Unreachable | NotTried
Outside = OutsideOpened | OutsideRefused | OutsideUnknown | Throttled | Unreachable | NotTried
Webhook = (
    Validated
    | AddressRefused
    | CallRefused
    | BackendUnknown
    | Throttled
    | Unreachable
    | NoAddress
    | NotTried
)
Write = WroteAndUndid | WriteLost | CallRefused | Throttled | Unreachable | NotTried


@dataclass(frozen=True, slots=True)
class Evidence:
    """One press of Test Settings."""

    token: Token
    grants: Grants = NotTried()
    rooms: Rooms = NotTried()
    calendars: Calendars = NotTried()
    outside: Outside = NotTried()
    webhook: Webhook = NotTried()
    write: Write = NotTried()
    settings: RoomSettings = NOTHING_SEEN
    secret_is_guid: bool = False


CALENDARS = "Calendars.ReadWrite"
NEEDED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        CALENDARS: frozenset({CALENDARS}),
        "Directory.Read.All": frozenset({"Directory.Read.All", "Directory.ReadWrite.All"}),
        "Place.Read.All": frozenset({"Place.Read.All", "Place.ReadWrite.All"}),
    }
)
"""The application permissions of the setup guide, each with the roles that contain it."""


def missing_roles(roles: frozenset[str]) -> tuple[str, ...]:
    """Needed permissions that the token does not carry, in the guide's order."""
    return tuple(name for name, enough in NEEDED.items() if not enough & roles)


def reads_everywhere(roles: frozenset[str]) -> bool:
    """Whether the token opens calendars by itself, so that one that opens proves no limited grant (graph-calendar §10)."""
    return any(role.startswith("Calendars.") for role in roles)

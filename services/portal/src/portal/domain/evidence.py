"""What a connection test saw, as values: nothing here draws a conclusion."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


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
    """An earlier check made this one pointless."""


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
class RoomsListed:
    """Graph listed the tenant's room mailboxes."""

    count: int


@dataclass(frozen=True, slots=True)
class CalendarOpened:
    """The calendar of one listed room answered."""


@dataclass(frozen=True, slots=True)
class CallRefused:
    """Graph answered no."""

    status: int | None
    code: str | None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class MailboxUnusable:
    """The rooms tried have no cloud mailbox, so they say nothing about permissions."""

    code: str | None
    request_id: str | None = None


Token = TokenGranted | TokenRefused | Throttled | Unreachable
Rooms = RoomsListed | CallRefused | Throttled | Unreachable | NotTried
Calendar = CalendarOpened | CallRefused | MailboxUnusable | Throttled | Unreachable | NotTried


@dataclass(frozen=True, slots=True)
class Evidence:
    """One press of Test Settings."""

    token: Token
    rooms: Rooms
    calendar: Calendar
    secret_is_guid: bool = False


NEEDED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "Calendars.ReadWrite": frozenset({"Calendars.ReadWrite"}),
        "Directory.Read.All": frozenset({"Directory.Read.All", "Directory.ReadWrite.All"}),
        "Place.Read.All": frozenset({"Place.Read.All", "Place.ReadWrite.All"}),
    }
)
"""The application permissions of the setup guide, each with the roles that contain it."""


def missing_roles(roles: frozenset[str]) -> tuple[str, ...]:
    """Needed permissions that the token does not carry, in the guide's order."""
    return tuple(name for name, enough in NEEDED.items() if not enough & roles)


def calendar_says_something(roles: frozenset[str]) -> bool:
    """Whether reading a room proves a limited scope: only without any Calendars role in the token (graph-calendar §10)."""
    return not any(role.startswith("Calendars.") for role in roles)

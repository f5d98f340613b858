"""An application registration, its credentials, and what it was granted in its tenant (§6)."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self
from uuid import UUID, uuid5

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

REGISTERED = datetime(2026, 1, 1, tzinfo=UTC)
"""Since when a registration and its credentials exist where nobody said."""


@dataclass(frozen=True, slots=True)
class Secret:
    """One client secret; `key_id` is the Secret ID that the portal of Entra shows beside it."""

    value: str = field(repr=False)
    key_id: str
    ends: datetime | None = None
    starts: datetime = REGISTERED
    name: str = "room sync"


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate whose key may sign client assertions."""

    key_id: str
    thumbprint: str
    """SHA-1 in upper-case hex, as the portal of Entra shows it."""
    thumbprints: frozenset[str]
    """What an assertion's `x5t` or `x5t#S256` may say, base64url without padding."""
    starts: datetime
    ends: datetime
    name: str
    key: rsa.RSAPublicKey

    @classmethod
    def read(cls, client_id: UUID, pem: str) -> Self:
        """The certificate of a PEM text; raises ValueError, TypeError."""
        read = x509.load_pem_x509_certificate(pem.encode())
        key = read.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise TypeError("only RSA keys can sign client assertions")
        short, long = read.fingerprint(hashes.SHA1()), read.fingerprint(hashes.SHA256())  # noqa: S303 -- x5t is defined as SHA-1
        return cls(
            str(uuid5(client_id, short.hex())),
            short.hex().upper(),
            frozenset({base64url(short), base64url(long)}),
            read.not_valid_before_utc,
            read.not_valid_after_utc,
            read.subject.rfc4514_string(),
            key,
        )


@dataclass(frozen=True, slots=True)
class App:
    """A registration with what it was granted in its tenant; a change makes a new one."""

    client_id: UUID
    secrets: tuple[Secret, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    roles: tuple[str, ...] = ()
    """Granted application permissions, which a token shows."""
    delegated: tuple[str, ...] = ()
    """Granted delegated permissions, which no token of this grant shows."""
    requested: tuple[tuple[str, str], ...] | None = None
    """Pairs of permission and Role or Scope that the registration asks for; None: as granted."""
    name: str = "Room sync"
    disabled: bool = False
    installed: bool = True
    """Whether the tenant has its service principal."""
    registered_elsewhere: bool = False
    """A multi-tenant application of another tenant: only its service principal is here (§6.1)."""
    multi_tenant: bool = False
    """Whether people of other tenants may sign in to it (`signInAudience`)."""
    redirect_uris: tuple[str, ...] = ()
    """Where people are sent back to after signing in; each is compared whole."""
    blocked_by_policy: bool = False
    """A Conditional Access policy for workload identities (AADSTS53003)."""
    scope: frozenset[UUID] | None = None
    """Mailboxes that RBAC for Applications grants beside the token's roles (§10)."""
    access_policy: frozenset[UUID] | None = None
    """Mailboxes an application access policy leaves open; None without a policy (§10)."""

    @property
    def object_id(self) -> UUID:
        """The id of the application object, in the tenant where it is registered."""
        return uuid5(self.client_id, "application")

    def asked_for(self) -> tuple[tuple[str, str], ...]:
        """What the registration requests, granted or not."""
        if self.requested is not None:
            return self.requested
        roles = tuple((name, "Role") for name in self.roles)
        return roles + tuple((name, "Scope") for name in self.delegated)


def base64url(raw: bytes) -> str:
    """Base64url without padding, as all parts of a JWT are written."""
    return urlsafe_b64encode(raw).decode().rstrip("=")

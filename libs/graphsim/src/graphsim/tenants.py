"""A tenant: its directory id, application registrations, mailboxes, and who may touch which."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from .mailboxes import Mailbox


@dataclass(frozen=True, slots=True)
class Secret:
    """One client secret; `key_id` is the Secret ID that the portal of Entra shows beside it."""

    value: str = field(repr=False)
    key_id: str
    ends: datetime | None = None


@dataclass(slots=True)
class App:
    """An application registration with what it was granted in its tenant."""

    client_id: UUID
    secrets: list[Secret]
    roles: tuple[str, ...]
    name: str = "Room sync"
    disabled: bool = False
    blocked_by_policy: bool = False
    """A Conditional Access policy for workload identities (AADSTS53003)."""
    scope: frozenset[UUID] | None = None
    """Mailboxes that RBAC for Applications grants beside the token's roles (§10)."""
    access_policy: frozenset[UUID] | None = None
    """Mailboxes an application access policy leaves open; None without a policy (§10)."""


@dataclass(slots=True)
class Tenant:
    """One organisation's directory and mailboxes."""

    id: UUID
    domain: str
    apps: dict[UUID, App] = field(default_factory=dict)
    mailboxes: dict[UUID, Mailbox] = field(default_factory=dict)
    by_address: dict[str, UUID] = field(default_factory=dict)
    last_meeting: int = 0

    def add(self, mailbox: Mailbox) -> None:
        """Puts a mailbox into the directory, found by object id and by address."""
        self.mailboxes[mailbox.id] = mailbox
        self.by_address[mailbox.address.lower()] = mailbox.id

    def mailbox(self, key: str) -> Mailbox | None:
        """The mailbox of an object id or an address, case-insensitively."""
        known = self.by_address.get(key.lower())
        if known is None:
            try:
                known = UUID(key)
            except ValueError:
                return None
        return self.mailboxes.get(known)

    def rooms(self) -> Iterator[Mailbox]:
        """All room mailboxes, hidden and unsupported ones too."""
        return (one for one in self.mailboxes.values() if one.kind == "room")

    def new_ical_uid(self, seed: int) -> str:
        """A meeting id of Exchange's form, with the eight digits that an occurrence fills."""
        self.last_meeting += 1
        origin = f"{seed}/{self.id}/{self.last_meeting}".encode()
        tail = blake2b(origin, digest_size=16).hexdigest().upper()
        return f"040000008200E00074C5B7101A82E00800000000{tail[:16]}000000000000000010000000{tail}"

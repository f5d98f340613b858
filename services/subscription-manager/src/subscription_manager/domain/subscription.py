"""The two sides that are compared: what a room should have, and what its row says it has."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Desired:
    """An enabled room of an enabled integration; `revision` is the integration's, `rich` its wish for events themselves."""

    tenant_id: UUID
    client_id: UUID
    mailbox_id: UUID
    revision: int
    rich: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of `subscriptions`, as the holder of its lease sees it."""

    room_id: UUID
    organisation_id: UUID
    due_at: datetime
    epoch: int = 0
    hint_no: int = 0
    subscription_id: str | None = None
    expires_at: datetime | None = None
    live_since: datetime | None = None
    gap_at: datetime | None = None
    sealed_by: str | None = None
    sealed_at: datetime | None = None
    client_id: UUID | None = None
    tenant_id: UUID | None = None
    webhook_url: str | None = None
    creating_since: datetime | None = None
    poll_only_since: datetime | None = None
    refusal: str | None = None
    lifecycle_due: bool = False
    missed_due: bool = False
    asked_at: datetime | None = None
    patched_at: datetime | None = None
    attempts: int = 0
    certificate_id: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A row held by us until its lease ends, and what its room should have: None for nothing.

    `failing`: the organisation's credentials were refused the last time.
    """

    row: Row
    desired: Desired | None
    failing: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every room: where Graph posts to (empty: nowhere), the key that seals, the certificate if any."""

    webhook_url: str
    sealing_key: str
    certificate_id: str | None = None

    def certificate_of(self, desired: Desired) -> str | None:
        """For which certificate Graph is to encrypt the room's events; None: they are not to be sent."""
        return self.certificate_id if desired.rich else None

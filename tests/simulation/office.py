"""An organisation as its people know it."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Office:
    """One organisation as its people know it."""

    number: int
    id: UUID
    tenant_id: UUID
    client_id: UUID
    rooms: dict[UUID, UUID]
    """Our id of a room → its mailbox."""
    addresses: dict[UUID, str]
    members: dict[str, tuple[UUID, str]]
    """Address → mailbox and name."""

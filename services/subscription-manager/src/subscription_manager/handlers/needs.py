"""What the handlers need from the outside."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol
from uuid import UUID

from graphclient import Subscription
from graphclient.encryption import Certificate

from ..domain.subscription import Row


class LeaseLost(Exception):
    """Somebody else holds the room by now: nothing may be recorded."""


class SecretMissing(Exception):
    """The organisation's secret is not there or cannot be opened; the text is a code, never the secret."""


class Calls(Protocol):
    """One subscription at Graph."""

    async def create_subscription(
        self,
        *,
        mailbox: UUID,
        notification_url: str,
        lifecycle_url: str,
        client_state: str,
        expires_at: datetime,
        certificate: Certificate | None = None,
    ) -> Subscription:
        """As graphclient's."""

    async def subscription(self, subscription_id: str) -> Subscription:
        """As graphclient's."""

    async def renew_subscription(self, subscription_id: str, expires_at: datetime) -> Subscription:
        """As graphclient's."""

    async def delete_subscription(self, subscription_id: str) -> None:
        """As graphclient's."""


class Tenant(Calls, Protocol):
    """A tenant of graphclient: besides, the slow list of all subscriptions, and the age of the token."""

    def subscriptions(self) -> AsyncIterator[list[Subscription]]:
        """As graphclient's."""

    def forget_token(self) -> bool:
        """As graphclient's."""


class Tenants(Protocol):
    """Signs in as an organisation's app."""

    async def tenant(self, organisation_id: UUID, tenant_id: UUID, client_id: UUID) -> Tenant:
        """Raises SecretMissing."""


class Records(Protocol):
    """Writes what happened while the claim's epoch holds; raises LeaseLost once it does not."""

    async def intend(self, row: Row) -> None:
        """Record that a create is about to be made, and keep the lease."""

    async def settle(self, row: Row) -> None:
        """Record the row and give the lease back."""

    async def forget(self, row: Row) -> None:
        """Remove the row."""


class Watch(Protocol):
    """Remembers whether an organisation's credentials work."""

    async def rejected(
        self, organisation_id: UUID, revision: int, code: str, now: datetime
    ) -> None:
        """They do not: nothing of this organisation is claimed for a while, unless they change."""

    async def accepted(self, organisation_id: UUID, now: datetime) -> None:
        """They do."""

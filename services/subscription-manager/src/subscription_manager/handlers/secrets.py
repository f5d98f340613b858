"""An organisation's credentials as they are now, opened for one sign-in."""

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from graphclient import Credentials
from pgstore import SecretBox, SecretUnreadable

from .needs import SecretMissing


class Sealed(Protocol):
    """Where the envelopes are kept."""

    async def sealed_secrets(self, organisation_id: UUID) -> list[bytes]:
        """The envelopes, newest first; none where there is none."""


class Secrets:
    """Opens with the keys of the moment, and keeps nothing."""

    def __init__(self, sealed: Sealed, box: Callable[[], SecretBox]) -> None:
        self._sealed = sealed
        self._box = box

    async def credentials(
        self, organisation_id: UUID, tenant_id: UUID, client_id: UUID
    ) -> Credentials:
        """The newest secret, and the one before it while that is kept. Raises SecretMissing."""
        sealed = await self._sealed.sealed_secrets(organisation_id)
        if not sealed:
            raise SecretMissing("secret_missing")
        try:
            newest, *before = (self._opened(organisation_id, each) for each in sealed)
        except SecretUnreadable as error:
            raise SecretMissing("secret_unreadable") from error
        return Credentials(tenant_id, client_id, newest, before[0] if before else None)

    def chat_webhook(self, organisation_id: UUID, sealed: bytes) -> str:
        """The chat's address. Raises SecretMissing."""
        try:
            return self._opened(organisation_id, sealed, "chat_webhook")
        except SecretUnreadable as error:
            raise SecretMissing("secret_unreadable") from error

    def _opened(self, organisation_id: UUID, sealed: bytes, field: str = "client_secret") -> str:
        return self._box().open(
            sealed, organisation_id=organisation_id, row_id=organisation_id, field=field
        )

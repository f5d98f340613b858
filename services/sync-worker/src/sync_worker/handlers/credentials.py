"""Signing in for rooms: one tenant object per organisation and revision of its credentials."""

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from graphclient import Credentials
from graphclient.errors import CredentialsRejected
from pgstore import SecretBox, SecretUnreadable

from ..domain.room import Claim
from .needs import SignedIn


class Sealed(Protocol):
    """Where the sealed secrets are kept."""

    async def sealed_secrets(self, organisation_id: UUID) -> list[bytes]:
        """The envelopes, newest first; none where there is none."""


class OrganisationCalendars:
    """Caches what it opened until the integration's revision changes."""

    def __init__(
        self,
        sealed: Sealed,
        secrets: Callable[[], SecretBox],
        tenant: Callable[[Credentials], SignedIn],
    ) -> None:
        self._sealed = sealed
        self._secrets = secrets
        self._tenant = tenant
        self._known: dict[UUID, tuple[int, SignedIn]] = {}

    async def of(self, claim: Claim) -> SignedIn:
        """The calendars of the claim's tenant; raises CredentialsRejected, DatabaseUnavailable."""
        known = self._known.get(claim.organisation_id)
        if known is not None and known[0] == claim.revision:
            return known[1]
        sealed = await self._sealed.sealed_secrets(claim.organisation_id)
        if not sealed:
            raise _no_secret("no secret is stored")
        try:
            newest, *before = (self._opened(claim.organisation_id, each) for each in sealed)
        except SecretUnreadable as error:
            raise _no_secret("the stored secret cannot be opened") from error
        spare = before[0] if before else None
        calendar = self._tenant(Credentials(claim.tenant_id, claim.client_id, newest, spare))
        self._known[claim.organisation_id] = (claim.revision, calendar)
        return calendar

    def _opened(self, organisation_id: UUID, sealed: bytes) -> str:
        return self._secrets().open(
            sealed,
            organisation_id=organisation_id,
            row_id=organisation_id,
            field="client_secret",
        )

    def distrust(self, claim: Claim) -> None:
        """The next call signs in anew if the token is old enough to be dated."""
        known = self._known.get(claim.organisation_id)
        if known is not None:
            known[1].forget_token()


def _no_secret(description: str) -> CredentialsRejected:
    return CredentialsRejected(aadsts=None, error="no_secret", description=description)

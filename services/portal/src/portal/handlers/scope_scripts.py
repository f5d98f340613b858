"""The script that limits the app to the rooms imported so far."""

import asyncio
from typing import Protocol
from uuid import UUID

from graphclient import GraphError

from ..domain.caller import Acting
from ..domain.integration import Integration
from ..domain.refusal import Refusal
from ..domain.scope_script import ScopeScript, Variant, scope_script
from .listings import Tenants

_SECONDS = 10.0


class Connection(Protocol):
    """The integration as saved."""

    async def show(self, by: Acting) -> Integration:
        """Look it up."""


class Addresses(Protocol):
    """The imported rooms' mailboxes."""

    async def addresses(self, organisation_id: UUID) -> list[str]:
        """List them."""


class ScopeScripts:
    """Writes it for one organisation."""

    def __init__(self, connection: Connection, tenants: Tenants, rooms: Addresses) -> None:
        self._connection = connection
        self._tenants = tenants
        self._rooms = rooms

    async def write(self, by: Acting, variant: Variant) -> ScopeScript:
        """Return the script; it asks for the app's object id where the directory does not tell it now."""
        saved = await self._connection.show(by)
        return scope_script(
            variant,
            client_id=saved.client_id,
            principal_id=await self._principal(by.organisation_id, saved.client_id),
            mailboxes=await self._rooms.addresses(by.organisation_id),
        )

    async def _principal(self, organisation_id: UUID, client_id: UUID) -> UUID | None:
        try:
            async with asyncio.timeout(_SECONDS):
                _, tenant = await self._tenants.tenant(organisation_id)
                return await tenant.principal_id(client_id)
        except (GraphError, Refusal, TimeoutError):
            return None

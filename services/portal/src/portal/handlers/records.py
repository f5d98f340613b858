"""What an administrator looks up: the audit, and the organisation's sync at a glance."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from ..domain.accounts import AuditAsked, AuditEntry, OperatorNote
from ..domain.caller import Acting, Operator
from ..domain.integration import Saved, shown
from ..domain.rooms import RoomRecord
from ..domain.sealed import KeyRotation
from ..domain.status import OrganisationStatus, Overview, RoomsAlike
from ..domain.wire import Page


class AuditRows(Protocol):
    """What is stored of the audit."""

    async def entries(
        self, organisation_id: UUID, *, before: int | None, limit: int
    ) -> list[AuditEntry]:
        """List entries, newest first."""

    async def note_operator(self, organisation_id: UUID, *, at: datetime, call: str) -> None:
        """Record a call."""

    async def deployment_entries(self, *, before: int | None, limit: int) -> list[AuditEntry]:
        """List what is about no organisation, newest first."""

    async def note_deployment(self, note: OperatorNote, *, at: datetime) -> AuditEntry:
        """Record what is about no organisation."""


class IntegrationSeen(Protocol):
    """The integration as saved."""

    async def load(self, organisation_id: UUID) -> Saved | None:
        """Load it."""


class RoomsSeen(Protocol):
    """Rooms as stored."""

    async def rooms(
        self, organisation_id: UUID, now: datetime
    ) -> tuple[list[RoomsAlike], list[RoomRecord]]:
        """Count them all, and list those of which there may be something to tell."""


class Rotating(Protocol):
    """The rotation of the keys that seal."""

    async def progress(self) -> KeyRotation:
        """Tell how far it is."""


class Records:
    """Looks back and looks over."""

    def __init__(
        self,
        audit: AuditRows,
        integrations: IntegrationSeen,
        rooms: RoomsSeen,
        rotation: Rotating,
        streaming: Callable[[], bool],
        webhook_url: str,
        version: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._audit = audit
        self._integrations = integrations
        self._rooms = rooms
        self._rotation = rotation
        self._streaming = streaming
        self._webhook_url = webhook_url or None
        self._version = version
        self._clock = clock

    async def audit(self, by: Acting, asked: AuditAsked) -> Page[AuditEntry]:
        """Return who changed what, newest first."""
        found = await self._audit.entries(
            by.organisation_id, before=asked.before, limit=asked.limit + 1
        )
        return _page("/api/audit", found, asked)

    async def deployment_audit(self, asked: AuditAsked) -> Page[AuditEntry]:
        """Return what the operator did outside any organisation, newest first."""
        found = await self._audit.deployment_entries(before=asked.before, limit=asked.limit + 1)
        return _page("/api/operator/audit", found, asked)

    async def note_deployment(self, note: OperatorNote) -> AuditEntry:
        """Put on record what the operator is about to do outside any organisation."""
        return await self._audit.note_deployment(note, at=self._clock())

    async def note_operator(self, organisation_id: UUID, call: str) -> None:
        """Put a call of the operator inside an organisation on record."""
        await self._audit.note_operator(organisation_id, at=self._clock(), call=call)

    async def status(self, by: Acting) -> OrganisationStatus:
        """Look over every room."""
        saved = await self._integrations.load(by.organisation_id)
        now = self._clock()
        overview = Overview(now, webhook=self._webhook_url is not None)
        alike, remarkable = await self._rooms.rooms(by.organisation_id, now)
        overview.count(alike)
        overview.look_at(remarkable)
        integration = shown(saved, webhook_url=self._webhook_url) if saved else None
        streaming = self._streaming()
        overview.conclude(integration, streaming=streaming)
        return OrganisationStatus(
            at=now,
            version=self._version,
            ok=not overview.found["wrong"],
            integration=integration.status if integration else None,
            secret_expires_at=integration.secret_expires_at if integration else None,
            rooms=dict(overview.states),
            stream=streaming,
            waiting_since=overview.waiting_since,
            lag_ms=overview.lag_ms,
            client_state_keys=dict(overview.keys),
            troubles=overview.troubles(),
            troubles_in_all=overview.found.total(),
            secret_keys=await self._rotation.progress() if by.actor == Operator().actor else None,
        )


def _page(path: str, found: list[AuditEntry], asked: AuditAsked) -> Page[AuditEntry]:
    items = found[: asked.limit]
    following = None
    if len(found) > asked.limit:
        following = f"{path}?limit={asked.limit}&before={items[-1].id}"
    return Page[AuditEntry](items=items, next=following)

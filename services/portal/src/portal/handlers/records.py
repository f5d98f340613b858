"""What an administrator looks up: the audit, and the organisation's sync at a glance."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from ..domain.accounts import AuditAsked, AuditEntry
from ..domain.caller import Acting, Operator
from ..domain.integration import Saved, status_of
from ..domain.room_state import state_of
from ..domain.rooms import RoomRecord
from ..domain.sealed import KeyRotation
from ..domain.status import OrganisationStatus
from ..domain.wire import Page

_ROOMS_AT_ONCE = 500


class AuditRows(Protocol):
    """What is stored of the audit."""

    async def entries(
        self, organisation_id: UUID, *, before: int | None, limit: int
    ) -> list[AuditEntry]:
        """List entries, newest first."""

    async def note_operator(self, organisation_id: UUID, *, at: datetime, call: str) -> None:
        """Record a call."""


class IntegrationSeen(Protocol):
    """The integration as saved."""

    async def load(self, organisation_id: UUID) -> Saved | None:
        """Load it."""


class RoomsSeen(Protocol):
    """Rooms as stored."""

    async def page(
        self, organisation_id: UUID, *, office_id: UUID | None, after: UUID | None, limit: int
    ) -> list[RoomRecord]:
        """List."""


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
        version: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._audit = audit
        self._integrations = integrations
        self._rooms = rooms
        self._rotation = rotation
        self._streaming = streaming
        self._version = version
        self._clock = clock

    async def audit(self, by: Acting, asked: AuditAsked) -> Page[AuditEntry]:
        """Return who changed what, newest first."""
        found = await self._audit.entries(
            by.organisation_id, before=asked.before, limit=asked.limit + 1
        )
        items = found[: asked.limit]
        following = None
        if len(found) > asked.limit:
            following = f"/api/audit?limit={asked.limit}&before={items[-1].id}"
        return Page[AuditEntry](items=items, next=following)

    async def note_operator(self, organisation_id: UUID, call: str) -> None:
        """Put a call of the operator inside an organisation on record."""
        await self._audit.note_operator(organisation_id, at=self._clock(), call=call)

    async def status(self, by: Acting) -> OrganisationStatus:
        """Count the rooms in each state."""
        saved = await self._integrations.load(by.organisation_id)
        now = self._clock()
        states: Counter[str] = Counter()
        after: UUID | None = None
        while True:
            rooms = await self._rooms.page(
                by.organisation_id, office_id=None, after=after, limit=_ROOMS_AT_ONCE
            )
            states.update(state_of(room, now) for room in rooms)
            if len(rooms) < _ROOMS_AT_ONCE:
                break
            after = rooms[-1].id
        return OrganisationStatus(
            at=now,
            version=self._version,
            integration=status_of(saved) if saved else None,
            rooms=dict(states),
            stream=self._streaming(),
            secret_keys=await self._rotation.progress() if by.actor == Operator().actor else None,
        )

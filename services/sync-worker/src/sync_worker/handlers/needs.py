"""What a pass needs from the outside, in as few words as possible."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from graphclient.models import Event, Page

from ..domain.absence import Standing, Window
from ..domain.booking import Row
from ..domain.changes import Changes
from ..domain.room import Claim, Settlement, State


class Calendar(Protocol):
    """A tenant's mailboxes; every call may raise a GraphError."""

    def calendar_view(self, mailbox: UUID, start: datetime, end: datetime) -> AsyncIterator[Page]:
        """What overlaps the window, page by page."""

    async def event(self, mailbox: UUID, event_id: str) -> Event:
        """The event as it is now."""

    async def instances(
        self, mailbox: UUID, master_id: str, start: datetime, end: datetime
    ) -> list[Event]:
        """A series' occurrences in the window."""

    async def calendar_reachable(self, mailbox: UUID) -> None:
        """Return if the mailbox has a calendar we may read."""


class SignedIn(Calendar, Protocol):
    """A calendar whose token can be dropped."""

    def forget_token(self) -> bool:
        """Whether there was a token old enough to be dropped."""


class Mirror(Protocol):
    """The rows of a room; a commit raises LeaseLost when the room is no longer ours."""

    async def rows(
        self, organisation_id: UUID, room_id: UUID, ids: Sequence[UUID], events: Sequence[str]
    ) -> list[Row]:
        """Rows with one of these ids or events, or of one of these series."""

    async def standing(
        self, organisation_id: UUID, room_id: UUID, window: Window
    ) -> list[Standing]:
        """Rows believed to be in the calendar."""

    async def commit(self, claim: Claim, state: State, changes: Changes, now: datetime) -> None:
        """Write state and rows, renew the lease."""


class Leases(Protocol):
    """Giving rooms back."""

    async def settle(
        self, claim: Claim, state: State, settlement: Settlement, now: datetime
    ) -> datetime:
        """End a pass; when the room is due next."""

    async def park_organisation(
        self, organisation_id: UUID, revision: int, until: datetime, now: datetime
    ) -> None:
        """Let an organisation's rooms rest."""


class Calendars(Protocol):
    """Signs in for a room."""

    async def of(self, claim: Claim) -> Calendar:
        """The calendar of the claim's tenant; raises CredentialsRejected, DatabaseUnavailable."""

    def distrust(self, claim: Claim) -> None:
        """Graph forbade something: the token's roles may be dated."""


class Messages(Protocol):
    """The broker, publishing with confirm."""

    async def publish(
        self, exchange: str, routing_key: str, body: bytes, *, content_type: str
    ) -> None:
        """Return once confirmed; raises NotConfirmed."""

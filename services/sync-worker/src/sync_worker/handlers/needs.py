"""What a pass needs from the outside, in as few words as possible."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from contracts.events import CommandResult
from graphclient import EventChange, NewEvent, Written
from graphclient.models import Event, Marking, Page

from ..domain.absence import Standing, Window
from ..domain.alternatives import Hours, Neighbour, Slot
from ..domain.booking import Row
from ..domain.command import Asked, Key
from ..domain.planning import PlanLine
from ..domain.room import Claim, Settlement, State
from ..domain.versions import Changes
from ..domain.work import Effects


class Calendar(Protocol):
    """A tenant's mailboxes; every call may raise a GraphError."""

    def calendar_view(
        self, mailbox: UUID | str, start: datetime, end: datetime
    ) -> AsyncIterator[Page]:
        """What overlaps the window, page by page."""

    async def event(self, mailbox: UUID | str, event_id: str) -> Event:
        """The event as it is now."""

    async def instances(
        self, mailbox: UUID | str, master_id: str, start: datetime, end: datetime
    ) -> list[Event]:
        """A series' occurrences in the window."""

    async def calendar_reachable(self, mailbox: UUID | str) -> None:
        """Return if the mailbox has a calendar we may read."""


class Pen(Protocol):
    """Writes into a tenant's mailboxes, and the search for what we wrote; every call may raise a GraphError."""

    async def create_event(self, mailbox: UUID | str, new: NewEvent) -> Written:
        """A new event; raises Conflict where its transactionId was used before."""

    async def change_event(
        self, mailbox: UUID | str, event_id: str, etag: str, change: EventChange
    ) -> Written:
        """The event changed; raises Changed where it is not in the state of the etag."""

    async def cancel_event(
        self, mailbox: UUID | str, event_id: str, etag: str, comment: str
    ) -> None:
        """Cancel as its organiser."""

    async def delete_event(self, mailbox: UUID | str, event_id: str, etag: str) -> None:
        """See to it that the event is no more."""

    async def decline_event(self, mailbox: UUID | str, event_id: str, comment: str) -> None:
        """Decline as an attendee, and say so to the organiser."""

    async def marked_events(self, mailbox: UUID | str, marker: str) -> list[Event]:
        """The events that carry our marker with this value."""


class Marks(Protocol):
    """What says that an event is ours, asked in recovery alone; may raise a GraphError."""

    async def marking(self, mailbox: UUID | str, event_id: str) -> Marking:
        """Whether the event carries our marker, and whether this mailbox organises it."""


class Diary(Calendar, Pen, Marks, Protocol):
    """Mailboxes to read and to write."""


class SignedIn(Diary, Protocol):
    """Mailboxes whose token can be dropped."""

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

    async def occupying(self, organisation_id: UUID, room_id: UUID, now: datetime) -> list[Row]:
        """Rows that take the room, or will, from now on."""

    async def elsewhere(self, organisation_id: UUID, room_id: UUID, booking_id: UUID) -> bool:
        """Whether the booking stands in another room."""

    async def commit(
        self,
        claim: Claim,
        state: State,
        changes: Changes,
        now: datetime,
        effects: Effects = ...,
        lease: timedelta | None = None,
    ) -> bool:
        """Write state, rows and effects, renew the lease; whether a row written now overlaps another."""


class Plans(Protocol):
    """What observe mode would do, per room."""

    async def write(
        self, claim: Claim, lines: Sequence[PlanLine], planned_at: datetime | None
    ) -> None:
        """Replace the room's plan; raises LeaseLost. None: live, there is none."""


class Outgoing(Protocol):
    """What the way out needs besides the room's own rows."""

    async def sent(
        self,
        organisation_id: UUID,
        keys: Sequence[Key],
        now: datetime,
        rooms: Sequence[UUID] = ...,
    ) -> None:
        """The results of these commands are confirmed; these rooms' holders wait for some of them."""

    async def hand_over(self, organisation_id: UUID, asked: Asked, now: datetime) -> None:
        """Give a command to another room, once."""

    async def outcome(self, organisation_id: UUID, key: Key) -> CommandResult | None:
        """How a command ended; None while it has not."""

    async def pass_on(
        self, organisation_id: UUID, room_id: UUID, asked: Asked, now: datetime
    ) -> bool:
        """Give a command about a booking that moved away to the room it lives in; False if it lives nowhere else."""

    async def office(
        self, organisation_id: UUID, room_id: UUID, around: Slot
    ) -> tuple[list[Neighbour], Hours | None]:
        """The rooms of the room's office with what is taken or held around a slot, and when the office is open."""


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

    async def of(self, claim: Claim) -> Diary:
        """The calendar of the claim's tenant; raises CredentialsRejected, DatabaseUnavailable."""

    def distrust(self, claim: Claim) -> None:
        """Graph forbade something: the token's roles may be dated."""


class Messages(Protocol):
    """The broker, publishing with confirm."""

    async def publish(
        self, exchange: str, routing_key: str, body: bytes, *, content_type: str
    ) -> None:
        """Return once confirmed; raises NotConfirmed."""

"""Rooms as the REST interface shows them, and the tenant's room mailboxes they are imported from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from .wire import Body, Resource, Time

State = Literal["loading", "live", "polling", "unreachable", "off"]


class NewRoom(Body):
    """A room mailbox of the tenant's list, put into an office."""

    mailbox_id: UUID
    office_id: UUID


class RoomChange(Body):
    """The office; name and capacity follow the tenant."""

    office_id: UUID


class RoomsAsked(Body):
    """One page of rooms, by name; `after` is the id of the last one seen, `search` a part of name or address."""

    office_id: UUID | None = None
    search: Annotated[str, Field(max_length=100)] = ""
    limit: Annotated[int, Field(ge=1, le=500)] = 200
    after: UUID | None = None


class ResyncAsked(Resource):
    """The whole window of the room will be read again."""

    status: Literal["pending"] = "pending"


class ImportableAsked(Body):
    """`refresh` asks Graph again instead of showing the list as last fetched."""

    refresh: bool = False


class Progress(Resource):
    """Events read by the first load; `expected` is known with its last page."""

    loaded: int
    expected: int | None


class Room(Resource):
    """An imported room; `lag_ms` is the p95 of the last 50 hints, null when polled."""

    id: UUID
    mailbox: str
    mailbox_id: UUID
    name: str
    capacity: int | None
    office_id: UUID
    state: State
    progress: Progress
    held_removals: int
    last_change_at: Time | None
    lag_ms: int | None


@dataclass(frozen=True, slots=True)
class RoomName:
    """A room in a list to choose from; `trouble` says why what is shown of it may be incomplete."""

    id: UUID
    office_id: UUID
    name: str
    capacity: int | None
    trouble: Literal["loading", "unreachable"] | None


class ImportableRoom(Resource):
    """A room mailbox of the tenant."""

    mailbox: str
    mailbox_id: UUID
    name: str
    capacity: int | None
    building: str | None
    floor: str | None
    imported: bool


class ImportableRooms(Resource):
    """The tenant's room mailboxes as Graph listed them at `refreshed_at`."""

    items: list[ImportableRoom]
    refreshed_at: Time


class ImportedRoom(Resource):
    """What became of one room of a list: the room, or in words why it was not imported."""

    mailbox_id: UUID
    room: Room | None
    problem: str | None


class ImportedRooms(Resource):
    """One result for each room asked for, in the same order."""

    items: list[ImportedRoom]


class RoomHealth(Resource):
    """How a room's sync is, what is wrong and what to do."""

    state: State
    text: str
    what_to_do: list[str]
    last_change_at: Time | None
    lag_ms: int | None
    last_reconcile_at: Time | None
    subscription_expires_at: Time | None
    live_since: Time | None
    problem: str | None
    problem_since: Time | None
    held_removals: int


@dataclass(frozen=True, slots=True)
class ListedRoom:
    """A room mailbox in the tenant's list."""

    mailbox_id: UUID
    mailbox: str
    name: str
    capacity: int | None
    building: str | None
    floor: str | None


@dataclass(frozen=True, slots=True)
class RoomRecord:
    """An imported room with what the worker and the manager know of it."""

    id: UUID
    office_id: UUID
    tenant_id: UUID
    mailbox_id: UUID
    mailbox: str
    name: str
    capacity: int | None
    loaded_at: datetime | None = None
    loaded: int = 0
    expected: int | None = None
    window_read_started: datetime | None = None
    last_change_at: datetime | None = None
    lags: tuple[int, ...] = ()
    held_removals: int = 0
    problem: str | None = None
    problem_since: datetime | None = None
    subscribed: bool = False
    subscription_expires_at: datetime | None = None
    live_since: datetime | None = None
    poll_only_since: datetime | None = None
    refusal: str | None = None
    integration_enabled: bool = True
    integration_tenant_id: UUID | None = None
    credentials_failing_since: datetime | None = None
    due_at: datetime | None = None  # None: nothing is, or nothing may be
    sealed_by: str | None = None

"""The database's tables as plain values: what every store of worker and manager shares."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from subscription_manager.domain import subscription
from sync_worker.domain.command import Key
from sync_worker.domain.intent import Intent
from sync_worker.domain.planning import PlanLine
from sync_worker.domain.reading import Pending
from sync_worker.domain.room import State
from sync_worker.domain.work import ConflictKind, Hold

from .orders import Orders
from .rows import Rows

# How the driver shows PostgreSQL's 'infinity' and '-infinity'.
NEVER = datetime.max.replace(tzinfo=UTC)
ALWAYS = datetime.min.replace(tzinfo=UTC)

_FRESH = State(
    window_done_no=0, window_read_started=None, loaded_at=None, loaded=0, expected=None, attempts=0,
    version=0, published_version=0, last_change_at=None, lags=(), brake=None, lacking=(),
    problem=None, problem_since=None, refused_revision=None, notices=(),
)  # fmt: skip


@dataclass(slots=True)
class Organisation:
    """A row of `organisations`."""

    id: UUID
    name: str
    created_at: datetime
    removed_at: datetime | None = None


@dataclass(slots=True)
class Integration:
    """A row of `integrations`."""

    organisation_id: UUID
    tenant_id: UUID
    client_id: UUID
    enabled: bool
    delivery: str = "basic"
    revision: int = 1
    removed_at: datetime | None = None


@dataclass(slots=True)
class Credential:
    """A row of `credentials`."""

    organisation_id: UUID
    sealed_secret: bytes
    expires_at: datetime | None
    updated_at: datetime
    sealed_former: bytes | None = None
    former_until: datetime | None = None
    certificate_thumbprint: str | None = None
    sealed_chat_webhook: bytes | None = None


@dataclass(slots=True)
class Office:
    """A row of `offices`."""

    id: UUID
    organisation_id: UUID
    name: str
    time_zone: str
    opens: time
    closes: time
    created_at: datetime
    removed_at: datetime | None = None


@dataclass(slots=True)
class Room:
    """A row of `rooms`."""

    id: UUID
    organisation_id: UUID
    office_id: UUID
    tenant_id: UUID
    mailbox_id: UUID
    mailbox: str
    name: str
    capacity: int | None
    created_at: datetime
    removed_at: datetime | None = None
    removals_confirmed_at: datetime | None = None


@dataclass(slots=True)
class RoomSync:
    """A row of `room_sync`; the holder's columns are its `state`."""

    room_id: UUID
    organisation_id: UUID
    due_at: datetime
    not_before: datetime = ALWAYS
    hint_no: int = 0
    pending: tuple[Pending, ...] = ()
    window_owed_no: int = 0
    lease_until: datetime | None = None
    epoch: int = 0
    command_no: int = 0
    state: State = _FRESH

    def free(self, now: datetime) -> bool:
        """Whether it is due and nobody holds it."""
        return self.due_at <= now and (self.lease_until is None or self.lease_until <= now)

    def hasten(self, now: datetime) -> None:
        """Due now, but not before it may."""
        self.due_at = max(min(self.due_at, now), self.not_before)

    def rouse(self, now: datetime) -> None:
        """Due now for a command, or for how one ended."""
        self.command_no += 1
        self.hasten(now)


@dataclass(slots=True)
class Stray:
    """A row of `stray_commands`."""

    due_at: datetime
    lease_until: datetime = ALWAYS


@dataclass(slots=True)
class Entry:
    """A row of `journal`."""

    organisation_id: UUID
    room_id: UUID
    booking_id: UUID | None
    at: datetime
    entry: str
    version: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Line:
    """A row of `conflicts`."""

    organisation_id: UUID
    room_id: UUID
    kind: ConflictKind
    booking_id: UUID
    other_id: UUID | None
    command_id: str | None
    at: datetime
    cleared_at: datetime | None = None


@dataclass(slots=True)
class Planned:
    """A row of `plan_lines`."""

    organisation_id: UUID
    room_id: UUID
    number: int
    line: PlanLine
    at: datetime


@dataclass(slots=True)
class Subscription:
    """A row of `subscriptions`."""

    row: subscription.Row
    lease_until: datetime | None = None


@dataclass(slots=True)
class SubscriptionTenant:
    """A row of `subscription_tenants`."""

    organisation_id: UUID
    sweep_at: datetime
    call_at: datetime = ALWAYS
    list_at: datetime = ALWAYS


@dataclass(slots=True)
class Watch:
    """A row of `credential_watch`."""

    organisation_id: UUID
    failing_since: datetime | None = None
    failing_code: str | None = None
    failing_revision: int | None = None
    retry_at: datetime | None = None
    said: str | None = None
    expires_at: datetime | None = None
    due_at: datetime = NEVER


def _nobody(_: str) -> None:
    return None


@dataclass(slots=True)
class Tables:
    """Every row there is, by its key; `heard` is told the table of each NOTIFY."""

    heard: Callable[[str], None] = _nobody
    organisations: dict[UUID, Organisation] = field(default_factory=dict)
    integrations: dict[UUID, Integration] = field(default_factory=dict)
    credentials: dict[UUID, Credential] = field(default_factory=dict)
    offices: dict[UUID, Office] = field(default_factory=dict)
    rooms: dict[UUID, Room] = field(default_factory=dict)
    room_sync: dict[UUID, RoomSync] = field(default_factory=dict)
    bookings: defaultdict[UUID, Rows] = field(default_factory=lambda: defaultdict(Rows))
    journal: list[Entry] = field(default_factory=list)
    commands: Orders = field(default_factory=Orders)
    stray_commands: dict[tuple[UUID, Key], Stray] = field(default_factory=dict)
    intents: dict[UUID, dict[UUID, Intent]] = field(default_factory=dict)  # per room
    slot_holds: dict[UUID, dict[UUID, Hold]] = field(default_factory=dict)  # per room
    conflicts: list[Line] = field(default_factory=list)
    plan_lines: dict[UUID, list[Planned]] = field(default_factory=dict)  # per room
    subscriptions: dict[UUID, Subscription] = field(default_factory=dict)
    subscription_tenants: dict[UUID, SubscriptionTenant] = field(default_factory=dict)
    credential_watch: dict[UUID, Watch] = field(default_factory=dict)

    def active(self, room_id: UUID) -> tuple[Room, Integration] | None:
        """The room and its integration, None where nothing is to be synced."""
        room = self.rooms.get(room_id)
        integration = self.integrations.get(room.organisation_id) if room else None
        if room is None or integration is None:
            return None
        on = room.removed_at is None and integration.enabled and integration.removed_at is None
        return (room, integration) if on and integration.tenant_id == room.tenant_id else None

    def subscribed(self, room_id: UUID, now: datetime) -> bool:
        """Whether notifications of the room may be trusted to come."""
        held = self.subscriptions.get(room_id)
        if held is None or held.row.subscription_id is None or held.row.poll_only_since is not None:
            return False
        expires_at = held.row.expires_at
        return expires_at is not None and expires_at > now and held.row.live_since is not None

    def gap(self, room_id: UUID) -> datetime | None:
        """Since when the subscription may have missed something, None where nothing says so."""
        held = self.subscriptions.get(room_id)
        known = (held.row.live_since, held.row.gap_at) if held else ()
        return max((each for each in known if each is not None), default=None)

    def rows(self, organisation_id: UUID, room_id: UUID) -> Rows:
        """The room's bookings, as its organisation alone sees them."""
        room = self.rooms.get(room_id)
        if room is None or room.organisation_id != organisation_id:
            return Rows()
        return self.bookings[room_id]

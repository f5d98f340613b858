"""A room held for one decision: the shipped Holding and Desk on rows, messages and mailboxes that live in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any, Final
from uuid import UUID

from contracts.events import CommandResult
from sync_worker.domain.absence import Standing, Window
from sync_worker.domain.alternatives import Hours, Neighbour, Slot
from sync_worker.domain.booking import Row
from sync_worker.domain.command import Asked, Key
from sync_worker.domain.overlap import occupies
from sync_worker.domain.reading import Pending
from sync_worker.domain.room import Claim, State
from sync_worker.domain.schedule import Cadence
from sync_worker.domain.versions import Changes
from sync_worker.domain.work import Address, Effects, Work
from sync_worker.handlers.desk import Desk
from sync_worker.handlers.holding import Holding, Options
from sync_worker.handlers.publishing import Publisher

from ..examples import HOUR, NOW, ROOM
from .outlook import Outlook

MAILBOX: Final = UUID("99999999-2222-4333-8444-555555555555")
ADDRESS: Final = Address("room@x.test", "Room", "Europe/Berlin")
_OPTIONS: Final = Options(timedelta(days=180), Cadence(HOUR, timedelta(minutes=5)))
_STATE: Final = State(
    window_done_no=0, window_read_started=NOW, loaded_at=NOW, loaded=0, expected=None, attempts=0,
    version=10, published_version=10, last_change_at=None, lags=(), brake=None, lacking=(),
    problem=None, problem_since=None, refused_revision=None, notices=(),
)  # fmt: skip


@dataclass(slots=True)
class Rows:
    """The mirror's part of the database."""

    kept: dict[UUID, Row] = field(default_factory=dict)
    effects: Effects = field(default_factory=Effects)

    async def rows(
        self, organisation_id: UUID, room_id: UUID, ids: Sequence[UUID], events: Sequence[str]
    ) -> list[Row]:
        return [
            row
            for row in self.kept.values()
            if row.id in ids or row.event_id in events or row.master_id in events
        ]

    async def standing(
        self, organisation_id: UUID, room_id: UUID, window: Window
    ) -> list[Standing]:
        return []

    async def occupying(self, organisation_id: UUID, room_id: UUID, now: datetime) -> list[Row]:
        return [row for row in self.kept.values() if row.removed_at is None and row.ends > now]

    async def elsewhere(self, organisation_id: UUID, room_id: UUID, booking_id: UUID) -> bool:
        return False

    async def commit(
        self,
        claim: Claim,
        state: State,
        changes: Changes,
        now: datetime,
        effects: Effects = Effects(),  # noqa: B008  # frozen and empty
        lease: timedelta | None = None,
    ) -> bool:
        self.kept |= {row.id: row for row in changes.rows}
        self.effects |= effects
        taking = [row for row in self.kept.values() if occupies(row)]
        return any(a.starts < b.ends and b.starts < a.ends for a, b in combinations(taking, 2))


@dataclass(slots=True)
class Sent:
    """The broker and the other rooms: what went out."""

    messages: list[str] = field(default_factory=list)
    handed_over: list[Asked] = field(default_factory=list)

    async def publish(
        self, exchange: str, routing_key: str, body: bytes, *, content_type: str
    ) -> None:
        self.messages.append(routing_key)

    async def sent(
        self,
        organisation_id: UUID,
        keys: Sequence[Key],
        now: datetime,
        rooms: Sequence[UUID] = (),
    ) -> None:
        return

    async def hand_over(self, organisation_id: UUID, asked: Asked, now: datetime) -> None:
        self.handed_over.append(asked)

    async def outcome(self, organisation_id: UUID, key: Key) -> CommandResult | None:
        return None

    async def pass_on(
        self, organisation_id: UUID, room_id: UUID, asked: Asked, now: datetime
    ) -> bool:
        return False

    async def office(
        self, organisation_id: UUID, room_id: UUID, around: Slot
    ) -> tuple[list[Neighbour], Hours | None]:
        return [], None


class Room:
    """A room, its rows and its open work, on a clock that stands still unless it is set."""

    def __init__(
        self,
        *rows: Row,
        outlook: Outlook | None = None,
        pending: tuple[Pending, ...] = (),
        **work: Any,
    ) -> None:
        self.now = NOW
        self.outlook = outlook or Outlook()
        self.mirror, self.sent = Rows({row.id: row for row in rows}), Sent()
        claim = Claim(
            room_id=ROOM, organisation_id=UUID(int=7), tenant_id=UUID(int=8), client_id=UUID(int=9),
            mailbox_id=MAILBOX, revision=1, epoch=1, hint_no=1, pending=pending, window_owed=False,
            subscribed=True, state=_STATE, command_no=1, work=Work(address=ADDRESS, **work),
        )  # fmt: skip
        self.held = Holding(
            claim, rows, self.mirror, self.sent, Publisher(self.sent), _OPTIONS, lambda: self.now
        )
        self.desk = Desk(self.held, self.outlook, self.mirror, self.sent)

    @property
    def results(self) -> list[CommandResult]:
        """How commands ended."""
        return [each.result for each in self.mirror.effects.results if each.result is not None]

    def told(self, row_id: UUID) -> str:
        """What receivers were told of a booking; nothing where its version is an old one."""
        row = self.mirror.kept.get(row_id)
        if row is None or row.version <= _STATE.version:
            return "nothing"
        return row.status

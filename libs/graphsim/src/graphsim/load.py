"""Makes changes at a steady rate on the clock and records when each was made, for benches."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from .events import Event
from .ids import Ref
from .mailboxes import Mailbox
from .meetings import Draft
from .state import State
from .tenants import Tenant
from .zones import instant_text

_MOST_SECONDS = 600.0
_EVENTS_PER_ROOM = 20


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """How many changes per second, for how long, over which rooms."""

    rooms: tuple[UUID, ...]
    rate: float
    seconds: float

    @property
    def changes(self) -> int:
        """How many changes that makes."""
        return int(self.rate * min(self.seconds, _MOST_SECONDS))


class Load:
    """Moves events that sit directly in the rooms' calendars: one change of state per change."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._running = False
        self._plan: LoadPlan | None = None
        self._late = 0.0
        self._made: list[dict[str, str]] = []

    def start(self, plan: LoadPlan) -> None:
        """Starts a load; raises ValueError while one runs or for an unknown room."""
        if self._running or plan.rate <= 0:
            raise ValueError("a load is running already, or the rate is not positive")
        targets = [self._target(room) for room in plan.rooms]
        self._running, self._made, self._late = True, [], 0.0
        self._plan = plan
        self._go_on(plan, targets, 0, self._state.clock.now())

    def stop(self) -> None:
        """No more changes; those made stay recorded until the next start."""
        self._running = False

    def report(self) -> dict[str, object]:
        """Whether it runs and every change made: event id, etag, time, and the start it moved to."""
        return {"running": self._running, "latest_seconds": self._late, "changes": self._made}

    def _target(self, room: UUID) -> tuple[Tenant, Mailbox]:
        owned = self._state.owner_of(room)
        if owned is None:
            raise ValueError(f"no such room: {room}")
        return owned

    def _go_on(
        self, plan: LoadPlan, targets: list[tuple[Tenant, Mailbox]], number: int, began: datetime
    ) -> None:
        """Plans the change of this number, which plans the next."""
        if number >= plan.changes:
            self._running = False
            return

        def step(due: datetime) -> None:
            if not self._running or plan is not self._plan:
                return
            late = self._state.clock.now() - due
            self._late = max(self._late, late.total_seconds())
            self._change(number, *targets[number % len(targets)], due)
            self._go_on(plan, targets, number + 1, began)

        self._state.agenda.plan(began + timedelta(seconds=number / plan.rate), step)

    def _change(self, number: int, tenant: Tenant, room: Mailbox, now: datetime) -> None:
        meetings = self._state.meetings(tenant)
        slot = number % 10_000
        start = now.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
        start += timedelta(days=2, minutes=slot)
        own = [event for event in room.events.values() if event.transaction_id == "load"]
        if len(own) < _EVENTS_PER_ROOM:
            draft = Draft(
                "Load", start, start + timedelta(minutes=30), "UTC", transaction_id="load"
            )
            event, outcome = meetings.create(room, draft, now)
        else:
            old: Event = own[(number // 7) % len(own)]
            changed = {"start": start, "end": start + timedelta(minutes=30)}
            outcome = meetings.edit(room, old, changed, now)
            event = room.events[old.key]
        self._made.append(
            {
                "room": str(room.id),
                "event": room.mint.immutable(Ref(event.key)),
                "etag": room.mint.etag(event.change),
                "at": instant_text(now),
                "start": instant_text(start.replace(tzinfo=now.tzinfo)),
            }
        )
        self._state.commit(tenant, outcome, now)

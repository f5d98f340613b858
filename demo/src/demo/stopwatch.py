"""How long a change made in Outlook takes to arrive from the platform. Pure: the time is an argument."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

Action = Literal["booked", "moved", "cancelled"]

_FORGOTTEN_AFTER_SECONDS = 120.0
_KEPT = 500


@dataclass(frozen=True, slots=True)
class Saved:
    """A change that Outlook has just saved: what the platform must show for it, and when it was saved."""

    room_id: UUID
    action: Action
    start: datetime
    at: float


@dataclass(slots=True)
class Stopwatch:
    """Pairs saved changes with the bookings that arrive. Seconds of one monotonic clock."""

    waiting: list[Saved] = field(default_factory=list)
    lags_ms: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def start(self, saved: Saved) -> None:
        """Note what Outlook saved."""
        self.waiting = [
            each for each in self.waiting if saved.at - each.at < _FORGOTTEN_AFTER_SECONDS
        ]
        self.waiting.append(saved)

    def stop(
        self, room_id: UUID, start: datetime, *, cancelled: bool, now: float
    ) -> tuple[Action, float] | None:
        """Return what was done and the milliseconds since, if this booking is the first to show a saved change."""
        for saved in self.waiting:
            if (saved.room_id, saved.start, saved.action == "cancelled") == (
                room_id,
                start,
                cancelled,
            ):
                self.waiting.remove(saved)
                lag = (now - saved.at) * 1000
                self.lags_ms.append(lag)
                return saved.action, lag
        return None

"""How long a change made on one side takes to show on the other. Pure: the time is an argument."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

Action = Literal["booked", "moved", "renamed", "cancelled"]

_FORGOTTEN_AFTER_SECONDS = 120.0
_KEPT = 500


@dataclass(frozen=True, slots=True)
class Saved:
    """A change made on one side: what the other must show for it, and when it was made."""

    room_id: UUID
    action: Action
    start: datetime
    at: float


@dataclass(slots=True)
class Stopwatch:
    """Pairs changes with what arrives for them. Seconds of one monotonic clock."""

    waiting: list[Saved] = field(default_factory=list)
    lags_ms: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def start(self, saved: Saved) -> None:
        """Note a change."""
        self.waiting = [
            each for each in self.waiting if saved.at - each.at < _FORGOTTEN_AFTER_SECONDS
        ]
        self.waiting.append(saved)

    def withdraw(self, saved: Saved) -> None:
        """Wait no longer for a change: it was refused."""
        if saved in self.waiting:
            self.waiting.remove(saved)

    def stop(
        self, room_id: UUID, start: datetime, *, cancelled: bool, now: float
    ) -> tuple[Action, float] | None:
        """Return what was done and the milliseconds since, if this is the first to show a change."""
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


@dataclass(frozen=True, slots=True)
class Watches:
    """One stopwatch per way: each runs from the click until the other side shows it."""

    arrived: Stopwatch = field(default_factory=Stopwatch)  # Outlook → the platform
    written: Stopwatch = field(default_factory=Stopwatch)  # the platform → the room's calendar
    answered: Stopwatch = field(default_factory=Stopwatch)  # the platform → the room's answer

    def lags_ms(self) -> dict[str, list[float]]:
        """Return what each way took, in milliseconds, the oldest first."""
        return {
            "arrived": list(self.arrived.lags_ms),
            "written": list(self.written.lags_ms),
            "answered": list(self.answered.lags_ms),
        }

    @contextmanager
    def on_the_platform(self, saved: Saved) -> Iterator[None]:
        """Time a change made on the platform, unless the block raises."""
        for watch in (self.written, self.answered):
            watch.start(saved)
        try:
            yield
        except BaseException:
            for watch in (self.written, self.answered):
                watch.withdraw(saved)
            raise

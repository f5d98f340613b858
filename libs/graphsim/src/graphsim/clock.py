"""The simulator's only clock: real time plus what a test has advanced it by."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def real_now() -> datetime:
    """The machine's time, aware, in UTC."""
    return datetime.now(UTC)


class Clock:
    """Tells the time to everything in one simulator; who waits for a time asks to hear of moves."""

    def __init__(self, real: Callable[[], datetime] = real_now) -> None:
        self._real = real
        self._ahead = timedelta()
        self._listeners: list[Callable[[], object]] = []

    def now(self) -> datetime:
        """The simulated time, aware, in UTC."""
        return self._real() + self._ahead

    def on_move(self, listener: Callable[[], object]) -> None:
        """Calls `listener` after each `advance`."""
        self._listeners.append(listener)

    def advance(self, seconds: float) -> None:
        """Moves the simulated time forward; whatever falls due in between is due now."""
        self._ahead += timedelta(seconds=seconds)
        for listener in self._listeners:
            listener()

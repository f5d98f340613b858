"""Exchange's limits per app and mailbox: four calls at once, 10,000 in ten minutes (§11)."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from .wire import Refused

_AT_ONCE = 4
_PER_WINDOW = 10_000
_WINDOW_SECONDS = 600.0


class MailboxLimits:
    """Counts calls per (app, mailbox), refused ones too."""

    def __init__(self, *, enforced: bool) -> None:
        self._enforced = enforced
        self._flying: Counter[tuple[UUID, UUID]] = Counter()
        self._windows: dict[tuple[UUID, UUID], tuple[datetime, int]] = {}
        self.most_at_once: Counter[UUID] = Counter()
        self.refused: Counter[UUID] = Counter()

    @contextmanager
    def call(self, app: UUID, mailbox: UUID, now: datetime) -> Iterator[None]:
        """Holds a place for one call; raises Refused with 429 where there is none."""
        key = (app, mailbox)
        self._flying[key] += 1
        self.most_at_once[mailbox] = max(self.most_at_once[mailbox], self._flying[key])
        try:
            self._check(key, now)
            yield
        finally:
            self._flying[key] -= 1

    def _check(self, key: tuple[UUID, UUID], now: datetime) -> None:
        since, count = self._windows.get(key, (now, 0))
        if (now - since).total_seconds() >= _WINDOW_SECONDS:
            since, count = now, 0
        self._windows[key] = (since, count + 1)
        if not self._enforced:
            return
        if self._flying[key] > _AT_ONCE:
            self._refuse(key, "Application is over its MailboxConcurrency limit.", 1)
        if count >= _PER_WINDOW:
            left = _WINDOW_SECONDS - (now - since).total_seconds()
            self._refuse(key, "Application is over its request limit.", int(left) + 1)

    def _refuse(self, key: tuple[UUID, UUID], message: str, seconds: int) -> None:
        self.refused[key[1]] += 1
        raise Refused(429, "ApplicationThrottled", message, {"Retry-After": str(seconds)})

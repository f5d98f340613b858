"""Graph's limits: per mailbox (graph-calendar §11), per app and tenant (graph-notifications §8.2)."""

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from math import ceil
from uuid import UUID

from .options import Options
from .wire import Refused

_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Limit:
    """So much in so many seconds, for everybody who shares a key."""

    amount: int
    seconds: float


_REQUESTS = Limit(10_000, 600)
_UPLOADED_BYTES = Limit(150 * 1024 * 1024, 300)


@dataclass(slots=True)
class Spent:
    """What a key has used of a limit since its window began, and for how long that counts; spending adds to it."""

    limit: Limit
    since: datetime
    seconds_left: float
    used: int = 0

    @property
    def share(self) -> float:
        """1.0 is all of it."""
        return self.used / self.limit.amount


class Windows:
    """Fixed windows of the simulator's clock, one per key; refused calls count too (§8.1)."""

    def __init__(self) -> None:
        self._open: dict[Hashable, Spent] = {}

    def spend(self, key: Hashable, limit: Limit, cost: int, now: datetime) -> Spent:
        """Counts the cost; a window begins with the first call after the one before."""
        spent = self._open.get(key)
        age = (now - spent.since).total_seconds() if spent else 0.0
        if spent is None or age >= limit.seconds:
            age, spent = 0.0, Spent(limit, now, limit.seconds)
            self._open[key] = spent
        spent.limit, spent.seconds_left = limit, limit.seconds - age
        spent.used += cost
        return spent


class MailboxLimits:
    """Counts calls per (app, mailbox), refused ones too."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._calls, self._bytes = Windows(), Windows()
        self._flying: Counter[tuple[UUID, UUID]] = Counter()
        self.most_at_once: Counter[UUID] = Counter()
        self.refused: Counter[UUID] = Counter()

    @contextmanager
    def call(self, app: UUID, mailbox: UUID, now: datetime, uploaded: int = 0) -> Iterator[None]:
        """Holds a place for one call with so many bytes; raises Refused where there is none."""
        together = (app, mailbox if self._options.concurrency_of == "mailbox" else app)
        at_once = self._flying[together] = self._flying[together] + 1
        self.most_at_once[mailbox] = max(self.most_at_once[mailbox], at_once)
        try:
            self._check((app, mailbox), at_once, uploaded, now)
            yield
        finally:
            self._flying[together] -= 1

    def _check(self, key: tuple[UUID, UUID], at_once: int, uploaded: int, now: datetime) -> None:
        calls = self._calls.spend(key, _REQUESTS, 1, now)
        bodies = self._bytes.spend(key, _UPLOADED_BYTES, uploaded, now)
        if not self._options.throttle:
            return
        status, code = self._options.concurrency_status, "ApplicationThrottled"
        if at_once > _AT_ONCE:
            message = "Application is over its MailboxConcurrency limit."
            self._refuse(
                key, status, code if status == 429 else "MailboxConcurrency", message, 1, now
            )
        if calls.share > 1:
            message = "Application is over its request limit."
            self._refuse(key, 429, code, message, calls.seconds_left, now)
        if bodies.share > 1:
            message = "Application is over its upload limit."
            self._refuse(key, 429, code, message, bodies.seconds_left, now)

    def _refuse(
        self,
        key: tuple[UUID, UUID],
        status: int,
        code: str,
        message: str,
        seconds: float,
        now: datetime,
    ) -> None:
        self.refused[key[1]] += 1
        raise Refused(status, code, message, retry_after(self._options, seconds, now))


def retry_after(options: Options, seconds: float, now: datetime) -> dict[str, str]:
    """The Retry-After header in the form that Options ask for (graph-notifications §8.1)."""
    match options.retry_after:
        case "integer":
            return {"Retry-After": str(ceil(seconds))}
        case "fraction":
            return {"Retry-After": f"{seconds:.3f}"}
        case "date":
            moment = now + timedelta(seconds=ceil(seconds))
            return {"Retry-After": format_datetime(moment, usegmt=True)}
        case "zero":
            return {"Retry-After": "0"}
        case "absent":
            return {}

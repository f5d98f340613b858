"""Edge: lifecycle hints in. They only make rooms due; what is true is asked of Graph later."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

import structlog
from prometheus_client import Counter

from contracts import Undecodable
from contracts.hints import LifecycleHint, decode_lifecycle
from eventbus import Dead, Delivery, Done, Later, Outcome
from pgstore import DatabaseUnavailable

log = structlog.get_logger()

_KNOWN = {"missed", "subscriptionRemoved", "reauthorizationRequired"}
_AWAY_SECONDS = 2.0

HINTS = Counter("clearooms_lifecycle_hints", "Lifecycle hints by event", ["event"])


class Notes(Protocol):
    """Where hints are noted."""

    async def note(self, hints: Sequence[LifecycleHint], now: datetime) -> int:
        """The number of rooms they fit."""


class LifecycleConsumer:
    """Turns a delivery into rows, then wakes the scheduler."""

    def __init__(
        self, notes: Notes, wake: Callable[[], None], clock: Callable[[], datetime]
    ) -> None:
        self._notes = notes
        self._wake = wake
        self._clock = clock

    async def handle(self, delivery: Delivery) -> Outcome:
        """Done once the hints are rows; Later while Postgres is away; Dead if it makes no sense."""
        try:
            hints = decode_lifecycle(delivery.body)
        except Undecodable as error:
            return Dead(str(error))
        known = [hint for hint in hints if hint.event in _KNOWN]
        for hint in hints:
            HINTS.labels(hint.event if hint.event in _KNOWN else "unknown").inc()
        if not known:
            return Done()
        try:
            rooms = await self._notes.note(known, self._clock())
        except DatabaseUnavailable:
            return Later(_AWAY_SECONDS)
        log.info("lifecycle_hints", hints=len(hints), rooms=rooms)
        self._wake()
        return Done()

"""Counts for alerts: how many organisations' credentials end soon, and how many are refused."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from prometheus_client import Gauge

EXPIRING = Gauge(
    "clearooms_credentials_expiring",
    "Organisations whose secret or certificate ends within so many days; every replica tells the same",
    ["days"],
)
FAILING = Gauge(
    "clearooms_credentials_failing",
    "Organisations whose credentials Microsoft refuses; every replica tells the same",
)


class Tally(Protocol):
    """Counts over all organisations."""

    async def expiring(self, now: datetime) -> dict[int, int]:
        """Count by days left."""

    async def failing(self) -> int:
        """Count what is refused."""


class Tallying:
    """Keeps the gauges."""

    def __init__(self, tally: Tally, clock: Callable[[], datetime]) -> None:
        self._tally = tally
        self._clock = clock

    async def turn(self) -> bool:
        """Set them; there is never more to do at once."""
        for days, organisations in (await self._tally.expiring(self._clock())).items():
            EXPIRING.labels(str(days)).set(organisations)
        FAILING.set(await self._tally.failing())
        return False

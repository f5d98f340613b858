"""How fast one tenant may be asked: a token bucket and a cap on what is under way (graph-notifications §7, §8.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float
    under_way: int = 0


class Pacer:
    """Counts steps per tenant. Times are seconds of any clock that does not go back.

    The default of 8 a second is 160 in 20 s; Graph allows 500 per app and tenant, and three replicas may run. A create
    makes two challenges at our ingress.
    """

    def __init__(self, rate: float = 8.0, burst: float = 16.0, at_once: int = 8) -> None:
        self._rate = rate
        self._burst = burst
        self._at_once = at_once
        self._buckets: dict[UUID, _Bucket] = {}

    def begin(self, tenant: UUID, now: float) -> None:
        """A step of this tenant starts; the bucket may go below nought and then blocks for longer."""
        bucket = self._filled(tenant, now)
        bucket.tokens -= 1
        bucket.under_way += 1

    def end(self, tenant: UUID) -> None:
        """It is over."""
        self._buckets[tenant].under_way -= 1

    def blocked(self, now: float) -> list[UUID]:
        """The tenants that may not start another step now."""
        return [
            tenant
            for tenant in self._tenants()
            if self._filled(tenant, now).tokens < 1
            or self._buckets[tenant].under_way >= self._at_once
        ]

    def idle_until(self, now: float) -> float | None:
        """Seconds until an empty bucket lets a step through; None if none is empty."""
        lacks = [1 - self._filled(tenant, now).tokens for tenant in self._tenants()]
        waits = [lack / self._rate for lack in lacks if lack > 0]
        return min(waits) if waits else None

    def _filled(self, tenant: UUID, now: float) -> _Bucket:
        bucket = self._buckets.setdefault(tenant, _Bucket(self._burst, now))
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.filled_at) * self._rate)
        bucket.filled_at = now
        return bucket

    def _tenants(self) -> Iterable[UUID]:
        full = [t for t, b in self._buckets.items() if b.tokens >= self._burst and not b.under_way]
        for tenant in full:
            del self._buckets[tenant]
        return list(self._buckets)

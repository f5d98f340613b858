"""How often something may be tried: a bounded set of token buckets."""

from collections import OrderedDict
from dataclasses import dataclass
from math import ceil


@dataclass(slots=True)
class _Bucket:
    left: float
    seen: float


class Attempts:
    """At most `burst` tries per key at once, refilled evenly over `seconds`; remembers the `most` latest keys.

    Forgetting the oldest key costs an attacker `most` other keys, each of which is limited elsewhere.
    """

    def __init__(self, *, burst: int, seconds: float, most: int = 10_000) -> None:
        self._burst = burst
        self._rate = burst / seconds
        self._most = most
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait(self, key: str, now: float) -> int:
        """Whole seconds until the next try is allowed; 0 takes one now. `now` is monotonic seconds."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(self._burst, now)
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        bucket.left = min(self._burst, bucket.left + max(0.0, now - bucket.seen) * self._rate)
        bucket.seen = now
        if bucket.left >= 1:
            bucket.left -= 1
            return 0
        return ceil((1 - bucket.left) / self._rate)

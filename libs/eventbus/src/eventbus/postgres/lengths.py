"""How full the queues are, without counting them for every message."""

from dataclasses import dataclass
from time import monotonic
from typing import Final

from eventbus.topology import Topology

from .store import Store

RECOUNT_SECONDS: Final = 1.0
RECOUNT_FULL_SECONDS: Final = 0.05


@dataclass(slots=True)
class _Count:
    length: int = 0
    at: float = float("-inf")


class Lengths:
    """Counts a queue at most once a second while it has room; other processes' messages show with it."""

    def __init__(self, store: Store, topology: Topology) -> None:
        self._store = store
        self._most = {queue.name: queue.max_length for queue in topology.queues if queue.keeps}
        self._counts = {name: _Count() for name in self._most}

    async def full(self, queue: str) -> bool:
        """Whether a queue that refuses has no room; one that drops its oldest always has. Raises Away."""
        most = self._most.get(queue)
        if most is None:
            return False
        count = self._counts[queue]
        fresh_for = RECOUNT_FULL_SECONDS if count.length >= most else RECOUNT_SECONDS
        if monotonic() - count.at > fresh_for:
            count.at = monotonic()
            count.length = await self._store.length(queue, most)
        return count.length >= most

    def added(self, queue: str) -> None:
        """One more, by ourselves."""
        if queue in self._counts:
            self._counts[queue].length += 1

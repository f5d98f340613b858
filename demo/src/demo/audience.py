"""The pages that are open, each with its own bounded queue of events."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_MOST_WAITING = 500


class Audience:
    """Hands every event to every open page; a page that does not read is dropped and reconnects."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[tuple[str, Mapping[str, Any]] | None]] = set()
        self.live = False

    def tell(self, event: str, data: Mapping[str, Any]) -> None:
        """Queue the event for everybody."""
        for queue in list(self._queues):
            if queue.qsize() >= _MOST_WAITING:
                self._queues.discard(queue)
                queue.put_nowait(None)
            else:
                queue.put_nowait((event, data))

    def tell_live(self, *, live: bool) -> None:
        """Say whether the platform's stream is connected, when that changes."""
        if live != self.live:
            self.live = live
            self.tell("upstream", {"live": live})

    def close(self) -> None:
        """End every page's stream."""
        for queue in self._queues:
            queue.put_nowait(None)

    @contextmanager
    def seat(self) -> Iterator[asyncio.Queue[tuple[str, Mapping[str, Any]] | None]]:
        """Take part; None in the queue is the end."""
        queue: asyncio.Queue[tuple[str, Mapping[str, Any]] | None] = asyncio.Queue()
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)

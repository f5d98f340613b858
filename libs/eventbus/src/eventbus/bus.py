"""The contract that both buses keep."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from .outcome import Outcome

Cause = Literal["unroutable", "refused", "late", "away", "full"]


class NotConfirmed(Exception):
    """The broker did not confirm the message. It may arrive all the same: a timeout is not a failure.

    `cause`: no queue takes it (unroutable), a queue or the broker refuses it (refused), no answer in
    time (late), no connection (away), too much is waiting on our own side (full).
    """

    def __init__(self, cause: Cause, detail: str = "") -> None:
        super().__init__(f"{cause}: {detail}" if detail else cause)
        self.cause: Cause = cause


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as a handler sees it; `attempts` counts this one too."""

    body: bytes
    routing_key: str
    headers: Mapping[str, str]
    attempts: int


Handler = Callable[[Delivery], Awaitable[Outcome]]
Listener = Callable[[Delivery], Awaitable[None]]
Reconnected = Callable[[], Awaitable[None]]


class Bus(Protocol):
    """Publish with confirm, consume with acknowledgement, follow without either."""

    async def publish(
        self,
        exchange: str,
        routing_key: str,
        body: bytes,
        *,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        within: float = 2.0,
    ) -> None:
        """Return once the message is durable in a queue; raises NotConfirmed after `within` seconds at most."""

    async def consume(
        self, queue: str, handle: Handler, stop: asyncio.Event, *, prefetch: int = 64
    ) -> None:
        """Hand every message of the queue to `handle`, up to `prefetch` at once; return drained after `stop`."""

    async def follow(
        self,
        exchange: str,
        patterns: Sequence[str],
        handle: Listener,
        stop: asyncio.Event,
        *,
        max_length: int = 10_000,
        reconnected: Reconnected | None = None,
    ) -> None:
        """Hand over what is published from now on, one by one, through an own queue that drops its oldest.

        What was published while the connection was lost is missed: `reconnected` is awaited each time
        the queue has been bound anew, before its first message.
        """

    def connected(self) -> bool:
        """Whether publishing and every running consumer have their connection."""

"""Exchanges and queues as data (design §4.4): every argument is declared, so that no default of a broker matters."""

from dataclasses import dataclass
from typing import Final, Literal

from contracts import routing

# Broker-side net for messages that kill their consumer before it can say so. Higher than our own
# limit of attempts: whatever else was prefetched by a dying consumer is counted with it.
DELIVERY_LIMIT: Final = 20
# Looking at dead letters delivers them as well, and beyond its limit the broker forgets a message that has nowhere to go.
LOOKS_LIMIT: Final = 1_000_000_000
WORK_LENGTH: Final = 1_000_000
WORK_BYTES: Final = 1 << 30
UNCLAIMED_LENGTH: Final = 10_000
UNCLAIMED_BYTES: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Exchange:
    """A durable exchange; what no queue takes goes to `alternate`, if any."""

    name: str
    kind: Literal["direct", "topic", "fanout"]
    alternate: str | None = None

    def arguments(self) -> dict[str, str]:
        """The arguments of its declaration."""
        return {} if self.alternate is None else {"alternate-exchange": self.alternate}


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable quorum queue, bound to one exchange.

    `keeps=True`: refuses what does not fit, loses nothing. `keeps=False`: drops its oldest.
    """

    name: str
    exchange: str
    binding: str
    keeps: bool = True
    dead_letters: str | None = routing.DEAD_LETTERS
    max_length: int = WORK_LENGTH
    max_bytes: int = WORK_BYTES
    delivery_limit: int = DELIVERY_LIMIT

    def arguments(self) -> dict[str, str | int]:
        """The arguments of its declaration, the same for RabbitMQ 3.10 and 4."""
        arguments: dict[str, str | int] = {
            "x-queue-type": "quorum",
            "x-overflow": "reject-publish" if self.keeps else "drop-head",
            "x-max-length": self.max_length,
            "x-max-length-bytes": self.max_bytes,
            "x-delivery-limit": self.delivery_limit,
        }
        if self.dead_letters is not None:
            # At-least-once needs reject-publish; with drop-head it would silently be at-most-once.
            arguments["x-dead-letter-exchange"] = self.dead_letters
            arguments["x-dead-letter-strategy"] = "at-least-once"
        return arguments


@dataclass(frozen=True, slots=True)
class Topology:
    """What a bus declares, in this order, each time it connects."""

    exchanges: tuple[Exchange, ...]
    queues: tuple[Queue, ...]


def _work(exchange: str, queue: str) -> Queue:
    return Queue(name=queue, exchange=exchange, binding=queue)


TOPOLOGY: Final = Topology(
    exchanges=(
        Exchange(routing.DEAD_LETTERS, "fanout"),
        Exchange(routing.UNCLAIMED, "fanout"),
        Exchange(routing.GRAPH_CHANGES, "direct"),
        Exchange(routing.GRAPH_LIFECYCLE, "direct"),
        Exchange(routing.COMMANDS, "direct"),
        Exchange(routing.EVENTS, "topic", alternate=routing.UNCLAIMED),
    ),
    queues=(
        Queue(
            routing.DEAD_LETTERS,
            routing.DEAD_LETTERS,
            "",
            dead_letters=None,
            delivery_limit=LOOKS_LIMIT,
        ),
        Queue(
            routing.UNCLAIMED,
            routing.UNCLAIMED,
            "",
            keeps=False,
            dead_letters=None,
            max_length=UNCLAIMED_LENGTH,
            max_bytes=UNCLAIMED_BYTES,
        ),
        _work(routing.GRAPH_CHANGES, routing.SYNC_CHANGES),
        _work(routing.GRAPH_LIFECYCLE, routing.SUBSCRIPTIONS_LIFECYCLE),
        _work(routing.COMMANDS, routing.SYNC_COMMANDS),
    ),
)

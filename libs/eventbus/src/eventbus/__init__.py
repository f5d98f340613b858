"""The bus between the services: publish with confirm, consume, follow (design §4.4)."""

from .bus import Bus, Delivery, Handler, Listener, NotConfirmed, Reconnected
from .coalescer import Coalescer
from .connection import open_bus
from .dead_letters import DeadLetter, DeadLetters, open_dead_letters
from .link import LinkLost
from .outcome import Dead, Done, Later, Outcome
from .topology import TOPOLOGY, Exchange, Queue, Topology

__all__ = [
    "TOPOLOGY",
    "Bus",
    "Coalescer",
    "Dead",
    "DeadLetter",
    "DeadLetters",
    "Delivery",
    "Done",
    "Exchange",
    "Handler",
    "Later",
    "LinkLost",
    "Listener",
    "NotConfirmed",
    "Outcome",
    "Queue",
    "Reconnected",
    "Topology",
    "open_bus",
    "open_dead_letters",
]

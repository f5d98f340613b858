"""The bus between the services: publish with confirm, consume, follow (design §4.4)."""

from .bus import Bus, Delivery, Handler, Listener, NotConfirmed, Reconnected
from .coalescer import Coalescer
from .connection import open_bus
from .outcome import Dead, Done, Later, Outcome
from .topology import TOPOLOGY, Exchange, Queue, Topology

__all__ = [
    "TOPOLOGY",
    "Bus",
    "Coalescer",
    "Dead",
    "Delivery",
    "Done",
    "Exchange",
    "Handler",
    "Later",
    "Listener",
    "NotConfirmed",
    "Outcome",
    "Queue",
    "Reconnected",
    "Topology",
    "open_bus",
]

"""Exchanges, queues and routing keys, spelled once (design §4.4)."""

from typing import Final, Literal

GRAPH_CHANGES: Final = "graph.changes"
GRAPH_LIFECYCLE: Final = "graph.lifecycle"
COMMANDS: Final = "clearooms.commands"
EVENTS: Final = "clearooms.events"
DEAD_LETTERS: Final = "dead-letters"

# On a direct exchange the routing key is the queue's name.
SYNC_CHANGES: Final = "sync.changes"
SUBSCRIPTIONS_LIFECYCLE: Final = "subscriptions.lifecycle"
SYNC_COMMANDS: Final = "sync.commands"
UNCLAIMED: Final = "unclaimed"

BookingStatus = Literal["pending", "confirmed", "tentative", "conflicted", "cancelled"]
EventKey = Literal[
    "booking.pending",
    "booking.confirmed",
    "booking.tentative",
    "booking.conflicted",
    "booking.cancelled",
    "command.accepted",
    "command.rejected",
    "room.synced",
    "room.unreachable",
    "integration.ok",
    "integration.failing",
    "integration.secret_expiring",
]

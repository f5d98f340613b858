"""Every metric of the bus, in one place; both buses count the same things."""

from typing import Final, Literal

from prometheus_client import Counter, Gauge, Histogram

from .bus import Cause

PublishResult = Literal["confirmed"] | Cause
Settled = Literal["done", "later", "dead", "failed", "unsettled"]

published: Final = Counter(
    "eventbus_published_total", "Publishes by result.", ["exchange", "result"]
)
confirm_seconds: Final = Histogram(
    "eventbus_confirm_seconds",
    "From publish to confirm.",
    ["exchange"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
settled: Final = Counter(
    "eventbus_deliveries_total",
    "Deliveries by how they ended; unsettled ones will come again.",
    ["queue", "result"],
)
handle_seconds: Final = Histogram("eventbus_handle_seconds", "Time in the handler.", ["queue"])
followed: Final = Counter(
    "eventbus_followed_total", "Messages of own, exclusive queues.", ["exchange", "result"]
)
link_up: Final = Gauge(
    "eventbus_link_up", "1 while the connection of this purpose stands.", ["link"]
)
link_losses: Final = Counter(
    "eventbus_link_losses_total", "Connections lost or not made.", ["link"]
)
blocked: Final = Gauge("eventbus_blocked", "1 while the broker blocks publishers (memory, disk).")
queue_messages: Final = Gauge(
    "eventbus_queue_messages",
    "Messages ready; `unclaimed` holds what nobody bound a queue for.",
    ["queue"],
)
queue_consumers: Final = Gauge("eventbus_queue_consumers", "Consumers on the queue.", ["queue"])
coalesced: Final = Histogram(
    "eventbus_coalesced_items",
    "Items that travelled as one message.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
)

"""The simulator's switches: timings, and which reading of an unproven fact it shows."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Options:
    """One simulated cloud's behaviour. Durations are seconds unless the name says otherwise."""

    seed: int = 0
    appear_seconds: float = 1.0
    """From a room copy's appearance to the booking attendant's answer (graph-calendar §2.6)."""
    notify_delay: float = 0.0
    latency: float = 0.0
    """Added to every Graph call; needed for two calls to overlap on one mailbox."""
    allow_http: bool = False
    """Accept http notification URLs, which Graph refuses, for loopback set-ups without TLS."""
    token_seconds: int = 3599
    room_echoes: bool = True
    """Several notifications for one change of a room mailbox (graph-notifications §4.4)."""
    trailing_blank: bool = True
    """A blank after the organiser's name in a rewritten subject (graph-calendar §2.6, unproven)."""
    cancelled_shows_free: bool = True
    """Kept cancelled meetings show as free (graph-calendar §2.6, unproven)."""
    ical_uid_per_occurrence: bool = True
    """graph-calendar §2.1 says so; §11.2 quotes a source that says one per series."""
    exception_notifies: Literal["exception", "master", "both"] = "both"
    """Which ids an edited occurrence is reported under; §4.4 proves only deletions."""
    ids_change_on_accept: bool = False
    """Regular ids change when the attendant answers; immutable ids never do (§10)."""
    duplicate_transaction_status: Literal[400, 409] = 409
    """A transactionId used for other content: both were seen (graph-calendar §2.3)."""
    transaction_memory_seconds: float | None = None
    """How long a mailbox remembers a transactionId: None for ever, 0 not at all (§2.3, unproven)."""
    ignore_if_match: bool = False
    """PATCH and DELETE take a stale If-Match (graph-calendar §2.4, unproven)."""
    room_copy_has_properties: bool = False
    """Invited copies carry the organiser's extended properties (§11.2, unproven)."""
    border_touches: bool = False
    """calendarView shows items that only touch the window (graph-calendar §1.1, unproven)."""
    lifetime_minutes: int = 10_070
    """Longest subscription of basic items: 10,070 enforced, 10,080 documented (§0)."""
    rich_lifetime_minutes: int = 1_440
    duplicate_conflict: bool = True
    """A second equal subscription is refused with 409 (§2.7, unproven for Exchange)."""
    subscriptions_need_read: bool = False
    """Subscriptions refuse tokens that hold Calendars.ReadWrite only (§2.3, one sighting)."""
    etag_on_deleted: bool = False
    """Whether `deleted` items carry an etag (§4.1, unproven)."""
    retry_first_seconds: float = 1.0
    """First pause after a failed delivery; doubles up to ten minutes, for four hours (§4.2)."""
    items_per_post: int = 50
    posts_at_once: int = 8
    throttle: bool = True
    validation_seconds: float = 10.0
    first_delivery_seconds: float = 3.0
    later_delivery_seconds: float = 10.0
    delivery_hours: float = 4.0

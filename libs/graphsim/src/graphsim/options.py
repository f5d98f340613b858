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
    broken_descriptions: bool = False
    """Entra parts the trailer of an error with line breaks, as older answers do (§7.4)."""
    blocked_error: Literal["access_denied", "interaction_required", "invalid_grant"] = (
        "access_denied"
    )
    """The `error` of AADSTS53003 (§7.4, unproven)."""
    missing_secret_status: Literal[400, 401] = 401
    """AADSTS7000216: 401 with invalid_client or 400 with invalid_request; both were seen (§7.4)."""
    missing_principal: Literal[7000229, 700016] = 7000229
    """What a tenant without the app's service principal answers (§7.5, unproven)."""
    assertion_needs_jti: bool = False
    """A client assertion without `jti`, which is documented as required, is refused (unproven)."""
    roleless_status: Literal[401, 403] = 401
    """A token without roles at a mailbox: 401 NoPermissionsInAccessToken or 403 ErrorAccessDenied
    (graph-calendar §2.8)."""
    unknown_user: Literal["ErrorInvalidUser", "ResourceNotFound"] = "ErrorInvalidUser"
    """The code for a mailbox that nobody has: both were seen (§2.8)."""
    unsupported_mailbox: Literal["MailboxNotEnabledForRESTAPI", "MailboxNotSupportedForRESTAPI"] = (
        "MailboxNotEnabledForRESTAPI"
    )
    """The code for a mailbox outside the cloud: both were seen (§2.8, §9)."""
    addresses_resolve: bool = True
    """`/users/{address}` finds a mailbox whose sign-in name is another (§9, unproven)."""
    error_envelope: Literal["innerError", "innererror"] = "innerError"
    """The older spelling also leaves client-request-id out (§2.8)."""
    directory_lag: float = 0.0
    """How late reads of the directory show a change of an application (§6.1)."""
    secret_hints: bool = True
    """passwordCredentials carry the secret's first three characters (§6.1, unproven for old ones)."""
    directory_reads_one_application: bool = True
    """GET of one application takes Directory.Read.All, as the list does (§6.1, unproven)."""
    retry_after: Literal["integer", "fraction", "date", "absent", "zero"] = "integer"
    """The form of Retry-After (graph-notifications §8.1)."""
    concurrency_status: Literal[429, 503] = 429
    """How a fifth call at once on a mailbox is refused: both were seen (graph-calendar §11)."""
    concurrency_of: Literal["mailbox", "app"] = "mailbox"
    """Whose four calls at once are counted; the newer text can be read as the app's (§11)."""
    places_per_second: int | None = None
    """3 for new Places operations; whether the list of rooms is one is unproven
    (graph-notifications §8.2)."""
    exchange_lag: float = 0.0
    """How late Exchange notices a change of an app's scope or access policy; 30 minutes to 2 hours
    in the field (graph-calendar §10, unproven)."""
    calls_per_10_seconds: int = 130_000
    """Of one app over all tenants; 20,000 in the text of 2021 (graph-notifications §8.2)."""
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

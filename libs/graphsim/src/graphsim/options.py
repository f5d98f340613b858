"""The simulator's switches: timings, and which reading of an unproven fact it shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, get_type_hints

import msgspec

from .option_sets import option_set
from .slowness import ERA_2026, ERAS, Era


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
    unverified_refusals: Literal["usual", "other"] = "usual"
    """How the refusals answer that nobody has shown whole: `refusals.OTHER` has the other reading."""
    refresh_in: int | None = None
    """Token answers ask to be renewed after so many seconds; seen for long-lived tokens, half their
    life (release notes of msal 1.10), unproven for an hour's."""
    loop_requests: int | None = None
    """How many equal token requests in five minutes Entra bears: 15 from clients with a cookie
    (`loops`), unproven for client credentials."""
    loop_answer: Literal["429", "50196"] = "429"
    """The answer to the next one: bare, or that of clients with a cookie (`loops`)."""
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
    unsupported_text: Literal["newer", "older"] = "newer"
    """The words of MailboxNotEnabledForRESTAPI: both were seen (§2.8)."""
    policy_refusal: Literal["long", "short"] = "long"
    """The words in which an application access policy refuses: seen, and documented (§2.8)."""
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
    cancelled_days_stay: bool = False
    """A cancelled day of a series stays where cancelled meetings do, as an exception that
    `isCancelled`; off, it goes (graph-calendar §2.6 says it of meetings, §2.7 of days)."""
    cancelled_shows_free: bool = True
    """Kept cancelled meetings show as free (graph-calendar §2.6, unproven)."""
    conflict_limits: Literal["each", "either"] = "each"
    """Which of a room's two limits for colliding days a series must keep (§2.6 leaves it open)."""
    release_declines: bool = True
    """A room that releases itself answers `declined`; off, nobody hears (§2.6, unproven)."""
    declined_stay: bool = False
    """Declined requests stay in the room's calendar, as free (graph-calendar §2.6, unproven)."""
    changed_series_drop_exceptions: bool = True
    """New times or a new pattern of a series drop its exceptions; otherwise those stay whose days
    the pattern still has (graph-calendar §2.5, unproven)."""
    cancelled_days_bound: bool = False
    """A day may not be moved past a cancelled neighbour either (graph-calendar §2.5, unproven)."""
    most_attendees: int | None = 500
    """Of one event (graph-calendar §2.1); that more are refused, and in which words, is unproven:
    None takes any number."""
    purge_cancels: bool = True
    """permanentDelete of the organiser's copy tells the attendees, as DELETE does (unproven)."""
    deleting_declines: bool = False
    """A bare DELETE of an attendee's copy tells the organiser (graph-calendar §2.5, unproven)."""
    hidden_rooms_listed: bool = False
    """Places list rooms that are hidden from address lists (graph-calendar §3, unproven)."""
    on_premises_rooms_listed: bool = True
    """Places list rooms whose mailbox is on-premises (graph-calendar §9, unproven)."""
    places_revision: Literal["current", "older"] = "current"
    """The older one shows a room's capacity as a text, `isWheelchairAccessible`, `displayDevice`
    and `isManaged`, a list's `geocoordinates` (§3); its floor's number as a text is unproven."""
    all_day_keeps_date: bool = True
    """All-day events show their dates' midnights in any asked-for zone; off, the instants there
    (graph-calendar §2.7, unproven)."""
    ical_uid_per_occurrence: bool = True
    """graph-calendar §2.1 says so; §11.2 quotes a source that says one per series."""
    answered_day: Literal["exception", "occurrence"] = "exception"
    """What a day is that differs from its series only in its answers (§1.5, unproven)."""
    exceptions_need_select: bool = False
    """`$expand=exceptionOccurrences` shows something only if `$select` names it too, as documented;
    clients were answered without (docs#16162)."""
    lone_day_type: Literal["singleInstance", "exception"] = "singleInstance"
    """What somebody sees who is invited to one day of a series only: an event of its own, or an
    exception whose `seriesMasterId` is not found (§2.5, unproven)."""
    exception_notifies: Literal["exception", "master", "both"] = "both"
    """Which ids an edited occurrence is reported under; §4.4 proves only deletions."""
    ids_change_on_accept: bool = False
    """Regular ids change when the attendant answers; immutable ids never do (§10)."""
    duplicate_transaction_status: Literal[400, 409] = 409
    """A transactionId used for other content: both were seen (graph-calendar §2.3)."""
    transaction_memory_seconds: float | None = None
    """How long a mailbox remembers a transactionId: None for ever, 0 not at all (§2.3, unproven)."""
    created_has_location: bool = False
    """A 201 has a Location header (graph-calendar §2.2, unproven)."""
    ignore_if_match: bool = False
    """PATCH and DELETE take a stale If-Match (graph-calendar §2.4, unproven)."""
    room_copy_has_properties: bool = False
    """Invited copies carry the organiser's extended properties (§11.2, unproven)."""
    border_touches: bool = False
    """calendarView shows items that only touch the window (graph-calendar §1.1, unproven)."""
    lifetime_minutes: int = 10_070
    """Longest subscription of basic items: 10,070 enforced, 10,080 documented, once 4,230 (§0)."""
    rich_lifetime_minutes: int = 1_440
    """The same with resource data as documented; what is enforced is unproven (§0)."""
    duplicate_conflict: bool = True
    """A second equal subscription is refused with 409 (§2.7, unproven for Exchange)."""
    subscriptions_need_read: bool = False
    """Subscriptions refuse tokens that hold Calendars.ReadWrite only (§2.3, one sighting)."""
    subscription_filters: bool = True
    """Subscriptions to events take a `$filter`; the text says so of Outlook's items and shows a
    message, one reporter was refused (§2.2, Microsoft Q&A 1153294)."""
    calendar_paths: bool = False
    """`…/calendar/events` and `…/calendars/{id}/events` can be subscribed to (§2.2, unproven)."""
    subscriptions_per_mailbox: int = 1_000
    """Of all apps together; the wording of the refusal is unproven for Outlook (§2.6)."""
    subscriptions_per_page: int = 100
    client_state_length: Literal[128, 255] = 128
    """One page says 128, another 255 (§0)."""
    unset_members: Literal["null", "empty"] = "null"
    """Unset members of a subscription are null, or `""` and `false`: samples have both (§2.4)."""
    challenge_text: str = (
        "Validation: Testing client application reachability for subscription Request-Id: {id}"
    )
    """What a challenge asks to be echoed; opaque, this value was seen once (§3)."""
    validation_spaces: Literal["%20", "+"] = "%20"
    """How the challenge's query writes a space; "url-encoded" leaves both open (§3)."""
    validation_parameter: Literal["validationToken", "validationtoken"] = "validationToken"
    """The lower-case form was seen in write-ups of others only (§3, unproven)."""
    validation_error: Literal["ValidationError", "InvalidRequest"] = "ValidationError"
    """The code of a failed challenge since 2024; the other until 2021 (§2.6)."""
    validates_changed_url: bool = True
    """A PATCH of notificationUrl is challenged (§3, unproven)."""
    certificate_can_change: bool = True
    """PATCH takes a new encryption certificate: one page says so, another does not (§5.4)."""
    certificate_dates_checked: bool = False
    """An encryption certificate must be valid now (§5.4, unproven)."""
    pem_certificate_accepted: bool = False
    """base64 of a PEM file passes as encryptionCertificate (§11, unproven)."""
    rich_deleted: Literal["absent", "empty", "id"] = "absent"
    """What `encryptedContent` of a rich `deleted` item holds (§5.2, unproven)."""
    validation_token_version: Literal["1.0", "2.0"] = "2.0"  # noqa: S105 -- no secret
    """Both occur; it probably follows the app's manifest (§5.3)."""
    publisher_key_hours: float = 24.0
    """How often the keys behind `validationTokens` rotate: "daily" (§5.3)."""
    resource_shape: Literal["slashes", "parentheses", "tenant"] = "slashes"
    """`Users/{}/Events/{}` with `#Microsoft.Graph.Event` was seen for events; samples of other
    resources have the other shapes, with `#microsoft.graph.event` (§4.1)."""
    expiry_offset: Literal["Z", "+00:00", "+05:30"] = "Z"
    """The offset of an item's subscriptionExpirationDateTime; all were seen (§4.1)."""
    items_have_id: bool = False
    """Items carry an id of their own, as in the generic sample only (§4.1)."""
    etag_on_deleted: bool = False
    """Whether `deleted` items carry an etag (§4.1, unproven)."""
    lifecycle_has_resource: bool = False
    """Lifecycle items carry `resource: ""` and `resourceData: null` (§6, one sighting)."""
    reauthorization: bool = True
    """The token behind a subscription ends: `reauthorizationRequired`, then a pause (§6); off, as
    idle subscriptions were said to live unchallenged."""
    pauses_without_lifecycle_url: bool = False
    """The token's end also stops subscriptions that nobody can be asked about (§6, unproven)."""
    flushes_after_pause: bool = True
    """Items of a pause flow after reauthorisation within four hours (§4.3); §6 says never."""
    ten_minute_rule: Literal["strict", "chaos"] = "strict"
    """PATCH and reauthorize within ten minutes: reported alone, or breaking something too (§6)."""
    rows_outlive_mailbox: bool = False
    """A mailbox that goes leaves rows nobody can delete (§9, one sighting); otherwise
    `subscriptionRemoved` (§6)."""
    retry_first_seconds: float = 1.0
    """First pause after a failed delivery; doubles up to ten minutes, for four hours (§4.2; the
    schedule is unproven)."""
    items_per_post: int = 50
    """The most items of one POST (§4.1, unproven)."""
    posts_at_once: int = 8
    delivery_era: Era = ERA_2026
    """Deadlines and the slow and drop rules of one text of the documentation (§4.3)."""
    delivery_user_agent: str | None = None
    """The User-Agent of what Graph posts; None sends none (§11, unproven)."""
    endpoint_is_host: bool = True
    """Slowness is counted per host, or else per URL (§4.3 leaves it open)."""
    missed_after_drop: bool = True
    """`missed` follows what the drop state dropped ("should", §4.3)."""
    delivery_hours: float = 4.0
    validation_seconds: float = 10.0
    throttle: bool = True
    read_lag: float = 0.0
    """How long reads of a calendar go on showing what was before a change (unproven)."""

    @classmethod
    def documented(cls, **more: Any) -> Self:
        """The reading of Microsoft's documentation."""
        return cls(**{**option_set("documented"), **more})

    @classmethod
    def observed(cls, **more: Any) -> Self:
        """The reading of what was seen in the field, where it differs."""
        return cls(**{**option_set("observed"), **more})

    @classmethod
    def worst(cls, **more: Any) -> Self:
        """The reading that is hardest for a client."""
        return cls(**{**option_set("worst"), **more})

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """The options of a JSON object; its `set` names where it starts.

        Raises ValueError that names the option.
        """
        values = dict(option_set(given["set"])) if "set" in given else {}
        types = get_type_hints(cls)
        for name, value in given.items():
            if name == "set":
                continue
            if name not in types:
                raise ValueError(f"unknown option - at `$.{name}`")
            try:
                named = ERAS.get(value) if isinstance(value, str) else None
                values[name] = msgspec.convert(value if named is None else named, types[name])
            except msgspec.ValidationError as error:
                raise ValueError(f"{error} - at `$.{name}`") from None
        return cls(**values)

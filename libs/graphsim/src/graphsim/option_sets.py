"""What each switch is in the named sets: as documented, as observed, worst for a client."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from .slowness import ERA_2022, ERA_2026

OptionSet = Literal["documented", "observed", "worst"]

_SEEN = "Validation: Testing client application reachability for subscription Request-Id: {id}"
_AWKWARD = "Validation: 100% of a+b & c=d/? # Request-Id: {id}"

SWITCHES: Mapping[str, tuple[Any, Any, Any]] = {
    "broken_descriptions": (False, False, True),
    "blocked_error": ("access_denied", "access_denied", "invalid_grant"),
    "missing_secret_status": (401, 401, 400),
    "missing_principal": (7000229, 7000229, 700016),
    "unverified_refusals": ("usual", "usual", "other"),
    "refresh_in": (None, None, 1_799),
    "loop_requests": (None, None, 15),
    "loop_answer": ("429", "429", "429"),
    "assertion_needs_jti": (True, False, True),
    "roleless_status": (401, 401, 403),
    "unknown_user": ("ErrorInvalidUser", "ErrorInvalidUser", "ResourceNotFound"),
    "unsupported_mailbox": (
        "MailboxNotEnabledForRESTAPI",
        "MailboxNotEnabledForRESTAPI",
        "MailboxNotSupportedForRESTAPI",
    ),
    "unsupported_text": ("newer", "newer", "older"),
    "policy_refusal": ("short", "long", "short"),
    "addresses_resolve": (False, True, False),
    "error_envelope": ("innerError", "innerError", "innererror"),
    "directory_lag": (0.0, 0.0, 300.0),
    "secret_hints": (True, True, False),
    "directory_reads_one_application": (True, True, False),
    "retry_after": ("integer", "integer", "fraction"),
    "concurrency_status": (429, 503, 503),
    "concurrency_of": ("mailbox", "mailbox", "app"),
    "places_per_second": (None, None, 3),
    "exchange_lag": (0.0, 1_800.0, 7_200.0),
    "calls_per_10_seconds": (130_000, 130_000, 20_000),
    "room_echoes": (False, True, True),
    "trailing_blank": (False, True, True),
    "cancelled_days_stay": (False, False, True),
    "cancelled_shows_free": (True, True, False),
    "ical_uid_per_occurrence": (True, True, False),
    "answered_day": ("exception", "exception", "occurrence"),
    "exceptions_need_select": (True, False, True),
    "lone_day_type": ("singleInstance", "singleInstance", "exception"),
    "exception_notifies": ("exception", "both", "master"),
    "ids_change_on_accept": (False, False, True),
    "duplicate_transaction_status": (409, 409, 400),
    "transaction_memory_seconds": (None, None, 0.0),
    "created_has_location": (False, False, False),
    "ignore_if_match": (False, False, True),
    "room_copy_has_properties": (False, False, False),
    "border_touches": (False, False, True),
    "conflict_limits": ("each", "each", "either"),
    "release_declines": (True, True, False),
    "declined_stay": (False, False, True),
    "changed_series_drop_exceptions": (True, True, False),
    "cancelled_days_bound": (False, False, True),
    "most_attendees": (500, 500, 500),
    "purge_cancels": (True, True, False),
    "deleting_declines": (False, False, True),
    "hidden_rooms_listed": (False, False, True),
    "on_premises_rooms_listed": (True, True, True),
    "places_revision": ("current", "current", "older"),
    "all_day_keeps_date": (True, True, False),
    "read_lag": (0.0, 0.0, 5.0),
    "lifetime_minutes": (10_080, 10_070, 4_230),
    "rich_lifetime_minutes": (1_440, 1_440, 1_430),
    "duplicate_conflict": (True, True, False),
    "subscriptions_need_read": (False, False, True),
    "subscription_filters": (True, True, False),
    "calendar_paths": (False, False, False),
    "client_state_length": (128, 128, 128),
    "unset_members": ("null", "null", "empty"),
    "challenge_text": (_SEEN, _SEEN, _AWKWARD),
    "validation_spaces": ("%20", "%20", "+"),
    "validation_parameter": ("validationToken", "validationToken", "validationtoken"),
    "validation_error": ("ValidationError", "ValidationError", "InvalidRequest"),
    "validates_changed_url": (True, True, False),
    "certificate_can_change": (True, True, False),
    "certificate_dates_checked": (False, False, True),
    "pem_certificate_accepted": (False, False, False),
    "rich_deleted": ("absent", "absent", "empty"),
    "validation_token_version": ("2.0", "2.0", "1.0"),
    "resource_shape": ("slashes", "slashes", "tenant"),
    "expiry_offset": ("Z", "Z", "+05:30"),
    "items_have_id": (True, False, False),
    "etag_on_deleted": (False, False, False),
    "lifecycle_has_resource": (False, True, True),
    "reauthorization": (True, True, True),
    "pauses_without_lifecycle_url": (False, False, True),
    "flushes_after_pause": (True, True, False),
    "ten_minute_rule": ("strict", "strict", "chaos"),
    "rows_outlive_mailbox": (False, False, True),
    "retry_first_seconds": (1.0, 1.0, 30.0),
    "items_per_post": (50, 50, 500),
    "delivery_era": (ERA_2026, ERA_2026, ERA_2022),
    "delivery_user_agent": (None, None, None),
    "endpoint_is_host": (True, True, True),
    "missed_after_drop": (True, True, False),
}
"""Every option that shows one reading of what is unproven or was seen in two ways."""


def option_set(name: object) -> Mapping[str, Any]:
    """The switches of a named set; raises ValueError."""
    names = get_args(OptionSet)
    if name not in names:
        raise ValueError(f"an option set is one of {', '.join(names)} - at `$.set`")
    place = names.index(name)
    return {switch: values[place] for switch, values in SWITCHES.items()}

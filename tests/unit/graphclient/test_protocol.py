import base64
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from graphclient import protocol
from graphclient.errors import (
    Changed,
    Conflict,
    ExpiryTooLate,
    Forbidden,
    GraphError,
    MailboxUnsupported,
    Malformed,
    NotFound,
    Rejected,
    Throttled,
    Unavailable,
)
from graphclient.protocol import Answer, Request, Service, check, literal, retry_after

GRAPH = Service.at("https://graph.example.test/v1.0")
DATE = "Mon, 02 Mar 2026 08:00:00 GMT"


def refusal(status: int, code: str | None = None, message: str = "", **headers: str) -> Answer:
    inner = {"date": "2026-03-02T07:10:11", "request-id": "r-inner"}
    body = {"error": {"code": code, "message": message, "innerError": inner}}
    content = json.dumps(body).encode() if code is not None else b""
    return Answer(
        status, {name.replace("_", "-"): value for name, value in headers.items()}, content
    )


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("10", 10.0),
        ("0", 0.0),
        (" 7 ", 7.0),
        ("2.128", 2.128),
        ("Mon, 02 Mar 2026 08:00:30 GMT", 30.0),
        ("Mon, 02 Mar 2026 07:59:00 GMT", 0.0),
        ("999999999", 86_400.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e3", None),
        ("inf", None),
        ("9" * 400, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, DATE) == seconds


def test_a_retry_after_date_means_nothing_without_the_answers_own_date() -> None:
    assert retry_after("Mon, 02 Mar 2026 08:00:30 GMT", None) is None


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(400, "ErrorInvalidRequest"), Rejected),
        (refusal(400, "ErrorInvalidIdMalformed"), Rejected),
        (refusal(400, "ErrorOccurrenceCrossingBoundary"), Rejected),
        (refusal(400, "ValidationError"), Rejected),
        (refusal(401, "InvalidAuthenticationToken"), Forbidden),
        (refusal(401, "NoPermissionsInAccessToken"), Forbidden),
        (refusal(401), Forbidden),
        (refusal(403, "ErrorAccessDenied"), Forbidden),
        (
            refusal(403, "ErrorAccessDenied", "[RAOP] : Blocked by tenant configured policy"),
            Forbidden,
        ),
        (refusal(403, "Authorization_RequestDenied"), Forbidden),
        (refusal(403, "AccessDenied"), Forbidden),
        (
            refusal(
                403, "ExtensionError", "Operation: Create; Exception: [Status Code: Forbidden]"
            ),
            Forbidden,
        ),
        (refusal(404, "ErrorItemNotFound"), NotFound),
        (refusal(404, "ErrorInvalidUser"), NotFound),
        (refusal(404, "ResourceNotFound"), NotFound),
        (refusal(404, "Request_ResourceNotFound"), NotFound),
        (refusal(404, "ExtensionError", "Reason: The requested user 'x' is invalid."), NotFound),
        (refusal(404, "MailboxNotEnabledForRESTAPI"), MailboxUnsupported),
        (refusal(404, "MailboxNotSupportedForRESTAPI"), MailboxUnsupported),
        (refusal(404, "ErrorNonExistentMailbox"), MailboxUnsupported),
        (
            refusal(
                404, "ExtensionError", "Reason: REST API is not yet supported for this mailbox.]"
            ),
            MailboxUnsupported,
        ),
        (refusal(400, "ErrorDuplicateTransactionId"), Conflict),
        (refusal(409, "ErrorDuplicateTransactionId"), Conflict),
        (refusal(409, "ObjectIdentifierInUse"), Conflict),
        (refusal(409), Conflict),
        (refusal(409, "ErrorIrresolvableConflict"), Changed),
        (refusal(409, "ConcurrentItemSave"), Changed),
        (refusal(503, "ConcurrentItemSave"), Unavailable),
        (refusal(410, "SyncStateNotFound"), Rejected),
        (refusal(412, "ErrorIrresolvableConflict"), Changed),
        (refusal(412), Changed),
        (refusal(429, "ApplicationThrottled"), Throttled),
        (refusal(429, "TooManyRequests"), Throttled),
        (refusal(429), Throttled),
        (refusal(503, "MailboxConcurrency"), Throttled),
        (refusal(503, "ErrorServerBusy"), Unavailable),
        (refusal(503, "ExtensionError", "Reason: Mailbox info is stale."), Unavailable),
        (refusal(500, "ErrorInternalServerError"), Unavailable),
        (refusal(502), Unavailable),
        (refusal(504, "UnknownError"), Unavailable),
        (refusal(408), Unavailable),
        (refusal(301), Malformed),
        (refusal(308, "Moved"), Malformed),
        (refusal(418, "Teapot"), Rejected),
    ],
)
def test_a_failure_means_what_the_caller_can_do(answer: Answer, kind: type[GraphError]) -> None:
    with pytest.raises(GraphError) as caught:
        check(answer)

    assert type(caught.value) is kind
    assert caught.value.status == answer.status


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_passes(status: int) -> None:
    check(Answer(status, {}, b""))


def test_a_failure_carries_its_code_request_and_wait() -> None:
    with pytest.raises(Throttled) as caught:
        check(refusal(429, "TooManyRequests", retry_after="2.5", request_id="r-1"))

    error = caught.value
    assert (error.code, error.request_id, error.retry_after) == ("TooManyRequests", "r-1", 2.5)


def test_the_request_id_is_found_inside_an_older_body_too() -> None:
    body = b'{"error":{"code":"X","innererror":{"request-id":"old"}}}'

    with pytest.raises(Rejected) as caught:
        check(Answer(400, {}, body))

    assert caught.value.request_id == "old"


def test_a_code_of_an_inner_error_counts() -> None:
    body = b'{"error":{"code":"UnknownError","innerError":{"code":"MailboxNotEnabledForRESTAPI"}}}'

    with pytest.raises(MailboxUnsupported):
        check(Answer(404, {}, body))


@pytest.mark.parametrize(
    "body", [b"<html>busy</html>", b"[]", b'{"error":"text"}', b"\xff", b"{" * 99_999]
)
def test_a_body_written_by_a_proxy_is_no_stumbling_block(body: bytes) -> None:
    with pytest.raises(Unavailable):
        check(Answer(502, {}, body))


def test_a_conflict_names_the_subscription_that_exists() -> None:
    existing = "0f8fad5b-d9cb-469f-a165-70867728950e"
    message = f"Subscription Id {existing} already exists for the requested combination"

    with pytest.raises(Conflict) as caught:
        check(refusal(409, "ObjectIdentifierInUse", message))

    assert caught.value.existing_id == existing


@pytest.mark.parametrize(
    "message",
    [
        "Subscription expiration can only be 4230 minutes in the future.",
        (
            "Operation: Update; Exception: [Status Code: BadRequest; Reason: Subscription expiration "
            "can only be 4230 minutes in the future.]"
        ),
    ],
)
def test_an_expiry_too_far_ahead_says_how_far_it_may_be(message: str) -> None:
    with pytest.raises(ExpiryTooLate) as caught:
        check(refusal(400, "ExtensionError", message))

    assert caught.value.most_minutes == 4230


@pytest.mark.parametrize("status", [400, 409])
def test_a_conflict_names_the_event_that_has_the_transaction_id(status: int) -> None:
    error = {
        "code": "ErrorDuplicateTransactionId",
        "message": "",
        "@event.existingEventId": "AAMk=",
    }

    with pytest.raises(Conflict) as caught:
        check(Answer(status, {}, json.dumps({"error": error}).encode()))

    assert caught.value.existing_id == "AAMk="


def test_a_used_transaction_id_without_the_events_id_is_a_conflict_all_the_same() -> None:
    with pytest.raises(Conflict) as caught:
        check(refusal(400, "ErrorDuplicateTransactionId"))

    assert caught.value.existing_id is None


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain", "'plain'"),
        ("o'neil@x.test", "'o''neil@x.test'"),
        ("''", "''''''"),
        ("' or ep/value ne '", "''' or ep/value ne '''"),
    ],
)
def test_no_text_ends_the_string_it_is_put_into(text: str, quoted: str) -> None:
    assert literal(text) == quoted


@pytest.mark.parametrize(
    ("address", "segment"),
    [
        ("o'neil+rooms@x.test", "o%27neil%2Brooms%40x.test"),
        ("guest_y.test#EXT#@x.test", "guest_y.test%23EXT%23%40x.test"),
        ("a?b/c%d&e@x.test", "a%3Fb%2Fc%25d%26e%40x.test"),
        ("jürgen@x.test", "j%C3%BCrgen%40x.test"),
    ],
)
def test_an_odd_address_stays_one_segment_of_the_path(address: str, segment: str) -> None:
    url = GRAPH.url("users", address, "events")

    assert url == f"https://graph.example.test/v1.0/users/{segment}/events"


def test_urls_encode_ids_and_keep_what_graph_expects_readable() -> None:
    url = GRAPH.url("users", "room a@x/y", "events", "AAMk+/=", _select="subject,start", _top="250")

    assert url == (
        "https://graph.example.test/v1.0/users/room%20a%40x%2Fy/events/AAMk%2B%2F%3D"
        "?$select=subject,start&$top=250"
    )


@pytest.mark.parametrize(
    "address",
    ["http://graph.example.test/v1.0", "https://", "ftp://x/y", "https://x/?a=1", "nonsense"],
)
def test_a_service_is_https_and_a_path(address: str) -> None:
    with pytest.raises(ValueError, match="not the address"):
        Service.at(address)


@pytest.mark.parametrize(
    "link",
    [
        "https://graph.example.test/v1.0/users/a/calendarView?$skip=10",
        "https://graph.example.test:443/v1.0/users('a%40b')/events?x=%2e%2e",
        "https://GRAPH.example.test/v1.0/users",
    ],
)
def test_a_next_link_on_the_service_is_taken_as_it_is(link: str) -> None:
    assert GRAPH.follow(link) == link


@pytest.mark.parametrize(
    "link",
    [
        "",
        "/v1.0/users",
        "http://graph.example.test/v1.0/users",
        "https://evil.test/v1.0/users",
        "https://graph.example.test.evil.test/v1.0/users",
        "https://graph.example.test@evil.test/v1.0/users",
        "https://user@graph.example.test/v1.0/users",
        "https://graph.example.test:8443/v1.0/users",
        "https://graph.example.test:port/v1.0/users",
        "https://graph.example.test/beta/users",
        "https://graph.example.test/v1.0evil/users",
        "https://graph.example.test/v1.0/../beta/users",
        "https://graph.example.test/v1.0/%2e%2e/beta/users",
    ],
)
def test_a_next_link_that_leaves_the_service_is_refused(link: str) -> None:
    with pytest.raises(Malformed):
        GRAPH.follow(link)


def test_every_request_asks_for_immutable_ids_and_names_itself() -> None:
    headers = protocol.headers_of(Request("GET", "https://x/y"), "token", "ours")

    assert headers["Prefer"] == 'IdType="ImmutableId"'
    assert headers["client-request-id"] == "ours"
    assert headers["Accept-Encoding"] == "gzip"
    assert "Content-Type" not in headers
    assert "If-Match" not in headers


def test_a_request_bound_to_a_state_says_to_which() -> None:
    request = Request("DELETE", "https://x/y", if_match='W/"DwAAABYAAAB"')

    assert protocol.headers_of(request, "token", "ours")["If-Match"] == 'W/"DwAAABYAAAB"'


def test_times_travel_in_utc() -> None:
    moment = datetime(2026, 3, 2, 9, 30, 0, 5, tzinfo=timezone(timedelta(hours=1)))

    assert protocol.instant_text(moment) == "2026-03-02T08:30:00Z"
    assert protocol.instant_text(datetime(2026, 3, 2, tzinfo=UTC)) == "2026-03-02T00:00:00Z"


def jwt(claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{payload}.c2ln"


@pytest.mark.parametrize(
    ("token", "roles"),
    [
        (
            jwt({"roles": ["Calendars.ReadWrite", "Place.Read.All"]}),
            {"Calendars.ReadWrite", "Place.Read.All"},
        ),
        (jwt({"scp": "User.Read"}), set()),
        (jwt({"roles": None}), set()),
        (jwt([]), set()),
        ("opaque", set()),
        ("a.%%%.c", set()),
        ("", set()),
    ],
)
def test_roles_are_read_from_a_token_and_never_stumble(token: str, roles: set[str]) -> None:
    assert protocol.roles_of(token) == roles

"""Requests to Graph and the meaning of its answers, without the network (graph-calendar §1, §2.8, §8). Pure."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Literal, NoReturn, Self
from urllib.parse import quote, unquote, urlsplit

import msgspec

from .errors import (
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

Method = Literal["GET", "POST", "PATCH", "DELETE"]

_THROTTLED = {
    "applicationthrottled",
    "toomanyrequests",
    "mailboxconcurrency",
    "activitylimitreached",
    "throttledrequest",
}
_UNSUPPORTED = {
    "mailboxnotenabledforrestapi",
    "mailboxnotsupportedforrestapi",
    "errornonexistentmailbox",
}
_UNSUPPORTED_TEXT = "rest api is not yet supported for this mailbox"
_USED_TRANSACTION = "errorduplicatetransactionid"  # comes with a 400 or a 409 (graph-calendar §2.3)
_MOVED_ON = {"errorirresolvableconflict", "concurrentitemsave"}
_EXPIRED_TOKEN = "invalidauthenticationtoken"  # noqa: S105 -- an error code of Graph's, no secret
_EXISTING = re.compile(r"Subscription Id\s+([0-9A-Fa-f-]{36})\s+already exists")
# The only place where Graph says it: the code is ExtensionError for many things (graph-notifications §2.6).
_LONGEST_LIFE = re.compile(
    r"expiration can only be ([0-9]{1,6}) minutes in the future", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Request:
    """One call: `mailbox` is whose share of concurrent requests it takes, `seconds` how long it may last.

    `if_match` is the etag without which the call has no effect.
    """

    method: Method
    url: str
    body: bytes | None = None
    mailbox: str | None = None
    seconds: float = 15.0
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Service:
    """The root of a Graph service, e.g. `https://graph.microsoft.com/v1.0`: builds and checks its URLs."""

    root: str

    @classmethod
    def at(cls, url: str) -> Self:
        """The service at this address; ValueError unless it is https with a host and nothing but a path."""
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"not the address of a Graph service: {url}")
        return cls(url.rstrip("/"))

    def url(self, *segments: str, **query: str) -> str:
        """A URL below the root; segments and values are encoded, `_` before a query's name stands for `$`."""
        path = "/".join(map(_segment, segments))
        pairs = "&".join(
            f"{'$' + name[1:] if name.startswith('_') else name}={_value(value)}"
            for name, value in query.items()
        )
        return f"{self.root}/{path}" + (f"?{pairs}" if pairs else "")

    def follow(self, link: str) -> str:
        """The nextLink itself if it stays on this service, else Malformed: our token goes nowhere else."""
        ours, theirs = urlsplit(self.root), urlsplit(link)
        try:
            same = (theirs.scheme, theirs.hostname, theirs.port or 443, theirs.username) == (
                ours.scheme,
                ours.hostname,
                ours.port or 443,
                None,
            )
        except ValueError:
            same = False
        segments = unquote(theirs.path).split("/")
        if not same or not theirs.path.startswith(ours.path + "/") or ".." in segments:
            raise Malformed("a nextLink leaves the Graph service")
        return link


@lru_cache(maxsize=4_096)
def _segment(text: str) -> str:
    """A segment of a path: the same ids come again and again."""
    return quote(text, safe="")


@lru_cache(maxsize=4_096)
def _value(text: str) -> str:
    """A value of a query, likewise."""
    return quote(text, safe=",:")


def instant_text(moment: datetime) -> str:
    """An aware time as Graph wants it, in UTC with a `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def literal(text: str) -> str:
    """The text as a string in a `$filter`."""
    return "'" + text.replace("'", "''") + "'"


def headers_of(request: Request, token: str, client_request_id: str) -> dict[str, str]:
    """The headers of a call: immutable ids on every single one (graph-calendar §1.2)."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Prefer": 'IdType="ImmutableId"',
        "User-Agent": "clearooms-calendar-sync",
        "client-request-id": client_request_id,
    }
    if request.body is not None:
        headers["Content-Type"] = "application/json"
    if request.if_match is not None:
        headers["If-Match"] = request.if_match
    return headers


def retry_after(value: str | None, date: str | None) -> float | None:
    """Seconds to wait by a Retry-After header: an integer, a fraction or an HTTP date; None if absent or nonsense.

    A date counts from the answer's own `Date` header, so that no clock of ours matters. Between nought and a day.
    """
    if value is None:
        return None
    text = value.strip()
    if re.fullmatch(r"\d{1,12}(\.\d{1,12})?", text):
        seconds = float(text)
    else:
        until, since = _http_date(text), _http_date(date or "")
        if until is None or since is None:
            return None
        seconds = (until - since).total_seconds()
    return min(max(seconds, 0.0), 86_400.0)


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def token_refused(answer: Answer) -> bool:
    """Whether Graph says that the token itself is bad or too old, so that a new one may help."""
    if answer.status != 401:
        return False
    codes = _lower(_Failure.read(answer.body).codes)
    return not codes or _EXPIRED_TOKEN in codes


def throttles(answer: Answer) -> bool:
    """Whether the answer means "too many requests"; Exchange says so with a 503 as well."""
    return answer.status == 429 or bool(_lower(_Failure.read(answer.body).codes) & _THROTTLED)


def told_wait(answer: Answer) -> float | None:
    """The seconds that the answer asks us to wait, None if it does not."""
    return retry_after(answer.headers.get("retry-after"), answer.headers.get("date"))


def check(answer: Answer) -> None:
    """Return for any 2xx; raise what the answer means for anything else (graph-calendar §2.8)."""
    if not 200 <= answer.status < 300:
        _refuse(answer)


def _refuse(answer: Answer) -> NoReturn:
    failure = _Failure.read(answer.body)
    code = failure.codes[0] if failure.codes else None
    codes = _lower(failure.codes)
    status = answer.status
    request_id = answer.headers.get("request-id") or failure.request_id
    wait = told_wait(answer)
    if status == 429 or codes & _THROTTLED:
        raise Throttled(retry_after=wait, request_id=request_id, status=status, code=code)
    if status >= 500 or status == 408:
        raise Unavailable(retry_after=wait, request_id=request_id, status=status, code=code)
    if _USED_TRANSACTION in codes or (status == 409 and not codes & _MOVED_ON):
        raise Conflict(
            existing_id=failure.existing_id, request_id=request_id, status=status, code=code
        )
    if failure.most_minutes is not None:
        raise ExpiryTooLate(
            most_minutes=failure.most_minutes, request_id=request_id, status=status, code=code
        )
    raise _refusal(failure, codes, status)(request_id=request_id, status=status, code=code)


def _lower(codes: tuple[str, ...]) -> set[str]:
    return {code.lower() for code in codes}


def _refusal(failure: "_Failure", codes: set[str], status: int) -> type[GraphError]:
    if status < 400:
        return Malformed  # a redirect: Graph has none, and our token must not travel
    if codes & _UNSUPPORTED or _UNSUPPORTED_TEXT in failure.message.lower():
        return MailboxUnsupported
    match status:
        case 401 | 403:
            return Forbidden
        case 404:
            return NotFound
        case 409 | 412:
            return Changed
        case _:
            return Rejected


@dataclass(frozen=True, slots=True)
class _Failure:
    """An error body, read defensively: a proxy may have written it."""

    codes: tuple[str, ...] = ()
    message: str = ""
    request_id: str | None = None
    event_id: str | None = None

    @property
    def existing_id(self) -> str | None:
        """The event or, from the message, the subscription that is there already."""
        found = _EXISTING.search(self.message)
        return self.event_id or (found.group(1) if found else None)

    @property
    def most_minutes(self) -> int | None:
        """How far ahead a subscription's expiry may lie, where that was the trouble."""
        found = _LONGEST_LIFE.search(self.message)
        return int(found.group(1)) if found else None

    @classmethod
    def read(cls, body: bytes) -> Self:
        try:
            document = msgspec.json.decode(body[:65_536])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return cls()
        error = document.get("error") if isinstance(document, dict) else None
        if not isinstance(error, dict):
            return cls()
        chain = list(_chain(error))
        codes = tuple(str(level["code"]) for level in chain if level.get("code"))
        message = str(error.get("message") or "")
        return cls(
            codes, message, _first(chain, "request-id"), _first(chain, "@event.existingEventId")
        )


def _chain(error: dict[str, object]) -> Iterator[dict[str, object]]:
    """The error and its inner errors, outermost first; older answers spell `innererror`."""
    level: object = error
    for _ in range(8):
        if not isinstance(level, dict):
            return
        yield level
        level = level.get("innerError") or level.get("innererror")


def _first(chain: list[dict[str, object]], name: str) -> str | None:
    return next((str(level[name]) for level in chain if level.get(name)), None)


def roles_of(token: str) -> frozenset[str]:
    """The application roles an access token shows, for a diagnosis only: its signature is Graph's business.

    Empty for a token without roles and for one that cannot be read (graph-calendar §7.2).
    """
    try:
        payload = token.split(".")[1]
        claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        roles = claims.get("roles") or []
        return frozenset(str(role) for role in roles)
    except (
        IndexError,
        binascii.Error,
        ValueError,
        AttributeError,
        TypeError,
        msgspec.MsgspecError,
    ):
        return frozenset()

"""What a body of `POST` or `PATCH /subscriptions` asks for (graph-notifications §2, §5.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from . import views
from .conditions import Condition
from .expansions import NOTHING, Expansion
from .options import Options
from .rich import Recipient
from .subscriptions import granted_expiry
from .wire import Call, Refused, query_of, segments_of
from .zones import parse_instant

Operation = Literal["Create", "Update", "Delete"]
Json = Mapping[str, Any]

_PAYLOAD = (
    "Could not process subscription creation payload. Are all property names spelled and "
    "camelCased properly?"
)
_REQUIRED = ("changeType", "notificationUrl", "resource", "expirationDateTime")
_PUSH = ("vapidPublicKey", "webPushEncryptionP256dhPublicKey", "webPushEncryptionSecret")
_KNOWN = frozenset(
    {
        *_REQUIRED,
        *_PUSH,
        "lifecycleNotificationUrl",
        "clientState",
        "includeResourceData",
        "encryptionCertificate",
        "encryptionCertificateId",
        "latestSupportedTlsVersion",
        "notificationQueryOptions",
        "notificationUrlAppId",
        "applicationId",
        "creatorId",
        "id",
    }
)
_TLS = {"v1_0", "v1_1", "v1_2", "v1_3"}
_CHANGE_TYPES = {"created", "updated", "deleted"}
_WITHOUT_FILTER = {"$select", "$expand"}
_NOT_IN_NOTIFICATIONS = {"body", "uniquebody"}


@dataclass(frozen=True, slots=True)
class Resource:
    """The events of one mailbox, as a path names them."""

    text: str
    mailbox: str
    select: tuple[str, ...]
    condition: Condition | None
    expansion: Expansion

    @classmethod
    def read(cls, given: object, options: Options) -> Self:
        """The resource of a body; raises Refused."""
        text = given if isinstance(given, str) else ""
        path, _, query = text.partition("?")
        parts = segments_of(path)
        match [part.lower() for part in parts]:
            case ["users", _, "events"]:
                known = True
            case ["users", _, "calendar", "events"] | ["users", _, "calendars", _, "events"]:
                known = options.calendar_paths
            case _:
                known = False
        if not known:
            message = f"The value '{text}' of parameter 'Resource' is not supported."
            raise Refused(400, "ExtensionError", message)
        asked = query_of(query)
        taken = (
            {"$select", "$expand", "$filter"} if options.subscription_filters else _WITHOUT_FILTER
        )
        if beyond := asked.keys() - taken:
            raise invalid(f"The query option '{min(beyond)}' is not supported in a subscription.")
        return cls(
            text,
            parts[1],
            _select(asked.get("$select")),
            _condition(asked.get("$filter")),
            _expanded(asked.get("$expand")),
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """The body of a create, checked as far as it can be without looking around."""

    resource: Resource
    change_types: str
    client_state: str | None
    tls: str
    url_app: str | None
    recipient: Recipient | None

    @classmethod
    def read(cls, body: Json, options: Options, now: datetime) -> Self:
        """The wish of a body; raises Refused."""
        if body.keys() - _KNOWN:
            raise invalid(_PAYLOAD)
        if pushed := [name for name in _PUSH if body.get(name) is not None]:
            raise invalid(f"'{pushed[0]}' is for browser push only.")
        for name in _REQUIRED:
            if not body.get(name):
                raise invalid(f"{name} is a required property for subscription creation")
        kinds = str(body["changeType"])
        if not {part.strip() for part in kinds.split(",")} <= _CHANGE_TYPES:
            raise invalid("Invalid 'changeType' attribute value.")
        state = body.get("clientState")
        if isinstance(state, str) and len(state) > options.client_state_length:
            raise invalid(f"clientState is longer than {options.client_state_length} characters.")
        tls = body.get("latestSupportedTlsVersion") or "v1_2"
        if tls not in _TLS:
            raise invalid("Invalid 'latestSupportedTlsVersion' attribute value.")
        resource, recipient = (
            Resource.read(body["resource"], options),
            None,
        )
        if body.get("includeResourceData"):
            if not resource.select:
                raise invalid("includeResourceData requires a $select in the resource.")
            recipient = read_recipient(body, options, now)
        return cls(resource, kinds, state, tls, body.get("notificationUrlAppId"), recipient)


def read_object(call: Call) -> Json:
    """The JSON object of a body; raises Refused."""
    try:
        body = call.json()
    except Refused:
        raise invalid(_PAYLOAD) from None
    if not isinstance(body, dict):
        raise invalid(_PAYLOAD)
    return body


def read_recipient(body: Json, options: Options, now: datetime) -> Recipient:
    """Whom a body asks to encrypt for; raises Refused."""
    return Recipient.read(
        body.get("encryptionCertificate"), body.get("encryptionCertificateId"), options, now
    )


def read_expiry(asked: object, minutes: int, now: datetime, operation: Operation) -> datetime:
    """The granted expiry, at most so many minutes ahead and at least 45; raises Refused (§0)."""
    text = asked if isinstance(asked, str) else ""
    try:
        expires = parse_instant(text)
    except ValueError:
        raise invalid(_PAYLOAD) from None
    if not text.rstrip().endswith("Z") and "+" not in text[10:] and "-" not in text[10:]:
        raise invalid(_PAYLOAD)
    if expires > now + timedelta(minutes=minutes):
        reason = f"Subscription expiration can only be {minutes} minutes in the future."
        if operation == "Create":
            raise Refused(400, "ExtensionError", reason)
        raise extension(400, operation, "BadRequest", reason)
    return granted_expiry(expires, now)


def extension(status: int, operation: Operation, name: str, reason: str) -> Refused:
    """The refusal of the service behind Graph, in its wording (§2.6)."""
    text = f"Operation: {operation}; Exception: [Status Code: {name}; Reason: {reason}]"
    return Refused(status, "ExtensionError", text)


def invalid(message: str) -> Refused:
    """The refusal of a body."""
    return Refused(400, "InvalidRequest", message)


def _select(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    names = [name.strip() for name in text.split(",")]
    if any(name.lower() in _NOT_IN_NOTIFICATIONS for name in names):
        raise invalid("Body and UniqueBody cannot be selected for resource data.")
    try:
        return views.select(names)
    except views.UnknownProperty as error:
        raise invalid(f"Could not find a property named '{error}'.") from None


def _condition(text: str | None) -> Condition | None:
    try:
        return None if text is None else Condition.read(text)
    except ValueError as error:
        raise invalid(str(error)) from None


def _expanded(text: str | None) -> Expansion:
    """Nothing but extended properties may be expanded (§5.1)."""
    expansion = NOTHING if text is None else Expansion.read(text)
    if expansion is None or expansion.exceptions:
        raise invalid(f"The $expand '{text}' is not supported in a subscription.")
    return expansion

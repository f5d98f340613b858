"""Graph's subscription endpoints (graph-notifications §2, §7)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid5

import aiohttp

from .access import Access
from .challenge import challenge, check_url
from .mailboxes import Mailbox
from .options import Options
from .subscriptions import Register, Subscription, granted_expiry
from .wire import Answer, Call, Refused, segments_of
from .zones import parse_instant

_MUTABLE = "Subscription must contain either the 'expirationDateTime' or 'notificationUrl' "
_PAYLOAD = (
    "Could not process subscription creation payload. Are all property names spelled and "
    "camelCased properly?"
)
_PAGE = 100


class Subscribing:
    """Create, read, renew, delete, list."""

    def __init__(
        self,
        register: Register,
        access: Access,
        options: Options,
        session: Callable[[], aiohttp.ClientSession],
        new_id: Callable[[], str],
    ) -> None:
        self._register = register
        self._access = access
        self._options = options
        self._session = session
        self._new_id = new_id

    async def create(self, call: Call) -> Answer:
        """POST /subscriptions: challenges both URLs before it answers."""
        body = _object(call)
        self._check_roles(call, "Create")
        mailbox, resource = self._mailbox(call, body.get("resource"))
        allow_http = self._options.allow_http
        url = check_url(body.get("notificationUrl"), allow_http=allow_http)
        lifecycle = body.get("lifecycleNotificationUrl")
        if lifecycle is not None:
            lifecycle = check_url(lifecycle, allow_http=allow_http)
        change_types = str(body.get("changeType") or "")
        if not {part.strip() for part in change_types.split(",")} <= {
            "created",
            "updated",
            "deleted",
        }:
            raise Refused(400, "InvalidRequest", "Invalid 'changeType' attribute value.")
        state = body.get("clientState")
        if isinstance(state, str) and len(state) > 128:
            raise Refused(400, "InvalidRequest", "clientState is longer than 128 characters.")
        if body.get("includeResourceData"):
            raise Refused(
                501, "NotImplemented", "The simulator does not deliver resource data yet."
            )
        expires = self._expiry(call, body.get("expirationDateTime"), "Create")
        self._check_duplicate(call, mailbox, resource, change_types)
        for target in (url, lifecycle) if lifecycle else (url,):
            token = (
                "Validation: Testing client application reachability for subscription "
                f"Request-Id: {call.request_id}"
            )
            await challenge(self._session(), target, token, self._options.validation_seconds)
        subscription = Subscription(
            id=self._new_id(),
            tenant=call.caller.tenant,
            app=call.caller.app,
            mailbox=mailbox.id,
            resource=resource,
            change_types=change_types,
            notification_url=url,
            lifecycle_url=lifecycle,
            client_state=state,
            expires=expires,
            immutable=call.prefer.get("idtype", "").lower() == "immutableid",
            creator=str(uuid5(call.caller.tenant, str(call.caller.app))),
        )
        self._check_duplicate(call, mailbox, resource, change_types)
        self._register.add(subscription)
        return self._shown(call, subscription, 201)

    async def read(self, call: Call) -> Answer:
        """GET /subscriptions/{id}."""
        return self._shown(call, self._own(call), 200)

    async def renew(self, call: Call) -> Answer:
        """PATCH /subscriptions/{id}: only the expiry and the notification URL (§7)."""
        subscription = self._own(call)
        self._check_roles(call, "Update")
        body = _object(call)
        url, asked = body.get("notificationUrl"), body.get("expirationDateTime")
        if url is None and asked is None:
            raise Refused(400, "InvalidRequest", f"{_MUTABLE}property and its value.")
        if asked is not None:
            subscription.expires = self._expiry(call, asked, "Update")
        if url is not None:
            target = check_url(url, allow_http=self._options.allow_http)
            await challenge(
                self._session(),
                target,
                f"Validation: {call.request_id}",
                self._options.validation_seconds,
            )
            subscription.notification_url = target
        return self._shown(call, subscription, 200)

    async def reauthorize(self, call: Call) -> Answer:
        """POST /subscriptions/{id}/reauthorize."""
        self._own(call)
        self._check_roles(call, "Update")
        return Answer(204)

    async def delete(self, call: Call) -> Answer:
        """DELETE /subscriptions/{id}."""
        self._register.drop(self._own(call))
        return Answer(204)

    async def listed(self, call: Call) -> Answer:
        """GET /subscriptions: this app's, in pages, without clientState (§2.5)."""
        rows = self._register.of_app(call.caller.tenant, call.caller.app, call.now)
        text = call.query.get("$skiptoken", "0")
        first = int(text) if text.isdecimal() else 0
        payload: dict[str, object] = {
            "@odata.context": f"{call.origin}/v1.0/$metadata#subscriptions",
            "value": [one.shown(listed=True) for one in rows[first : first + _PAGE]],
        }
        if first + _PAGE < len(rows):
            link = f"{call.origin}{call.path}?{quote('$skiptoken')}={first + _PAGE}"
            payload["@odata.nextLink"] = link
        return Answer(200, payload)

    def _shown(self, call: Call, subscription: Subscription, status: int) -> Answer:
        context = f"{call.origin}/v1.0/$metadata#subscriptions/$entity"
        return Answer(status, {"@odata.context": context, **subscription.shown()})

    def _own(self, call: Call) -> Subscription:
        found = self._register.get(call.segments[1], call.now)
        mine = (call.caller.tenant, call.caller.app)
        if found is None or (found.tenant, found.app) != mine:
            raise Refused(404, "ResourceNotFound", "The object was not found.")
        return found

    def _check_roles(self, call: Call, operation: str) -> None:
        roles = call.caller.roles
        wanted = {"Calendars.Read"}
        if not self._options.subscriptions_need_read:
            wanted.add("Calendars.ReadWrite")
        app = self._access.app(call)
        if not roles & wanted and not (app and app.scope):
            raise _extension(403, operation, "Forbidden", "Forbidden")

    def _mailbox(self, call: Call, resource: object) -> tuple[Mailbox, str]:
        text = resource if isinstance(resource, str) else ""
        parts = segments_of(text.partition("?")[0])
        if len(parts) != 3 or parts[0].lower() != "users" or parts[2].lower() != "events":
            raise Refused(
                400,
                "ExtensionError",
                f"The value '{text}' of parameter 'Resource' is not supported.",
            )
        mailbox = self._access.tenant(call).mailbox(parts[1])
        if mailbox is None:
            raise _extension(404, "Create", "NotFound", f"The user '{parts[1]}' is invalid.")
        app = self._access.app(call)
        outside = app and app.scope is not None and mailbox.id not in app.scope
        if outside and "Calendars.Read" not in call.caller.roles:
            raise _extension(403, "Create", "Forbidden", "Forbidden")
        if mailbox.hosting != "cloud":
            raise _extension(
                404, "Create", "NotFound", "REST API is not yet supported for this mailbox."
            )
        return mailbox, text

    def _expiry(self, call: Call, asked: object, operation: str) -> datetime:
        if not isinstance(asked, str):
            raise Refused(
                400,
                "InvalidRequest",
                "expirationDateTime is a required property for subscription creation",
            )
        try:
            expires = parse_instant(asked)
        except ValueError:
            raise Refused(400, "InvalidRequest", _PAYLOAD) from None
        if not asked.rstrip().endswith("Z") and "+" not in asked[10:] and "-" not in asked[10:]:
            raise Refused(400, "InvalidRequest", _PAYLOAD)
        minutes = self._options.lifetime_minutes
        if expires > call.now + timedelta(minutes=minutes):
            raise Refused(
                400,
                "ExtensionError",
                f"Subscription expiration can only be {minutes} minutes in the future."
                if operation == "Create"
                else f"Operation: {operation}; Exception: [Status Code: BadRequest; Reason: "
                f"Subscription expiration can only be {minutes} minutes in the future.]",
            )
        return granted_expiry(expires, call.now)

    def _check_duplicate(
        self, call: Call, mailbox: Mailbox, resource: str, change_types: str
    ) -> None:
        if not self._options.duplicate_conflict:
            return
        for one in self._register.of_mailbox(mailbox.id, call.now):
            same = (one.app, one.change_types, one.resource.strip("/").lower())
            if same == (call.caller.app, change_types, resource.strip("/").lower()):
                raise Refused(
                    409,
                    "ObjectIdentifierInUse",
                    f"Subscription Id {one.id} already exists for the requested combination",
                )


def _object(call: Call) -> dict[str, Any]:
    body = call.json()
    if not isinstance(body, dict):
        raise Refused(400, "InvalidRequest", _PAYLOAD)
    return body


def _extension(status: int, operation: str, name: str, reason: str) -> Refused:
    text = f"Operation: {operation}; Exception: [Status Code: {name}; Reason: {reason}]"
    return Refused(status, "ExtensionError", text)

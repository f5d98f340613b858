"""Graph's subscription endpoints (graph-notifications §2, §7)."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import uuid5

from .access import Access
from .challenge import Challenge
from .defects import Defects, Kind
from .mailboxes import Mailbox
from .options import Options
from .reauthorization import Reauthorization
from .rich import Recipient
from .subscription_payloads import (
    Json,
    Operation,
    Wish,
    extension,
    invalid,
    read_expiry,
    read_object,
    read_recipient,
)
from .subscriptions import LEAST_MINUTES, Register, Subscription
from .views import Lens
from .wire import Answer, Call, Refused

_TROUBLES: tuple[Kind, ...] = ("mailbox_stale", "backend_unknown", "quarantined")
_QUOTA = "Maximum number of subscriptions has been reached"


class Subscribing:
    """Create, read, renew, delete, list."""

    def __init__(
        self,
        register: Register,
        access: Access,
        options: Options,
        challenge: Challenge,
        reauthorization: Reauthorization,
        defects: Defects,
        new_id: Callable[[], str],
    ) -> None:
        self._register = register
        self._access = access
        self._options = options
        self._challenge = challenge
        self._reauthorization = reauthorization
        self._defects = defects
        self._new_id = new_id
        self.counts: Counter[str] = Counter()

    async def create(self, call: Call) -> Answer:
        """POST /subscriptions: challenges both URLs before it answers."""
        body = read_object(call)
        self._check_roles(call, "Create")
        wish = Wish.read(body, self._options, call.now)
        mailbox = self._mailbox(call, wish.resource.mailbox)
        url = self._challenge.url(body["notificationUrl"])
        lifecycle = body.get("lifecycleNotificationUrl")
        if lifecycle is not None:
            lifecycle = self._challenge.url(lifecycle)
        rich = wish.recipient is not None
        expires = self._expiry(call, body["expirationDateTime"], "Create", rich=rich)
        self._check_room(call, mailbox, wish)
        for target in (url, lifecycle) if lifecycle else (url,):
            await self._challenge.pass_by(target, call.request_id)
        subscription = Subscription(
            id=self._new_id(),
            tenant=call.caller.tenant,
            app=call.caller.app,
            mailbox=mailbox.id,
            resource=wish.resource.text,
            change_types=wish.change_types,
            notification_url=url,
            lifecycle_url=lifecycle,
            client_state=wish.client_state,
            expires=expires,
            immutable=call.prefer.get("idtype", "").lower() == "immutableid",
            creator=str(uuid5(call.caller.tenant, str(call.caller.app))),
            tls=wish.tls,
            url_app=wish.url_app,
            select=wish.resource.select,
            condition=wish.resource.condition,
            expansion=wish.resource.expansion,
            recipient=wish.recipient,
        )
        if subscription.condition is not None:
            subscription.condition.begin(Lens(mailbox, self._options))
        self.counts["duplicates_allowed"] += self._check_room(call, mailbox, wish)
        self._register.add(subscription)
        answer = self._shown(call, subscription, 201)
        self._reauthorization.granted(subscription, "create", call.caller.expires, call.now)
        return answer

    async def read(self, call: Call) -> Answer:
        """GET /subscriptions/{id}."""
        return self._shown(call, self._own(call, "Update"), 200)

    async def renew(self, call: Call) -> Answer:
        """PATCH /subscriptions/{id}: the expiry, the notification URL, maybe the key (§5.4, §7)."""
        subscription = self._own(call, "Update")
        self._check_roles(call, "Update")
        body = read_object(call)
        url, asked = body.get("notificationUrl"), body.get("expirationDateTime")
        if url is None and asked is None:
            raise invalid(
                "Subscription must contain either the 'expirationDateTime' or 'notificationUrl' "
                "property and its value."
            )
        former, expires = subscription.expires, subscription.expires
        if asked is not None:
            rich = subscription.recipient is not None
            expires = self._expiry(call, asked, "Update", rich=rich)
        recipient = self._changed_recipient(call, body, subscription)
        if url is not None:
            url = self._challenge.url(url)
            if self._options.validates_changed_url:
                await self._challenge.pass_by(url, call.request_id)
            subscription.notification_url = url
        subscription.expires = expires
        if recipient is not subscription.recipient:
            subscription.former_recipient = subscription.recipient
            subscription.recipient = recipient
        answer = self._shown(call, subscription, 200)
        ends = call.caller.expires
        self._reauthorization.granted(subscription, "PATCH", ends, call.now, former)
        return answer

    async def reauthorize(self, call: Call) -> Answer:
        """POST /subscriptions/{id}/reauthorize."""
        subscription = self._own(call, "Update")
        self._check_roles(call, "Update")
        ends = call.caller.expires
        self._reauthorization.granted(subscription, "reauthorize", ends, call.now)
        return Answer(204)

    async def delete(self, call: Call) -> Answer:
        """DELETE /subscriptions/{id}."""
        self._register.drop(self._own(call, "Delete"))
        return Answer(204)

    async def listed(self, call: Call) -> Answer:
        """GET /subscriptions: this app's, in pages, without clientState (§2.5)."""
        tenant, app = call.caller.tenant, call.caller.app
        rows = self._register.of_app(tenant, app, call.now)
        if self._defects.strike("list_stale", tenant):
            ended = self._register.ended
            rows += [one for one in ended if (one.tenant, one.app) == (tenant, app)]
        if self._defects.strike("list_omits", tenant):
            rows = rows[1:]
        text = call.query.get("$skiptoken", "0")
        first = int(text) if text.isdecimal() else 0
        end = first + self._options.subscriptions_per_page
        payload: dict[str, object] = {
            "@odata.context": f"{call.origin}/v1.0/$metadata#subscriptions",
            "value": [self._row(one, listed=True) for one in rows[first:end]],
        }
        if end < len(rows):
            link = f"{call.origin}{call.path}?{quote('$skiptoken')}={end}"
            payload["@odata.nextLink"] = link
        return Answer(200, payload)

    def _row(self, subscription: Subscription, *, listed: bool = False) -> dict[str, object]:
        return subscription.shown(listed=listed, empty=self._options.unset_members == "empty")

    def _shown(self, call: Call, subscription: Subscription, status: int) -> Answer:
        context = f"{call.origin}/v1.0/$metadata#subscriptions/$entity"
        return Answer(status, {"@odata.context": context, **self._row(subscription)})

    def _own(self, call: Call, operation: Operation) -> Subscription:
        found = self._register.get(call.segments[1], call.now)
        mine = (call.caller.tenant, call.caller.app)
        if found is None or (found.tenant, found.app) != mine:
            raise Refused(404, "ResourceNotFound", "The object was not found.")
        mailbox = self._access.tenant(call).mailboxes[found.mailbox]
        if call.method != "GET" and mailbox.hosting != "cloud":
            self.counts["rows_without_mailbox"] += 1
            name = f"{mailbox.id}@{mailbox.tenant_id}"
            reason = f"The requested user '{name}' is invalid."
            raise extension(404, operation, "NotFound", reason)
        return found

    def _expiry(self, call: Call, asked: object, operation: Operation, *, rich: bool) -> datetime:
        options = self._options
        minutes = options.rich_lifetime_minutes if rich else options.lifetime_minutes
        expires = read_expiry(asked, minutes, call.now, operation)
        if expires == call.now + timedelta(minutes=LEAST_MINUTES):
            self.counts["raised_to_45_minutes"] += 1
        return expires

    def _changed_recipient(
        self, call: Call, body: Json, subscription: Subscription
    ) -> Recipient | None:
        if not body.keys() & {"encryptionCertificate", "encryptionCertificateId"}:
            return subscription.recipient
        if not self._options.certificate_can_change or subscription.recipient is None:
            self.counts["certificates_kept"] += 1
            raise invalid("The encryption certificate of a subscription cannot be changed.")
        return read_recipient(body, self._options, call.now)

    def _check_roles(self, call: Call, operation: Operation) -> None:
        app = self._access.app(call)
        if not self._granted(call) and not (app and app.scope):
            raise extension(403, operation, "Forbidden", "Forbidden")

    def _granted(self, call: Call) -> bool:
        """Whether a role of the token opens every mailbox: a scope does not narrow it (graph-calendar §10)."""
        wanted = {"Calendars.Read"}
        if not self._options.subscriptions_need_read:
            wanted.add("Calendars.ReadWrite")
        return bool(call.caller.roles & wanted)

    def _mailbox(self, call: Call, key: str) -> Mailbox:
        tenant = self._access.tenant(call)
        mailbox = self._access.found(tenant, key)
        if mailbox is None:
            raise extension(404, "Create", "NotFound", f"The user '{key}' is invalid.")
        app = self._access.app(call)
        outside = app and app.scope is not None and mailbox.id not in app.scope
        barred = app and app.access_policy is not None and mailbox.id not in app.access_policy
        if (outside and not self._granted(call)) or barred:
            raise extension(403, "Create", "Forbidden", "Forbidden")
        if mailbox.hosting != "cloud":
            reason = "REST API is not yet supported for this mailbox."
            raise extension(404, "Create", "NotFound", reason)
        match self._defects.first(_TROUBLES, tenant.id, mailbox.id):
            case "mailbox_stale":
                raise extension(503, "Create", "ServiceUnavailable", "Mailbox info is stale.")
            case "backend_unknown":
                reason = (
                    f"Target resource '{mailbox.id}' hosted on database "
                    f"'{uuid5(tenant.id, 'database')}' is currently on backend 'Unknown'"
                )
                raise extension(503, "Create", "ServiceUnavailable", reason)
            case "quarantined":
                reason = "Request has been quarantined by condition."
                raise extension(500, "Create", "InternalServerError", reason)
            case _:
                return mailbox

    def _check_room(self, call: Call, mailbox: Mailbox, wish: Wish) -> int:
        """How many equal ones there are; refuses them, or what is beyond the mailbox's quota."""
        held = self._register.of_mailbox(mailbox.id, call.now)
        if len(held) >= self._options.subscriptions_per_mailbox:
            self.counts["quota"] += 1
            raise extension(403, "Create", "Forbidden", _QUOTA)
        asked = wish.change_types, wish.resource.text.strip("/").lower()
        same = [
            one.id
            for one in held
            if one.app == call.caller.app
            and (one.change_types, one.resource.strip("/").lower()) == asked
        ]
        if same and self._options.duplicate_conflict:
            self.counts["conflicts"] += 1
            message = f"Subscription Id {same[0]} already exists for the requested combination"
            raise Refused(409, "ObjectIdentifierInUse", message)
        return len(same)

"""The items of notifications, basic, rich and of the lifecycle (§4.1, §5.2, §6)."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from uuid import UUID

from .changes import Change
from .defects import Defects
from .mailboxes import Mailbox
from .options import Options
from .rich import CONTENT_DEFECTS, Recipient, encrypted
from .subscriptions import Item, Subscription
from .views import Lens, show
from .zones import instant_text

_SHAPES = {
    "slashes": "Users/{mailbox}/Events/{event}",
    "parentheses": "Users('{mailbox}')/Events('{event}')",
    "tenant": "users/{mailbox}@{tenant}/events/{event}",
}
_INDIA = timezone(timedelta(hours=5, minutes=30))
_BESIDE: Mapping[str, str] = {
    "createdDateTime": "#DateTimeOffset",
    "lastModifiedDateTime": "#DateTimeOffset",
    "originalStart": "#DateTimeOffset",
    "importance": "#microsoft.graph.importance",
    "sensitivity": "#microsoft.graph.sensitivity",
    "showAs": "#microsoft.graph.freeBusyStatus",
    "type": "#microsoft.graph.eventType",
}
_WITHIN: Mapping[str, str] = {
    "start": "#microsoft.graph.dateTimeTimeZone",
    "end": "#microsoft.graph.dateTimeTimeZone",
    "organizer": "#microsoft.graph.recipient",
    "location": "#microsoft.graph.location",
    "responseStatus": "#microsoft.graph.responseStatus",
}


class Items:
    """Writes items as Graph does."""

    def __init__(self, options: Options, defects: Defects) -> None:
        self._options = options
        self._defects = defects
        self._last = 0

    def change(
        self, subscription: Subscription, mailbox: Mailbox, change: Change, event: str
    ) -> Item:
        """The item of one change, under the event's id as this subscription knows it."""
        shape = self._options.resource_shape
        path = _SHAPES[shape].format(
            mailbox=subscription.mailbox, tenant=subscription.tenant, event=event
        )
        slashes = shape == "slashes"
        data: dict[str, object] = {
            "@odata.type": "#Microsoft.Graph.Event" if slashes else "#microsoft.graph.event",
            "@odata.id": path,
            "id": event,
        }
        if change.kind != "deleted" or self._options.etag_on_deleted:
            data["@odata.etag"] = mailbox.mint.etag(change.change)
        item = self._head(subscription)
        item |= {"changeType": change.kind, "resource": path, "resourceData": data}
        if self._options.items_have_id:
            self._last += 1
            item["id"] = str(UUID(int=self._last))
        if subscription.recipient is not None:
            self._enclose(item, subscription, subscription.recipient, mailbox, change)
        return item

    def lifecycle(self, subscription: Subscription, event: str) -> Item:
        """The item that says what becomes of a subscription."""
        item = self._head(subscription) | {"lifecycleEvent": event}
        if self._options.lifecycle_has_resource:
            item |= {"resource": "", "resourceData": None}
        return item

    def _head(self, subscription: Subscription) -> Item:
        return {
            "subscriptionId": subscription.id,
            "subscriptionExpirationDateTime": self._expiry(subscription.expires),
            "clientState": subscription.client_state,
            "tenantId": str(subscription.tenant),
        }

    def _expiry(self, expires: datetime) -> str:
        match self._options.expiry_offset:
            case "Z":
                return instant_text(expires)
            case "+00:00":
                return instant_text(expires).replace("Z", "+00:00")
            case "+05:30":
                return expires.astimezone(_INDIA).isoformat(timespec="milliseconds")

    def _enclose(
        self,
        item: Item,
        subscription: Subscription,
        recipient: Recipient,
        mailbox: Mailbox,
        change: Change,
    ) -> None:
        content = self._content(subscription, mailbox, change)
        if content is None:
            return
        owner = subscription.tenant, subscription.mailbox
        former = subscription.former_recipient
        if former is not None and self._defects.strike("content_former_certificate", *owner):
            recipient = former
        item["encryptedContent"] = encrypted(
            content, recipient, self._defects.first(CONTENT_DEFECTS, *owner)
        )

    def _content(
        self, subscription: Subscription, mailbox: Mailbox, change: Change
    ) -> Mapping[str, object] | None:
        lens = Lens(
            mailbox,
            self._options,
            immutable=subscription.immutable,
            expansion=subscription.expansion,
        )
        one = None if change.kind == "deleted" else mailbox.at(change.ref)
        if one is not None:
            return _annotated(mailbox, show(one, lens, subscription.select))
        match self._options.rich_deleted:
            case "absent":
                return None
            case "empty":
                return {}
            case "id":
                return {"id": lens.id(change.ref)}


def _annotated(mailbox: Mailbox, shown: Mapping[str, object]) -> dict[str, object]:
    context = f"https://graph.microsoft.com/v1.0/$metadata#users('{mailbox.id}')/events/$entity"
    found: dict[str, object] = {"@odata.context": context}
    for name, value in shown.items():
        if name in _BESIDE and value is not None:
            found[f"{name}@odata.type"] = _BESIDE[name]
        if name in _WITHIN and isinstance(value, dict):
            found[name] = {"@odata.type": _WITHIN[name], **value}
        else:
            found[name] = value
    return found

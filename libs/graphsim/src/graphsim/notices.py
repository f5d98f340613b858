"""Turns changes and lifecycle events into the items that Graph posts (graph-notifications §4, §6)."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from .changes import Change
from .delivery import Delivery, Item
from .mailboxes import Mailbox
from .options import Options
from .subscriptions import Register, Subscription
from .tenants import Tenant
from .zones import instant_text


class Notices:
    """Tells every subscription of a mailbox what changed in it."""

    def __init__(self, options: Options, register: Register, delivery: Delivery) -> None:
        self._options = options
        self._register = register
        self._delivery = delivery
        self.notified: dict[str, Counter[str]] = {}
        delivery.on_lost = self._lost

    def changed(
        self, _: Tenant, mailbox: Mailbox, changes: Iterable[Change], now: datetime
    ) -> None:
        """One item per change, subscription and echo."""
        subscriptions = self._register.of_mailbox(mailbox.id, now)
        if not subscriptions:
            return
        for change in changes:
            etag = mailbox.mint.etag(change.change)
            for subscription in subscriptions:
                if not subscription.wants(change.kind):
                    continue
                mint = mailbox.mint
                event = (mint.immutable if subscription.immutable else mint.regular)(change.ref)
                item = self._item(subscription, change.kind, event, etag)
                self.notified.setdefault(event, Counter())[etag] += 1
                self._delivery.send(subscription, subscription.notification_url, item, now)

    def lifecycle(self, subscription: Subscription, event: str, now: datetime) -> bool:
        """Sends a lifecycle item; False where the subscription has no URL for it."""
        if subscription.lifecycle_url is None:
            return False
        item: Item = {
            "subscriptionId": subscription.id,
            "subscriptionExpirationDateTime": instant_text(subscription.expires),
            "tenantId": str(subscription.tenant),
            "clientState": subscription.client_state,
            "lifecycleEvent": event,
        }
        self._delivery.send(subscription, subscription.lifecycle_url, item, now)
        return True

    def _item(self, subscription: Subscription, kind: str, event: str, etag: str) -> Item:
        path = f"Users/{subscription.mailbox}/Events/{event}"
        data: dict[str, object] = {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": path,
            "id": event,
        }
        if kind != "deleted" or self._options.etag_on_deleted:
            data["@odata.etag"] = etag
        return {
            "subscriptionId": subscription.id,
            "subscriptionExpirationDateTime": instant_text(subscription.expires),
            "changeType": kind,
            "resource": path,
            "resourceData": data,
            "clientState": subscription.client_state,
            "tenantId": str(subscription.tenant),
        }

    def _lost(self, subscription_id: str, now: datetime) -> None:
        subscription = self._register.get(subscription_id, now)
        if subscription is not None:
            self.lifecycle(subscription, "missed", now)

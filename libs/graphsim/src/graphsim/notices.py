"""Who hears of a change or of a subscription's fate, and what goes wrong with it (§4, §6)."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from .changes import Change
from .defects import Defects
from .delivery import Delivery
from .items import Items
from .mailboxes import Mailbox
from .options import Options
from .subscriptions import Item, Register, Subscription
from .tenants import Tenant
from .views import Lens

Channel = Literal["lifecycle", "notification"]

_NOBODY = str(UUID(int=0xDEAD))


class Notices:
    """Tells every subscription of a mailbox what changed in it."""

    def __init__(
        self, options: Options, register: Register, delivery: Delivery, defects: Defects
    ) -> None:
        self._options = options
        self._register = register
        self._delivery = delivery
        self._defects = defects
        self._items = Items(options, defects)
        self.notified: dict[str, Counter[str]] = {}
        self.on_paused: Callable[[Subscription, Item, datetime], None] | None = None
        delivery.on_lost = self._lost

    def changed(
        self, _: Tenant, mailbox: Mailbox, changes: Iterable[Change], now: datetime
    ) -> None:
        """One item per change, subscription and echo."""
        subscriptions = self._register.of_mailbox(mailbox.id, now)
        if not subscriptions:
            return
        mint = mailbox.mint
        for change in changes:
            etag = mint.etag(change.change)
            for subscription in subscriptions:
                told = self._told(subscription, mailbox, change)
                if told is None or not subscription.wants(told.kind):
                    continue
                event = (mint.immutable if subscription.immutable else mint.regular)(change.ref)
                item = self._items.change(subscription, mailbox, told, event)
                self.notified.setdefault(event, Counter())[etag] += 1
                self._send(subscription, item, now)

    def _told(self, subscription: Subscription, mailbox: Mailbox, change: Change) -> Change | None:
        """The change as a subscription's $filter lets it be told."""
        if subscription.condition is None:
            return change
        kind = subscription.condition.told(change, Lens(mailbox, self._options))
        return kind and replace(change, kind=kind)

    def lifecycle(
        self,
        subscription: Subscription,
        event: str,
        now: datetime,
        channel: Channel = "lifecycle",
    ) -> bool:
        """Sends a lifecycle item; False where the subscription has no URL for it."""
        if subscription.lifecycle_url is None:
            return False
        to_itself = channel == "lifecycle"
        url = subscription.lifecycle_url if to_itself else subscription.notification_url
        self._delivery.send(subscription, url, self._items.lifecycle(subscription, event), now)
        return True

    def remove(self, subscription: Subscription, now: datetime) -> None:
        """Graph ends a subscription and says so."""
        self.lifecycle(subscription, "subscriptionRemoved", now)
        self._register.drop(subscription)

    def mailbox_gone(self, mailbox: UUID, now: datetime) -> None:
        """A mailbox that may have had subscriptions is no more."""
        if not self._options.rows_outlive_mailbox:
            for subscription in self._register.of_mailbox(mailbox, now):
                self.remove(subscription, now)

    def _send(self, subscription: Subscription, item: Item, now: datetime) -> None:
        if subscription.paused(now) and self.on_paused is not None:
            self.on_paused(subscription, item, now)
        elif self._defects.all:
            self._send_spoiled(subscription, item, now)
        else:
            self._delivery.send(subscription, subscription.notification_url, item, now)

    def _send_spoiled(self, subscription: Subscription, item: Item, now: datetime) -> None:
        owner = subscription.tenant, subscription.mailbox
        url = subscription.notification_url
        match self._defects.first(("vanished", "lost"), *owner):
            case "vanished":
                return
            case "lost":
                self._delivery.lose(subscription.id, now)
                return
            case _:
                pass
        if self._defects.strike("orphaned", *owner):
            item = item | {"subscriptionId": _NOBODY}
        if self._defects.strike("unknown_change_type", *owner):
            item = item | {"changeType": "unknownFutureValue"}
        late = self._defects.strike("late", *owner)
        self._delivery.send(subscription, url, item, now, late.seconds if late else 0.0)
        if self._defects.strike("duplicated", *owner):
            self._delivery.send(subscription, url, item, now)
        if again := self._defects.strike("duplicated_late", *owner):
            self._delivery.send(subscription, url, item, now, again.seconds)

    def _lost(self, subscription_id: str, now: datetime) -> None:
        subscription = self._register.get(subscription_id, now)
        if subscription is not None:
            self.lifecycle(subscription, "missed", now)

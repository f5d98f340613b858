"""Subscriptions to calendars: what is stored, how it is shown, when it ends (notifications §2)."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from .conditions import Condition
from .expansions import NOTHING, Expansion
from .rich import Recipient
from .zones import instant_text

LEAST_MINUTES = 45

Item = dict[str, object]


@dataclass(slots=True)
class Subscription:
    """One app's wish to hear of one mailbox's events."""

    id: str
    tenant: UUID
    app: UUID
    mailbox: UUID
    resource: str
    change_types: str
    notification_url: str
    lifecycle_url: str | None
    client_state: str | None
    expires: datetime
    immutable: bool
    creator: str = ""
    tls: str = "v1_2"
    url_app: str | None = None
    select: tuple[str, ...] = ()
    condition: Condition | None = None
    """Which items it tells of; None of all."""
    expansion: Expansion = NOTHING
    """The extended properties in its items."""
    recipient: Recipient | None = None
    """Whom its items are encrypted for; None for basic items."""
    former_recipient: Recipient | None = None
    authorized_until: datetime | None = None
    """The end of the token behind it; None where that binds nothing."""
    grants: int = 0
    """How often it was authorised."""

    @property
    def token_audience(self) -> str:
        """For whom Graph asks a validation token (§2.1, inferred)."""
        return self.url_app or str(self.app)

    def paused(self, now: datetime) -> bool:
        """Whether the token behind it has ended."""
        return self.authorized_until is not None and now >= self.authorized_until

    def wants(self, kind: str) -> bool:
        """Whether a change of this kind is reported."""
        return kind in {part.strip().lower() for part in self.change_types.split(",")}

    def shown(self, *, listed: bool = False, empty: bool = False) -> dict[str, object]:
        """As Graph shows it; the list hides the clientState (§2.4). `empty`: no nulls."""
        recipient = self.recipient
        unset = "" if empty else None
        return {
            "id": self.id,
            "resource": self.resource,
            "applicationId": str(self.app),
            "changeType": self.change_types,
            "clientState": None if listed else self.client_state,
            "notificationUrl": self.notification_url,
            "lifecycleNotificationUrl": self.lifecycle_url or unset,
            "notificationQueryOptions": unset,
            "notificationContentType": unset,
            "expirationDateTime": instant_text(self.expires),
            "creatorId": self.creator,
            "includeResourceData": True if recipient else (False if empty else None),
            "latestSupportedTlsVersion": self.tls,
            "encryptionCertificate": recipient.certificate if recipient else unset,
            "encryptionCertificateId": recipient.id if recipient else unset,
            "notificationUrlAppId": self.url_app or unset,
        }


@dataclass(frozen=True, slots=True)
class Letter:
    """One item on its way to the owner of a subscription."""

    subscription: Subscription
    item: Item

    @property
    def is_lifecycle(self) -> bool:
        """Whether it speaks of the subscription itself."""
        return "lifecycleEvent" in self.item


class Register:
    """All live subscriptions; expired ones vanish."""

    def __init__(self) -> None:
        self._by_id: dict[str, Subscription] = {}
        self._by_mailbox: dict[UUID, list[Subscription]] = {}
        self.ended: deque[Subscription] = deque(maxlen=1_000)
        """The latest that are no more: a stale list shows them (§2.5)."""

    def add(self, subscription: Subscription) -> None:
        """Makes it live."""
        self._by_id[subscription.id] = subscription
        self._by_mailbox.setdefault(subscription.mailbox, []).append(subscription)

    def drop(self, subscription: Subscription) -> None:
        """Ends it."""
        if self._by_id.pop(subscription.id, None) is not None:
            self._by_mailbox[subscription.mailbox].remove(subscription)
            self.ended.append(subscription)

    def get(self, subscription_id: str, now: datetime) -> Subscription | None:
        """The live subscription of this id."""
        found = self._by_id.get(subscription_id)
        if found is not None and found.expires <= now:
            self.drop(found)
            return None
        return found

    def of_mailbox(self, mailbox: UUID, now: datetime) -> list[Subscription]:
        """The live subscriptions to one mailbox."""
        rows = self._by_mailbox.get(mailbox, ())
        return [one for one in list(rows) if self.get(one.id, now) is not None]

    def of_app(self, tenant: UUID, app: UUID, now: datetime) -> list[Subscription]:
        """What the list call shows an app."""
        return [
            one
            for one in list(self._by_id.values())
            if (one.tenant, one.app) == (tenant, app) and self.get(one.id, now)
        ]

    def everything(self) -> list[Subscription]:
        """All, for the control API."""
        return list(self._by_id.values())


def granted_expiry(asked: datetime, now: datetime) -> datetime:
    """The asked expiry, raised to 45 minutes from now (§0)."""
    return max(asked, now + timedelta(minutes=LEAST_MINUTES))

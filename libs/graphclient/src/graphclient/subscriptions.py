"""Subscriptions to the events of a room mailbox (graph-notifications §2 and §7)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from .encryption import Certificate
from .errors import NotFound
from .models import RICH_SELECT, Subscription
from .paging import Listing, decode, pages
from .protocol import Request
from .transport import Wire

CHANGE_TYPES = "created,updated,deleted"
_CREATE_SECONDS = 20.0  # Graph first challenges both of our addresses, ten seconds each
_MOST_PAGES = 1_000

_subscription = msgspec.json.Decoder(Subscription)
_subscriptions = msgspec.json.Decoder(Listing[Subscription])


def resource_of(mailbox: UUID) -> str:
    """What a room's subscription watches: its default calendar, by object id."""
    return f"users/{mailbox}/events"


def watches(subscription: Subscription, mailbox: UUID) -> bool:
    """Whether it watches this mailbox's calendar, whatever it brings of each event."""
    path = (subscription.resource or "").partition("?")[0]
    return path.strip("/").lower() == resource_of(mailbox).lower()


async def create(
    wire: Wire,
    *,
    mailbox: UUID,
    notification_url: str,
    lifecycle_url: str,
    client_state: str,
    expires_at: datetime,
    change_types: str = CHANGE_TYPES,
    certificate: Certificate | None = None,
) -> Subscription:
    """A new subscription, challenged and live; trust the expiry in the answer, not the one asked for.

    With a `certificate` its notifications bring events along, encrypted for it (graph-notifications §5.1).
    Raises Conflict where Graph has one like it, ExpiryTooLate, Rejected with `ValidationError` where our addresses do
    not answer.
    """
    asked: dict[str, object] = {
        "changeType": change_types,
        "notificationUrl": notification_url,
        "lifecycleNotificationUrl": lifecycle_url,
        "resource": resource_of(mailbox),
        "expirationDateTime": _expiry(expires_at),
        "clientState": client_state,
    }
    if certificate is not None:
        asked |= {
            "resource": f"{resource_of(mailbox)}?$select={RICH_SELECT}",
            "includeResourceData": True,
            "encryptionCertificate": certificate.body,
            "encryptionCertificateId": certificate.id,
        }
    body = msgspec.json.encode(asked)
    request = Request("POST", wire.service.url("subscriptions"), body, seconds=_CREATE_SECONDS)
    return decode(_subscription, (await wire.write(request)).body)


async def get(wire: Wire, subscription_id: str) -> Subscription:
    """The subscription as Graph has it; NotFound once it is gone or expired."""
    request = Request("GET", wire.service.url("subscriptions", subscription_id))
    return decode(_subscription, (await wire.read(request)).body)


async def renew(wire: Wire, subscription_id: str, expires_at: datetime) -> Subscription:
    """Extend and reauthorise; never twice within ten minutes. Raises ExpiryTooLate, NotFound: only a new one helps then."""
    body = msgspec.json.encode({"expirationDateTime": _expiry(expires_at)})
    request = Request("PATCH", wire.service.url("subscriptions", subscription_id), body)
    return decode(_subscription, (await wire.write(request)).body)


async def delete(wire: Wire, subscription_id: str) -> None:
    """See to it that the subscription is no more."""
    try:
        await wire.write(Request("DELETE", wire.service.url("subscriptions", subscription_id)))
    except NotFound:
        return


async def listed(wire: Wire) -> AsyncIterator[list[Subscription]]:
    """What Graph lists for this app in this tenant, a page whenever it is asked for: stale at times, no clientStates."""
    request = Request("GET", wire.service.url("subscriptions"))
    async for found, _ in pages(wire, request, _subscriptions, _id, most=_MOST_PAGES):
        yield found


def _id(subscription: Subscription) -> str:
    return subscription.id


def _expiry(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")

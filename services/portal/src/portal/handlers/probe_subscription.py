"""The webhook path, proven by a throw-away subscription: Graph makes none before both of our addresses have answered."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from graphclient import (
    Conflict,
    GraphError,
    Rejected,
    Subscription,
    Unavailable,
)
from graphclient.tenant import Tenant

from ..domain.evidence import (
    AddressRefused,
    BackendUnknown,
    CallRefused,
    NotTried,
    Unreachable,
    Validated,
    Webhook,
)
from .answers import passing, refused

# No other subscription of ours asks for these alone, so it never takes a live one's place (graph-notifications §2.7).
_CHANGE_TYPES = "deleted"
_LIFE = timedelta(
    minutes=45
)  # the least that Graph gives (§0): what cannot be deleted is soon gone
_CREATE_SECONDS = 21.0
_CLEANING_SECONDS = 6.0
_MOST_MAILBOXES = 2
_CHALLENGE_FAILED = frozenset({"validationerror", "invalidrequest"})  # since 2024, and until 2021


async def prove_webhook(
    tenant: Tenant, mailboxes: Sequence[UUID], webhook_url: str, clock: Callable[[], datetime]
) -> Webhook:
    """Return what became of a subscription to the first of these mailboxes that takes one; it is deleted again."""
    seen: Webhook = NotTried()
    try:
        async with asyncio.timeout(_CREATE_SECONDS):
            for mailbox in mailboxes[:_MOST_MAILBOXES]:
                seen = await _attempt(tenant, mailbox, webhook_url, clock() + _LIFE)
                if not isinstance(seen, CallRefused | BackendUnknown):
                    break
    except TimeoutError:
        await _sweep(tenant, webhook_url)
        return Unreachable()
    return seen


async def _attempt(
    tenant: Tenant, mailbox: UUID, webhook_url: str, expires_at: datetime
) -> Webhook:
    try:
        made = await _create(tenant, mailbox, webhook_url, expires_at)
    except Rejected as error:
        if (error.code or "").lower() in _CHALLENGE_FAILED:
            return AddressRefused(error.code, error.request_id)
        return refused(error)
    except GraphError as error:
        if error.status == 503 and (error.code or "").lower() == "extensionerror":
            return BackendUnknown(error.status, error.request_id)
        if isinstance(error, Unavailable) and error.status is None:
            await _sweep(tenant, webhook_url)  # without an answer it may have been made
        return passing(error) or refused(error)
    return Validated(removed=await _removed(tenant, made.id))


async def _create(
    tenant: Tenant, mailbox: UUID, webhook_url: str, expires_at: datetime
) -> Subscription:
    async def once() -> Subscription:
        return await tenant.create_subscription(
            mailbox=mailbox,
            notification_url=f"{webhook_url}/graph/notifications",
            lifecycle_url=f"{webhook_url}/graph/lifecycle",
            client_state=secrets.token_urlsafe(32),  # not sealed: the ingress drops what comes
            expires_at=expires_at,
            change_types=_CHANGE_TYPES,
        )

    try:
        return await once()
    except Conflict as error:
        if error.existing_id is None:
            raise
        await tenant.delete_subscription(error.existing_id)  # left by an earlier test
        return await once()


async def _removed(tenant: Tenant, subscription_id: str) -> bool:
    try:
        async with asyncio.timeout(_CLEANING_SECONDS):
            await tenant.delete_subscription(subscription_id)
    except (GraphError, TimeoutError):
        return False
    return True


async def _sweep(tenant: Tenant, webhook_url: str) -> None:
    """Delete what a create without an answer may have left."""
    try:
        async with asyncio.timeout(_CLEANING_SECONDS):
            left = [
                each.id
                async for page in tenant.subscriptions()
                for each in page
                if each.change_type == _CHANGE_TYPES
                and (each.notification_url or "").startswith(f"{webhook_url}/")
            ]
            for subscription_id in left:
                await tenant.delete_subscription(subscription_id)
    except (GraphError, TimeoutError):
        return  # it ends by itself within the hour

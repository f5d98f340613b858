"""Calls about subscriptions take turns: in a tenant over all replicas, and at our own ingress."""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar
from uuid import UUID

from graphclient import Subscription, Throttled
from graphclient.encryption import Certificate

from ..domain.pacing import HELD_UP, LONGEST_WAIT, PROCESS_SPACING, SPACING, Lane
from .needs import Tenant, Tenants

T = TypeVar("T")


class Turns(Protocol):
    """Whose turn it is, shared by all replicas."""

    async def turn(
        self, organisation_id: UUID, lane: Lane, now: datetime, spacing: timedelta, most: timedelta
    ) -> datetime | None:
        """The moment of the next free turn, now taken; None, and none taken, where it is further ahead than `most`."""

    async def hold_up(self, organisation_id: UUID, lane: Lane, until: datetime) -> None:
        """No turns before then."""


class PacedTenants:
    """Signs in like the given, to tenants that wait for their turns."""

    def __init__(self, tenants: Tenants, turns: Turns, clock: Callable[[], datetime]) -> None:
        self._tenants = tenants
        self._turns = turns
        self._clock = clock
        self._free_at = -math.inf

    async def tenant(self, organisation_id: UUID, tenant_id: UUID, client_id: UUID) -> Tenant:
        """Raises SecretMissing."""
        tenant = await self._tenants.tenant(organisation_id, tenant_id, client_id)
        return _Paced(tenant, self, organisation_id)

    async def wait(self, organisation_id: UUID, lane: Lane) -> None:
        """Return when it is this organisation's turn; raises Throttled where that is too far ahead."""
        ticks = asyncio.get_running_loop().time()
        self._free_at = max(self._free_at + PROCESS_SPACING, ticks)
        await asyncio.sleep(self._free_at - ticks)
        now = self._clock()
        at = await self._turns.turn(organisation_id, lane, now, SPACING[lane], LONGEST_WAIT)
        if at is None:
            raise Throttled("too many calls wait", retry_after=LONGEST_WAIT.total_seconds())
        await asyncio.sleep((at - now).total_seconds())

    async def throttled(self, organisation_id: UUID, lane: Lane, error: Throttled) -> None:
        """Graph told one call to wait: so do the others."""
        seconds = error.retry_after
        wait = HELD_UP if seconds is None else timedelta(seconds=seconds)
        await self._turns.hold_up(organisation_id, lane, self._clock() + wait)


class _Paced:
    """A tenant whose calls wait for their turns."""

    def __init__(self, tenant: Tenant, pace: PacedTenants, organisation_id: UUID) -> None:
        self._tenant = tenant
        self._pace = pace
        self._organisation_id = organisation_id

    async def create_subscription(
        self,
        *,
        mailbox: UUID,
        notification_url: str,
        lifecycle_url: str,
        client_state: str,
        expires_at: datetime,
        certificate: Certificate | None = None,
    ) -> Subscription:
        return await self._in_turn(
            lambda: self._tenant.create_subscription(
                mailbox=mailbox,
                notification_url=notification_url,
                lifecycle_url=lifecycle_url,
                client_state=client_state,
                expires_at=expires_at,
                certificate=certificate,
            )
        )

    async def subscription(self, subscription_id: str) -> Subscription:
        return await self._in_turn(lambda: self._tenant.subscription(subscription_id))

    async def renew_subscription(self, subscription_id: str, expires_at: datetime) -> Subscription:
        return await self._in_turn(
            lambda: self._tenant.renew_subscription(subscription_id, expires_at)
        )

    async def delete_subscription(self, subscription_id: str) -> None:
        await self._in_turn(lambda: self._tenant.delete_subscription(subscription_id))

    async def subscriptions(self) -> AsyncIterator[list[Subscription]]:
        pages = aiter(self._tenant.subscriptions())
        while (page := await self._in_turn(lambda: anext(pages, None), "list")) is not None:
            yield page

    def forget_token(self) -> bool:
        return self._tenant.forget_token()

    async def _in_turn(self, call: Callable[[], Awaitable[T]], lane: Lane = "call") -> T:
        await self._pace.wait(self._organisation_id, lane)
        try:
            return await call()
        except Throttled as error:
            await self._pace.throttled(self._organisation_id, lane, error)
            raise

"""Plan, act, record: one room's turn from claim to settlement."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import structlog

from graphclient import CredentialsRejected, GraphError, Throttled, Unavailable

from ..domain import outcome
from ..domain.plan import SPACING, Ask, Create, Delete, Forget, Recreate, Renew, Wait, plan
from ..domain.subscription import Claim, Desired, Row
from .needs import LeaseLost, SecretMissing, Tenants, Watch
from .visit import Means, Visit, Visited

log = structlog.get_logger()

PASS_TIME = timedelta(seconds=25)

Ended = (
    Visited
    | Literal["deleted", "forgotten", "waited", "failed", "throttled", "credentials_rejected"]
    | Literal["lease_lost"]
)


class Keeper:
    """Brings one room's subscription to what it should be."""

    def __init__(self, means: Means, tenants: Tenants, watch: Watch) -> None:
        self._means = means
        self._tenants = tenants
        self._watch = watch

    async def carry_out(self, claim: Claim) -> Ended:
        """Take the room's next step and record it; an unexpected exception leaves the row to its lease."""
        row = claim.row
        step = plan(claim.desired, row, self._means.clock(), self._means.rules())
        try:
            match step:
                case Wait(until):
                    await self._means.records.settle(outcome.waiting(row, until))
                    await self._doubt(row, left_over=row.creating_since is not None)
                    return "waited"
                case Forget():
                    await self._means.records.forget(row)
                    return "forgotten"
                case Delete(subscription_id):
                    return await self._delete(row, subscription_id)
                case _:
                    assert claim.desired is not None  # noqa: S101 -- the other steps are for rooms that are wanted
                    return await self._visit(claim, claim.desired, step)
        except LeaseLost:
            return "lease_lost"

    async def _visit(
        self, claim: Claim, desired: Desired, step: Create | Renew | Recreate | Ask
    ) -> Ended:
        row, visit = claim.row, None
        try:
            tenant = await self._tenants.tenant(
                row.organisation_id, desired.tenant_id, desired.client_id
            )
            visit = Visit(self._means, row, desired, tenant)
            async with asyncio.timeout(PASS_TIME.total_seconds()):
                ended = await visit.take(step)
        except SecretMissing as missing:
            return await self._credentials_fail(row, desired, str(missing))
        except CredentialsRejected as rejected:
            known = visit.row if visit is not None else row
            return await self._credentials_fail(known, desired, rejected.code or rejected.error)
        except (GraphError, TimeoutError) as error:
            known = visit.row if visit is not None else row
            return await self._failed(known, error, patching=isinstance(step, Renew | Ask))
        await self._doubt(row, left_over=visit.left_over)
        if claim.failing:
            await self._watch.accepted(row.organisation_id, self._means.clock())
        return ended

    async def _credentials_fail(self, row: Row, desired: Desired, code: str) -> Ended:
        """Stop calling for the organisation; what is due stays due (design §5.5)."""
        now = self._means.clock()
        log.warning("credentials_rejected", organisation=str(row.organisation_id), code=code)
        await self._watch.rejected(row.organisation_id, desired.revision, code, now)
        await self._means.records.settle(replace(row, due_at=now))
        return "credentials_rejected"

    async def _failed(self, row: Row, error: GraphError | TimeoutError, *, patching: bool) -> Ended:
        code = (error.code if isinstance(error, GraphError) else None) or type(error).__name__
        wait = error.retry_after if isinstance(error, Throttled | Unavailable) else None
        if patching and row.subscription_id is not None and not isinstance(error, Throttled):
            wait = max(wait or 0.0, SPACING.total_seconds())  # the PATCH may have been carried out
        log.info(
            "subscription_step_failed", room=str(row.room_id), code=code, attempts=row.attempts
        )
        await self._means.records.settle(outcome.put_off(row, self._means.clock(), wait, code))
        return "throttled" if isinstance(error, Throttled) else "failed"

    async def _delete(self, row: Row, subscription_id: str | None) -> Ended:
        """Remove what Graph has for a room that shall have none; what we may no longer touch ends by itself."""
        if subscription_id is not None and row.tenant_id is not None and row.client_id is not None:
            try:
                tenant = await self._tenants.tenant(
                    row.organisation_id, row.tenant_id, row.client_id
                )
                async with asyncio.timeout(PASS_TIME.total_seconds()):
                    await tenant.delete_subscription(subscription_id)
            except (Throttled, Unavailable, TimeoutError) as error:
                if row.expires_at is not None and row.expires_at > self._means.clock():
                    return await self._failed(row, error, patching=False)
            except (SecretMissing, GraphError) as error:
                kind = type(error).__name__
                log.info("subscription_left_to_expire", room=str(row.room_id), error=kind)
        await self._means.records.forget(row)
        await self._doubt(row, left_over=row.creating_since is not None)
        return "deleted"

    async def _doubt(self, row: Row, *, left_over: bool) -> None:
        if left_over:
            await self._means.doubt(row.organisation_id, self._means.clock())

"""The slow comparison of Graph's list with our rows: what is missing is asked for, what nobody knows of ours is removed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID

import structlog
from prometheus_client import Counter

from contracts.hints import LifecycleHint
from graphclient import GraphError, NotFound, Subscription, open_state

from ..domain.sweep import Due, Orphans, Recorded, missing, orphans, strangers
from .needs import SecretMissing, Tenant, Tenants
from .visit import NOTIFICATIONS_PATH, Means

log = structlog.get_logger()

_SOON = timedelta(
    minutes=1
)  # whoever made what is undecided has recorded it by then, or lost the lease
_AFTER_FAILURE = timedelta(minutes=10)

FOUND = Counter(
    "clearooms_subscription_sweep_found",
    "Subscriptions that a sweep found missing at Graph, or removed there as nobody's",
    ["what"],
)


class Rows(Protocol):
    """The rows that are compared."""

    async def recorded(self, tenant_id: UUID) -> list[Recorded]:
        """What the rows of all rooms of this tenant say."""


class Notes(Protocol):
    """Where hints are noted."""

    async def note(self, hints: Sequence[LifecycleHint], now: datetime) -> int:
        """Make the rooms of these due; the number of rooms they fit."""


class Sweeper:
    """Compares one organisation's tenant at a time."""

    def __init__(self, means: Means, tenants: Tenants, rows: Rows, notes: Notes) -> None:
        self._means = means
        self._tenants = tenants
        self._rows = rows
        self._notes = notes

    async def sweep(self, due: Due) -> Literal["swept", "again", "failed"]:
        """Compare; a list that breaks off proves nothing and is begun anew ten minutes later."""
        try:
            tenant = await self._tenants.tenant(due.organisation_id, due.tenant_id, due.client_id)
            settled = await self._compare(due, tenant)
        except (SecretMissing, GraphError) as error:
            kind = type(error).__name__
            log.info("sweep_failed", organisation=str(due.organisation_id), error=kind)
            await self._again(due, _AFTER_FAILURE)
            return "failed"
        if settled:
            return "swept"
        await self._again(due, _SOON)
        return "again"

    async def _again(self, due: Due, pause: timedelta) -> None:
        await self._means.doubt(due.organisation_id, self._means.clock() + pause)

    async def _compare(self, due: Due, tenant: Tenant) -> bool:
        """Whether nothing was left that another sweep should look at."""
        began = self._means.clock()
        listed = {each.id: each async for page in tenant.subscriptions() for each in page}
        rows = await self._rows.recorded(due.tenant_id)
        await self._ask_for(due, missing(listed, rows, due, began))
        url = self._means.webhook_url + NOTIFICATIONS_PATH
        unknown = [
            listed[each] for each in strangers(listed, rows) if listed[each].notification_url == url
        ]
        found = await self._removed(due, tenant, await self._sealed_for(due, tenant, unknown))
        return not found.remove and not found.undecided

    async def _ask_for(self, due: Due, lost: Sequence[Recorded]) -> None:
        """The list may be wrong: the rooms' own visits ask Graph for each by its id."""
        if not lost:
            return
        now = self._means.clock()
        FOUND.labels("missing").inc(len(lost))
        log.info("subscriptions_missing", organisation=str(due.organisation_id), count=len(lost))
        await self._notes.note(
            [
                LifecycleHint(row.room_id, due.tenant_id, row.subscription_id, "missing", now)
                for row in lost
                if row.subscription_id is not None
            ],
            now,
        )

    async def _sealed_for(
        self, due: Due, tenant: Tenant, unknown: Iterable[Subscription]
    ) -> Mapping[str, UUID]:
        """Which rooms of this tenant they are for; what does not open to our keys is somebody else's."""
        sealed_for = {}
        for listed in unknown:
            try:
                found = await tenant.subscription(listed.id)
            except NotFound:
                continue
            opened = open_state(self._means.keys(), found.client_state or "")
            ours = (due.tenant_id, due.client_id)
            if opened is not None and (opened.tenant_id, opened.client_id) == ours:
                sealed_for[listed.id] = opened.room_id
        return sealed_for

    async def _removed(self, due: Due, tenant: Tenant, sealed_for: Mapping[str, UUID]) -> Orphans:
        """The rows are read once more: whoever made one may have recorded it since the list was begun."""
        if not sealed_for:
            return Orphans((), undecided=False)
        found = orphans(sealed_for, await self._rows.recorded(due.tenant_id))
        for each in found.remove:
            log.info(
                "orphan_removed", organisation=str(due.organisation_id), room=str(sealed_for[each])
            )
            await tenant.delete_subscription(each)
            FOUND.labels("orphan").inc()
        return found

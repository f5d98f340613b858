"""What the sync did lately, and what is open: read from what the worker wrote down."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from ..domain.accounts import AuditEntry
from ..domain.activity import ActivityEntry, Conflict, LinesAsked
from ..domain.audit_words import ids_in
from ..domain.caller import Acting
from ..domain.wire import Page


class ActivityRows(Protocol):
    """What is stored of it."""

    async def lines(
        self, organisation_id: UUID, *, before: int | None, limit: int
    ) -> list[ActivityEntry]:
        """List what was done, newest first."""

    async def overlaps(
        self, organisation_id: UUID, *, now: datetime, before: int | None, limit: int
    ) -> list[Conflict]:
        """List double bookings that are not over, newest first."""

    async def names(self, organisation_id: UUID, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Look up what people, rooms and offices are called."""


class Activity:
    """Looks at one organisation at a time."""

    def __init__(self, rows: ActivityRows, clock: Callable[[], datetime]) -> None:
        self._rows = rows
        self._clock = clock

    async def lately(self, by: Acting, asked: LinesAsked) -> Page[ActivityEntry]:
        """Return what the sync did, newest first, without reads that found nothing and writes only begun."""
        found = await self._rows.lines(
            by.organisation_id, before=asked.before, limit=asked.limit + 1
        )
        items = found[: asked.limit]
        more = len(found) > asked.limit
        return Page[ActivityEntry](
            items=items, next=_next("/api/activity", asked, items[-1].id) if more else None
        )

    async def conflicts(self, by: Acting, asked: LinesAsked) -> Page[Conflict]:
        """Return the double bookings of now and later, the ones found last first."""
        found = await self._rows.overlaps(
            by.organisation_id, now=self._clock(), before=asked.before, limit=asked.limit + 1
        )
        items = found[: asked.limit]
        more = len(found) > asked.limit
        return Page[Conflict](
            items=items, next=_next("/api/conflicts", asked, items[-1].id) if more else None
        )

    async def names(self, by: Acting, entries: list[AuditEntry]) -> Mapping[UUID, str]:
        """Return what those of an audit are called, removed ones too."""
        return await self._rows.names(by.organisation_id, ids_in(entries))


def _next(path: str, asked: LinesAsked, last: int) -> str:
    return f"{path}?limit={asked.limit}&before={last}"

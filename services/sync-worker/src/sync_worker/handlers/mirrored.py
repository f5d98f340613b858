"""The rows of a room as far as a pass has loaded them."""

import copy
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from graphclient.models import Event

from ..domain.absence import Window
from ..domain.alternatives import Slot
from ..domain.booking import Row
from ..domain.changes import Seen
from ..domain.mirror import Sighting, sight
from ..domain.own_series import OwnSeries
from ..domain.room import Claim
from .needs import Mirror


class Mirrored:
    """`rows` by id: those that came with the claim, and what was loaded or committed since."""

    def __init__(
        self, claim: Claim, rows: Iterable[Row], mirror: Mirror, clock: Callable[[], datetime]
    ) -> None:
        self.rows: dict[UUID, Row] = {}
        self.series = OwnSeries()
        self._claim = claim
        self._mirror = mirror
        self._clock = clock
        self._occupancy_known = False
        self.know(rows)

    def know(self, rows: Iterable[Row]) -> None:
        """Take in what is stored now."""
        for row in rows:
            self.rows[row.id] = row
            if row.is_own_series:
                self.series.bind(row.event_id, row.id)

    def row_of(self, event_id: str) -> Row | None:
        """The row that has this event id, among those loaded."""
        return next((row for row in self.rows.values() if row.event_id == event_id), None)

    def series_of(self) -> dict[UUID, UUID]:
        """By meeting its series, among the rows loaded."""
        return {
            row.id: row.series_id
            for row in self.rows.values()
            if row.series_id is not None and row.kind != "master"
        }

    def sight(self, event: Event) -> Sighting:
        """Our words for an event of this room; raises Unreadable."""
        return self.series.named(sight(self._claim.room_id, event))

    def occurrences(self, master: Row) -> list[Row]:
        """Of a series, those of its meetings loaded that are not over or gone; none of a single booking."""
        if master.kind != "master":
            return []
        now = self._clock()
        return [
            row
            for row in self.rows.values()
            if row.master_id == master.event_id
            and row.removed_at is None
            and row.occupied.ends > now
        ]

    async def load(self, ids: Sequence[UUID], events: Sequence[str]) -> list[Row]:
        """Rows of the mirror by id, event or series, kept for the rest of the pass."""
        claim = self._claim
        rows = await self._mirror.rows(claim.organisation_id, claim.room_id, ids, events)
        self.know(rows)
        return rows

    async def lacking_of(self, master_id: str, seen: Sequence[Seen], window: Window) -> list[Row]:
        """Load the series; its rows within the window that were not seen."""
        rows = await self.load([each.sighting.id for each in seen], [master_id])
        found = {each.sighting.id for each in seen}
        return [
            row
            for row in rows
            if row.master_id == master_id
            and row.id not in found
            and row.removed_at is None
            and window.overlaps(row.occupied)
        ]

    async def occupancy(self) -> None:
        """Load, once in a pass, every row that takes the room or asks for it."""
        if not self._occupancy_known:
            await self.load_occupancy()

    async def load_occupancy(self) -> list[Row]:
        """Every row that takes the room or asks for it, as it is stored now."""
        claim = self._claim
        rows = await self._mirror.occupying(claim.organisation_id, claim.room_id, self._clock())
        self.know(rows)
        self._occupancy_known = True
        return rows

    def taken(self, slot: Slot, *, but: UUID, for_sure: bool = False) -> bool:
        """Whether another booking takes this slot, or (not `for_sure`) asks for it; after `occupancy`."""
        return any(
            but not in {row.id, row.series_id} and slot.overlaps(row.occupied)
            for row in self.rows.values()
            if row.published
            and row.kind != "master"
            and row.removed_at is None
            and not (for_sure and row.answer == "pending")
        )

    async def elsewhere(self, booking_id: UUID) -> bool:
        """Whether another room has this booking."""
        claim = self._claim
        return await self._mirror.elsewhere(claim.organisation_id, claim.room_id, booking_id)

    def rehearsed(self) -> "Mirrored":
        """The same to try decisions on."""
        tried = copy.copy(self)
        tried.rows = dict(self.rows)
        return tried

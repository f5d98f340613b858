"""A room while we hold it: its rows and state, and how both change together."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from eventbus import NotConfirmed

from ..domain.absence import Window
from ..domain.booking import Row
from ..domain.changes import Changes, Seen, apply
from ..domain.reading import Pending
from ..domain.room import Claim, State, with_lags
from ..domain.schedule import Cadence
from .needs import Mirror
from .publishing import Publisher

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Options:
    """How rooms are read."""

    window: timedelta
    cadence: Cadence


class Holding:
    """Owns `state` and `rows` during a pass; every change is committed, then published, then counted."""

    def __init__(
        self,
        claim: Claim,
        rows: Iterable[Row],
        mirror: Mirror,
        publisher: Publisher,
        options: Options,
        clock: Callable[[], datetime],
    ) -> None:
        self.claim = claim
        self.state: State = claim.state
        self.pending: tuple[Pending, ...] = claim.pending
        self.rows: dict[UUID, Row] = {row.id: row for row in rows}
        self.options = options
        self.clock = clock
        self._mirror = mirror
        self._publisher = publisher

    def window(self) -> Window:
        """The span that is read now."""
        now = self.clock()
        return Window(start=now - _DAY, end=now + self.options.window)

    def row_of(self, event_id: str) -> Row | None:
        """The row that has this event id, among those loaded."""
        return next((row for row in self.rows.values() if row.event_id == event_id), None)

    async def load(self, ids: Sequence[UUID], events: Sequence[str]) -> list[Row]:
        """Rows of the mirror by id, event or series, kept for the rest of the pass."""
        claim = self.claim
        rows = await self._mirror.rows(claim.organisation_id, claim.room_id, ids, events)
        self.rows.update((row.id, row) for row in rows)
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
            and window.overlaps(row.starts, row.ends)
        ]

    async def commit(
        self, seen: Sequence[Seen], gone: Sequence[UUID], hints: dict[str, datetime] | None = None
    ) -> None:
        """Write what changed and tell receivers; raises LeaseLost, NotConfirmed.

        `hints` says when the ingress received the hint about an event.
        """
        now = self.clock()
        changes = apply(self.rows.values(), seen, gone, self.state.version, now)
        if not changes.rows and self.state == self.claim.state:
            return
        state = replace(
            self.state,
            version=changes.version,
            last_change_at=now if changes.told else self.state.last_change_at,
        )
        await self._mirror.commit(self.claim, state, changes, now)
        self.state = state
        self.rows.update((row.id, row) for row in changes.rows)
        await self._tell(changes.told, hints or {})

    async def send_leftovers(self) -> None:
        """Publish what an earlier pass committed and could not confirm; raises NotConfirmed."""
        state = self.state
        if state.version > state.published_version:
            owed = [
                row
                for row in self.rows.values()
                if row.published and row.version > state.published_version
            ]
            await self._tell(tuple(sorted(owed, key=lambda row: row.version)), {})
            self.state = replace(self.state, published_version=state.version)
        await self.send_notices()

    async def send_notices(self) -> None:
        """Publish the room.* messages that are owed; raises NotConfirmed."""
        for notice in self.state.notices:
            await self._publisher.notice(self.claim, notice, self.state.loaded)
            self.state = replace(self.state, notices=self.state.notices[1:])

    async def write_state(self) -> None:
        """Commit the state alone; raises LeaseLost."""
        nothing = Changes(quiet=(), told=(), version=self.state.version)
        await self._mirror.commit(self.claim, self.state, nothing, self.clock())

    async def _tell(self, rows: Sequence[Row], hints: dict[str, datetime]) -> None:
        if not rows:
            return
        confirmed = await self._publisher.bookings(self.claim, rows)
        now = self.clock()
        told = rows[:confirmed]
        lags = tuple(
            max(0, round((now - hints[row.event_id]).total_seconds() * 1_000))
            for row in told
            if row.event_id in hints
        )
        if told:
            self.state = replace(
                self.state,
                published_version=told[-1].version,
                lags=with_lags(self.state.lags, lags),
            )
        if confirmed < len(rows):
            raise NotConfirmed("late", "bookings of a room")

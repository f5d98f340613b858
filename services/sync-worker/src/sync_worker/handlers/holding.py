"""A room while we hold it: its rows, its state and its open work, and how they change together."""

import copy
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from contracts.events import CommandResult
from eventbus import NotConfirmed

from ..domain.absence import Lacking, Window, merged
from ..domain.answers import contents_of, gone_of, perhaps_twice
from ..domain.booking import Row, newest
from ..domain.changes import Ours, Seen, apply
from ..domain.command import Asked
from ..domain.overlap import overlapping, settled
from ..domain.pingpong import parked_now
from ..domain.reading import Pending
from ..domain.room import Claim, State
from ..domain.schedule import Cadence
from ..domain.versions import Changes
from ..domain.work import Conflict, Effects
from .errands import Errands
from .mirrored import Mirrored
from .needs import Mirror, Outgoing
from .outbox import Outbox
from .own_work import leaving, may_be_ours, row_shown, still_shown
from .publishing import Publisher

_DAY = timedelta(days=1)
_MOST_COMPARED = (
    8  # rows in one commit that SQL compares with the others; more are compared all together
)
WRITE_NEEDS = timedelta(seconds=30)  # of the lease: Graph has 15 s to answer (design §5.3)


@dataclass(frozen=True, slots=True)
class Options:
    """How rooms are read and written."""

    window: timedelta
    cadence: Cadence
    writes: bool = True  # false: `observe`, nothing is written to Graph
    lease: timedelta = timedelta(seconds=30)
    write_lease: timedelta = timedelta(
        seconds=45
    )  # what a write needs, and time to commit before it


class Holding:
    """Owns `state`, `mirrored` and `errands` during a pass; every change is committed, then published, then counted."""

    def __init__(
        self,
        claim: Claim,
        rows: Iterable[Row],
        mirror: Mirror,
        outgoing: Outgoing,
        publisher: Publisher,
        options: Options,
        clock: Callable[[], datetime],
    ) -> None:
        self.claim = claim
        self.state: State = claim.state
        self.pending: tuple[Pending, ...] = claim.pending
        self.mirrored = Mirrored(claim, rows, mirror, clock)
        self.errands = Errands(claim.work)
        self.options = options
        self.clock = clock
        self.kept_back: dict[UUID, Seen] = {}
        # Observe mode: unknown events by id, and whether they were looked up; the others wait for the next pass.
        self.looked_up: dict[str, bool] = {}
        self._mirror = mirror
        self._outbox = Outbox(claim, publisher, outgoing, clock)
        self._lease_until = clock() + options.lease

    def window(self) -> Window:
        """The span that is read now."""
        now = self.clock()
        return Window(start=now - _DAY, end=now + self.options.window)

    def may_write(self) -> bool:
        """Whether enough of the lease is left for a write to end within it."""
        return self._lease_until - self.clock() >= WRITE_NEEDS

    def keeps_back(self, seen: Seen) -> bool:
        """Whether this may be our own work that we do not know of yet, or no longer want to see (own work first)."""
        looked_up = self.looked_up.get(seen.sighting.event_id)
        if looked_up is not None:
            return not looked_up
        # Of a series of ours that has shown its master, perhaps just now, the meetings are known.
        own = seen.sighting.master_id in self.mirrored.series
        return may_be_ours(
            self.errands, self.mirrored.rows.values(), seen, self.clock(), own_series=own
        )

    def _published(self, seen: Sequence[Seen], now: datetime) -> Sequence[Seen]:
        """Those that are not kept back, nor on their way out."""
        if not (
            self.errands.intents
            or self.looked_up
            or any(row.just_withdrawn(now) for row in self.mirrored.rows.values())
        ):
            return seen
        back = {each.sighting.id: each for each in seen if self.keeps_back(each)}
        self.kept_back.update(back)
        rows = leaving(self.errands, self.mirrored.rows.values())
        return [
            each for each in seen if each.sighting.id not in back and not still_shown(rows, each)
        ]

    def _overtake(self, shown: Sequence[Seen]) -> None:
        """What was kept back of an event is older than what shows of it now."""
        if self.kept_back:
            newer = {each.sighting.event_id for each in shown}
            for name in [
                k for k, each in self.kept_back.items() if each.sighting.event_id in newer
            ]:
                del self.kept_back[name]

    def rehearsal(self) -> "Holding":
        """The room as it is now, to try decisions on; nothing of it may be committed."""
        tried = copy.copy(self)
        tried.mirrored = self.mirrored.rehearsed()
        tried.errands = copy.deepcopy(self.errands)
        return tried

    async def commit(
        self,
        seen: Sequence[Seen],
        gone: Sequence[UUID],
        hints: dict[str, datetime] | None = None,
        *,
        rows: Sequence[Row] = (),
        effects: Effects = Effects(),  # noqa: B008  # frozen and empty
        known: Sequence[Seen] = (),
    ) -> None:
        """Write what changed and tell receivers; raises LeaseLost, NotConfirmed.

        `known` are sightings of which it is known whose they are: none is kept back.

        `hints` says when the ingress received the hint about an event, `rows` are as our own writes left them.
        """
        now = self.clock()
        self._outbox.heard(hints or {})
        named = self.mirrored.series.found(seen, self.mirrored.rows.values())
        shown = [
            *self._published(named, now),
            *self.mirrored.series.found(known, self.mirrored.rows.values()),
        ]
        self._overtake(shown)
        intents = self.errands.intents
        over = self._over_of(shown, perhaps_twice(intents))
        shown = [each for each in shown if each.sighting.event_id not in over]
        gone = [*gone, *over.values()]
        lost = gone_of(gone, intents, self.mirrored.rows)
        self.errands.declined.update(set(gone) - set(lost))
        masters = {
            row.id: row for row in (*self.mirrored.rows.values(), *rows) if row.is_own_series
        }
        contents = contents_of(intents)
        wholes = {
            row.event_id: contents[row.id]
            for row in self.mirrored.rows.values()
            if row.kind == "master" and row.id in contents
        }
        ours = Ours(tuple(rows), contents, wholes, masters)
        changes = apply(self.mirrored.rows.values(), shown, lost, self.state.version, now, ours)
        if changes.rows:
            changes = replace(changes, read=_read(changes.rows, shown, lost, hints or {}))
            self._doubt(changes.rows, ours.rows, shown, now)
        if intents:
            after = {row.id: row for row in changes.rows}
            effects |= self.errands.answered(self.mirrored.rows, after, self.claim.room_id, now)
        parked = parked_now(self.mirrored.rows, changes.rows)
        effects |= Effects(conflicts=tuple(Conflict("parked", each) for each in parked))
        if effects.results:
            effects = effects.with_versions(newest((*self.mirrored.rows.values(), *changes.rows)))
        await self._write(changes, effects)
        if self.state.overlaps_owed and len(changes.rows) <= _MOST_COMPARED:
            await (
                self._settle_overlaps()
            )  # before anybody is told; after a whole page the pass does it once
        await self.tell()

    def _over_of(self, shown: Sequence[Seen], bookings: Collection[UUID]) -> dict[str, UUID]:
        """The events of these bookings that are shown as cancelled or declined."""
        found: dict[str, UUID] = {}
        for each in shown if bookings else ():
            row = row_shown(self.mirrored.rows.values(), each)
            if row is not None and row.id in bookings and each.sighting.answer == "cancelled":
                found[each.sighting.event_id] = row.id
        return found

    def _doubt(
        self, after: Iterable[Row], by_us: Sequence[Row], shown: Sequence[Seen], now: datetime
    ) -> None:
        """What shows soon after our own write or other news, or without an answer hinted at, may be old: owe one more question."""
        mine = {row.id for row in by_us}
        hinted = {each.sighting.event_id: each.etags for each in shown}
        asked: list[Lacking] = []
        for row in after:
            before = self.mirrored.rows.get(row.id)
            etags = hinted.get(row.event_id, ())
            if row.id in mine or (before is not None and before.etag == row.etag):
                continue
            if before is None:
                settles_at = row.unanswered_until(now, etags)
            else:
                settles_at = row.settles_at(now) or before.doubtful_until(row, now, etags)
            if settles_at is not None:
                asked.append(Lacking(event=row.event_id, ask_at=settles_at))
        self.owe(asked)

    def owe(self, asks: Sequence[Lacking]) -> None:
        """Have Graph asked about these events when their time comes; committed with whatever is next."""
        if asks:
            self.state = replace(self.state, lacking=merged(self.state.lacking, asks))

    async def send_leftovers(self) -> None:
        """Publish what an earlier pass committed and could not confirm; raises NotConfirmed."""
        await self._tell_bookings()
        await self.send_notices()
        await self._outbox.results(self.errands)

    def outrun(self) -> None:
        """Count versions on from the clock, in milliseconds: a restored counter lies behind what receivers saw.

        For a pass in observe mode, with nothing left to publish.
        """
        version = max(self.state.version, int(self.clock().timestamp() * 1_000))
        self.state = replace(self.state, version=version, published_version=version)

    async def send_notices(self) -> None:
        """Publish the room.* messages that are owed; raises NotConfirmed."""
        while self.state.notices:
            self.state = await self._outbox.notice(self.state)

    async def write_state(self) -> None:
        """Commit the state alone; raises LeaseLost."""
        nothing = Changes(quiet=(), told=(), version=self.state.version)
        await self._mirror.commit(self.claim, self.state, nothing, self.clock())
        self._lease_until = self.clock() + self.options.lease

    async def settle_overlaps(self) -> None:
        """Settle who is `conflicted`, if that is owed; raises LeaseLost, NotConfirmed."""
        if self.state.overlaps_owed:
            await self._settle_overlaps()
            await self.tell()

    async def decided(self, asked: Asked, result: CommandResult, effects: Effects) -> None:
        """End a command; raises LeaseLost, NotConfirmed."""
        await self.commit(
            [], [], effects=effects | self.errands.decision(asked, result, self.clock())
        )

    async def tell(self) -> None:
        """Publish rows and results committed by this pass and not sent so far; raises NotConfirmed."""
        await self._tell_bookings()
        await self._outbox.results(self.errands)

    async def _tell_bookings(self) -> None:
        self.state = await self._outbox.bookings(self.mirrored.rows.values(), self.state)
        if self.state.version > self.state.published_version:
            raise NotConfirmed("late", "bookings of a room")

    async def hold_up(self, wait: timedelta) -> None:
        """Let nobody be blamed for time in which Graph did not want to be asked; raises LeaseLost."""
        later = [(each, each.held_up(wait)) for each in self.errands.intents]
        changed = tuple(after for before, after in later if after != before)
        if changed:
            await self._write(
                Changes(quiet=(), told=(), version=self.state.version), Effects(intents=changed)
            )

    async def _write(self, changes: Changes, effects: Effects) -> None:
        if not changes.rows and not effects and self.state == self.claim.state:
            return
        now = self.clock()
        owed = effects.overlaps is None and (self.state.overlaps_owed or self._tangles(changes))
        state = replace(
            self.state,
            version=changes.version,
            last_change_at=now if changes.told else self.state.last_change_at,
            overlaps_owed=owed,
            own_series=self.state.own_series or any(row.is_own_series for row in changes.rows),
            command_done_no=self._done_no(effects),
        )
        writes = any(each.stage == "open" for each in (*self.errands.intents, *effects.intents))
        lease = self.options.write_lease if writes else self.options.lease
        overlaps = await self._mirror.commit(self.claim, state, changes, now, effects, lease)
        self._lease_until = now + lease
        # The commit that settles overlaps is the only one whose rows may go on overlapping.
        if overlaps and effects.overlaps is None and not owed:
            state = replace(state, overlaps_owed=True)
        self.state = state
        self.mirrored.know(changes.rows)
        self.errands.take(effects)

    def _done_no(self, effects: Effects) -> int:
        """What is begun is open work, though no command asked for it: the next pass must load it."""
        if any(each.stage != "done" for each in effects.intents):
            return min(self.state.command_done_no, self.claim.command_no - 1)
        return self.state.command_done_no

    def _tangles(self, changes: Changes) -> bool:
        """Whether overlaps must be settled after this, as far as can be told without the other rows."""
        rows = changes.rows
        before = (self.mirrored.rows.get(row.id) for row in rows)
        if any(old is not None and old.conflicted for old in before):
            return True
        return len(rows) > _MOST_COMPARED or (len(rows) > 1 and bool(overlapping(rows)))

    async def _settle_overlaps(self) -> None:
        now = self.clock()
        rows = await self.mirrored.load_occupancy()
        yielding, effects = self.errands.yielding(rows, str(self.claim.mailbox_id), now)
        gone = {row.id for row in yielding}
        changed, pairs = settled([row for row in rows if row.id not in gone], now)
        ours = Ours((*yielding, *changed))
        changes = apply(self.mirrored.rows.values(), [], [], self.state.version, now, ours)
        self.state = replace(self.state, overlaps_owed=False)
        await self._write(changes, effects | Effects(overlaps=frozenset(pairs)))


def _read(
    rows: Iterable[Row], seen: Sequence[Seen], gone: Sequence[UUID], hints: dict[str, datetime]
) -> dict[UUID, datetime | None]:
    """Those of the rows that Graph was asked about, with the receipt of the hint about them or their series."""
    asked = {each.sighting.event_id for each in seen}
    return {
        row.id: hints.get(row.event_id) or hints.get(row.master_id or "")
        for row in rows
        if row.event_id in asked or row.id in gone
    }

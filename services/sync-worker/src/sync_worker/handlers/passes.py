"""A pass over a room we hold: own work first, then reads, then commands; settle (design §5.1)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from eventbus import NotConfirmed
from graphclient.errors import CredentialsRejected, Forbidden, GraphError, Throttled, TryLater
from pgstore import DatabaseUnavailable

from ..domain.booking import Row
from ..domain.room import Claim, LeaseLost, Notice, Settlement
from ..domain.schedule import backoff, earliest, next_window, read_again
from .asking import problem_of
from .desk import Desk
from .enclosures import Enclosures
from .following import ask_lacking, follow_hints
from .holding import Holding, Options
from .needs import Calendars, Diary, Leases, Messages, Mirror, Outgoing, Plans
from .outbound import release_kept_back, resume_intents, work_off
from .planning import plan
from .publishing import Publisher
from .window import read_window

log = structlog.get_logger()

REFUSED = timedelta(minutes=10)  # rejected credentials are tried this rarely, unless they change
UNREACHABLE = timedelta(minutes=15)
_LONGEST_WAIT = timedelta(seconds=30)  # where somebody waits for the answer to a command
_KEPT_BACK = timedelta(seconds=10)
_PLANNED = timedelta(minutes=1)  # while commands wait, what would be done is kept up to date


@dataclass(frozen=True, slots=True)
class Passes:
    """Runs passes; holds nothing between them."""

    mirror: Mirror
    outgoing: Outgoing
    plans: Plans
    leases: Leases
    calendars: Calendars
    messages: Messages
    options: Options
    clock: Callable[[], datetime]
    enclosures: Enclosures = field(default_factory=Enclosures)

    async def run(self, claim: Claim, rows: Sequence[Row]) -> datetime:
        """Do everything the room needs now; the time it is due next. Raises LeaseLost, DatabaseUnavailable."""
        held = Holding(
            claim,
            rows,
            self.mirror,
            self.outgoing,
            Publisher(self.messages),
            self.options,
            self.clock,
        )
        try:
            await held.send_leftovers()
            await self._work(held, await self.calendars.of(claim))
        except (LeaseLost, DatabaseUnavailable):
            raise
        except NotConfirmed as error:
            log.warning("events_not_confirmed", room=str(claim.room_id), cause=error.cause)
            return await self._rest(held, self._backoff(held))
        except GraphError as error:
            return await self._obstructed(held, error)
        except Exception:
            # One room's bad luck: it comes back ever more rarely, and nobody else waits for it.
            log.exception("pass_failed", room=str(claim.room_id), attempts=held.state.attempts + 1)
            return await self._rest(held, self._backoff(held))
        return await self._done(held)

    async def _work(self, held: Holding, diary: Diary) -> None:
        desk = Desk(held, diary, self.mirror, self.outgoing)
        if self.options.writes:
            await resume_intents(desk)
        else:
            held.outrun()
        await self._read(held, diary)
        await held.settle_overlaps()
        if self.options.writes and not held.errands.idle:
            await work_off(desk)
        if held.kept_back and await release_kept_back(desk):
            held.state = replace(held.state, window_read_started=None)
        await self._plan(desk)

    async def _plan(self, desk: Desk) -> None:
        """Write down what would be done, or, in live mode, that there is nothing to be told beforehand."""
        held = desk.held
        if self.options.writes and held.state.planned_at is None:
            return
        lines, at = ([], None) if self.options.writes else (await plan(desk), held.clock())
        await self.plans.write(held.claim, lines, at)
        held.state = replace(held.state, planned_at=at)

    async def _read(self, held: Holding, calendar: Diary) -> None:
        if held.claim.window_owed or held.state.problem is not None:
            await read_window(held, calendar, self.mirror)
            await follow_hints(held, calendar, self.enclosures)
        else:
            await follow_hints(held, calendar, self.enclosures)
            if self._window_due(held) <= held.clock():
                await read_window(held, calendar, self.mirror)
        await ask_lacking(held, calendar)

    def _window_due(self, held: Holding) -> datetime:
        last = held.state.window_read_started
        if last is None:
            return held.clock()
        claim = held.claim
        regular = next_window(
            claim.room_id, last, subscribed=claim.subscribed, cadence=self.options.cadence
        )
        regular = earliest((read_again(claim.gap_at, last),), default=regular)
        brake = held.state.brake
        if brake is not None and brake.confirmed(claim.removals_confirmed_at):
            return held.clock()
        return regular if brake is None else min(regular, max(brake.next_read_at(), last))

    async def _done(self, held: Holding) -> datetime:
        now = held.clock()
        claim, errands = held.claim, held.errands
        finished = errands.idle and not claim.work.more
        state = held.state.settled(claim.command_no if finished else held.state.command_done_no)
        works = self.options.writes
        due_at = earliest(
            (
                *(hint.ask_at or now for hint in held.pending),
                *(each.ask_at for each in state.lacking),
                errands.due_at(held.mirrored.series_of(), now) if works else None,
                None if works or errands.idle else now + _PLANNED,
                now if works and claim.work.more else None,
                now + _KEPT_BACK if held.kept_back else None,
            ),
            default=now + _KEPT_BACK if held.kept_back else self._window_due(held),
        )
        settlement = Settlement(pending=held.pending, due_at=due_at)
        return await self.leases.settle(claim, state, settlement, now)

    async def _rest(self, held: Holding, wait: timedelta) -> datetime:
        now = held.clock()
        state = replace(held.state, attempts=held.state.attempts + 1)
        if held.kept_back:  # its hint is done with: only a window read brings it again
            state = replace(state, window_read_started=None)
        settlement = Settlement(pending=held.pending, due_at=now + wait, not_before=now + wait)
        return await self.leases.settle(held.claim, state, settlement, now)

    def _backoff(self, held: Holding) -> timedelta:
        wait = backoff(held.state.attempts + 1)
        return wait if held.errands.idle else min(wait, _LONGEST_WAIT)

    async def _obstructed(self, held: Holding, error: GraphError) -> datetime:
        claim = held.claim
        log.warning(
            "graph_obstructs",
            room=str(claim.room_id),
            error=type(error).__name__,
            status=error.status,
            code=error.code,
            request_id=error.request_id,
        )
        if isinstance(error, CredentialsRejected):
            until = held.clock() + REFUSED
            await self.leases.park_organisation(
                claim.organisation_id, claim.revision, until, held.clock()
            )
            held.state = replace(held.state, refused_revision=claim.revision)
            return await self._rest(held, REFUSED)
        if isinstance(error, Forbidden):
            self.calendars.distrust(claim)
        problem = problem_of(error)
        if problem is None:
            told = error.retry_after if isinstance(error, TryLater) else None
            wait = self._backoff(held) if told is None else backoff(1, told)
            if isinstance(error, Throttled):
                await held.hold_up(wait)
            return await self._rest(held, wait)
        await self._unreachable(held, problem)
        return await self._rest(held, UNREACHABLE)

    async def _unreachable(self, held: Holding, problem: str) -> None:
        """Say once that the mailbox cannot be read."""
        state = held.state
        if state.problem is not None:
            held.state = replace(state, problem=problem)
            return
        now = held.clock()
        notice = Notice(kind="unreachable", at=now, reason=problem)
        held.state = replace(
            state, problem=problem, problem_since=now, notices=(*state.notices, notice)
        )
        await held.write_state()
        try:
            await held.send_notices()
        except NotConfirmed as error:
            log.warning("events_not_confirmed", room=str(held.claim.room_id), cause=error.cause)

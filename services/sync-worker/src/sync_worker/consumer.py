"""Hints and commands in: a delivery becomes rows, then it is acknowledged."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog
from prometheus_client import Counter

from contracts import Undecodable
from contracts.commands import decode_command
from contracts.hints import ChangeHint, decode_changes
from eventbus import Dead, Delivery, Done, Later, Outcome
from pgstore import DatabaseUnavailable

from .domain.command import Asked, Key, kind_of

log = structlog.get_logger()

_AWAY_SECONDS = 1.0
# What arrives within it is noted, claimed and read together: a burst costs the worker half, a single hint comes late by it.
_MOMENT_SECONDS = 0.025

noted = Counter("sync_hints_noted_total", "Hints received from the queue")
commanded = Counter("sync_commands_total", "Commands received from the queue", ["kind"])
dropped = Counter(
    "sync_hints_dropped_total", "Rooms unknown, removed or of another tenant, per delivery"
)


class NotedHints(Protocol):
    """What was noted."""

    @property
    def due(self) -> tuple[tuple[UUID, UUID], ...]:
        """Rooms due now, with their organisations."""

    @property
    def dropped(self) -> int:
        """Rooms whose hints were dropped."""


class Hints(Protocol):
    """Where debts are kept."""

    async def note_hints(self, hints: Sequence[ChangeHint], now: datetime) -> NotedHints:
        """Remember; raises DatabaseUnavailable."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """Hints that are noted together, and what came of it: None where each delivery must see for itself."""

    hints: list[ChangeHint]
    outcome: "asyncio.Future[Outcome | None]"


class ChangeConsumer:
    """Notes the hints of each delivery and wakes whoever claims rooms."""

    def __init__(
        self,
        hints: Hints,
        wake: Callable[[Iterable[tuple[UUID, UUID]]], None],
        clock: Callable[[], datetime],
        keep: Callable[[Sequence[ChangeHint], datetime], None] | None = None,
    ) -> None:
        """`keep` is shown each hint before it is noted: some bring more along than rows hold."""
        self._hints = hints
        self._wake = wake
        self._clock = clock
        self._keep = keep
        self._moment: _Moment | None = None

    async def handle(self, delivery: Delivery) -> Outcome:
        """Done once the hints are rows; Later while Postgres is away; Dead if they cannot be read."""
        try:
            hints = decode_changes(delivery.body)
        except Undecodable as error:
            return Dead(error.reason)
        if self._keep is not None:
            self._keep(hints, self._clock())
        return await self._with_others(hints) or await self._note(hints)

    async def _with_others(self, hints: Sequence[ChangeHint]) -> Outcome | None:
        """Note what arrives in one moment with one statement; None where that failed, perhaps by another's fault."""
        if self._moment is not None:
            self._moment.hints.extend(hints)
            return await asyncio.shield(self._moment.outcome)
        moment = _Moment(list(hints), asyncio.get_running_loop().create_future())
        self._moment = moment
        outcome: Outcome | None = None
        try:
            try:
                await asyncio.sleep(_MOMENT_SECONDS)
            finally:
                self._moment = None
            outcome = await self._note(moment.hints)
        except Exception as error:  # noqa: BLE001 - each delivery tries alone, and raises what is its own fault
            log.warning("hints_not_noted_together", error=type(error).__name__)
        finally:
            moment.outcome.set_result(outcome)
        return outcome

    async def _note(self, hints: Sequence[ChangeHint]) -> Outcome:
        try:
            result = await self._hints.note_hints(hints, self._clock())
        except DatabaseUnavailable as error:
            log.warning("hints_wait_for_database", error=str(error))
            return Later(_AWAY_SECONDS)
        noted.inc(len(hints))
        if result.dropped:
            dropped.inc(result.dropped)
            log.warning("hints_dropped", rooms=result.dropped)
        self._wake(result.due)
        return Done()


class Commands(Protocol):
    """Where commands are kept."""

    async def note(self, organisation_id: UUID, asked: Asked, now: datetime) -> UUID | None:
        """Keep it; the room that is due for it, None if none is. Raises DatabaseUnavailable."""


class CommandConsumer:
    """Keeps each command once and wakes whoever runs it."""

    def __init__(
        self,
        commands: Commands,
        wake: Callable[[Iterable[tuple[UUID, UUID]]], None],
        wake_strays: Callable[[], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._commands = commands
        self._wake = wake
        self._wake_strays = wake_strays
        self._clock = clock

    async def handle(self, delivery: Delivery) -> Outcome:
        """Done once the command is a row; Later while Postgres is away; Dead if it cannot be read."""
        try:
            event = decode_command(delivery.body)
        except Undecodable as error:
            return Dead(error.reason)
        now = self._clock()
        asked = Asked(Key(event.source, event.id), event.data, now)
        try:
            room_id = await self._commands.note(event.organisationid, asked, now)
        except DatabaseUnavailable as error:
            log.warning("commands_wait_for_database", error=str(error))
            return Later(_AWAY_SECONDS)
        commanded.labels(kind_of(event.data)).inc()
        if room_id is None:
            self._wake_strays()
        else:
            self._wake([(room_id, event.organisationid)])
        return Done()

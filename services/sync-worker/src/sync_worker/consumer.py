"""Hints and commands in: a delivery becomes rows, then it is acknowledged."""

from collections.abc import Callable, Iterable, Sequence
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


class ChangeConsumer:
    """Notes the hints of each delivery and wakes whoever claims rooms."""

    def __init__(
        self,
        hints: Hints,
        wake: Callable[[Iterable[tuple[UUID, UUID]]], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._hints = hints
        self._wake = wake
        self._clock = clock

    async def handle(self, delivery: Delivery) -> Outcome:
        """Done once the hints are rows; Later while Postgres is away; Dead if they cannot be read."""
        try:
            hints = decode_changes(delivery.body)
        except Undecodable as error:
            return Dead(error.reason)
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

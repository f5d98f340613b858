"""Commands that no room's holder runs: their booking is unknown so far, or how they end was clear at once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog

from contracts.events import CommandResult
from eventbus import NotConfirmed

from ..domain.command import INTEGRATION_OFF, ROOM_UNKNOWN, Asked, Key, rejected

log = structlog.get_logger()

_AGAIN = timedelta(seconds=1)
_MOST = 100


class StrayCommands(Protocol):
    """Where strays are kept."""

    async def due_strays(self, now: datetime, most: int) -> list[tuple[UUID, Key]]:
        """Those that are due, with their organisations."""

    async def adopt(self, organisation_id: UUID, key: Key, now: datetime) -> Asked | UUID | None:
        """The room that takes it; else the stray, ended if it has waited for long enough, None if it is no more."""

    async def finish_stray(self, organisation_id: UUID, key: Key, now: datetime) -> None:
        """Its result is confirmed."""

    async def postpone_stray(self, organisation_id: UUID, key: Key, due_at: datetime) -> None:
        """Look again later."""


class AbandonedCommands(Protocol):
    """Commands whose room went off before anything was written for them."""

    async def abandoned(self) -> list[tuple[UUID, UUID]]:
        """Rooms that are off and have open commands, with their organisations."""

    async def open_of(self, organisation_id: UUID, room_id: UUID) -> tuple[list[Asked], bool]:
        """Those commands, and whether the room is still ours."""

    async def abandon(
        self, organisation_id: UUID, key: Key, result: CommandResult, now: datetime
    ) -> None:
        """End one; its result is still to be sent."""


async def end_abandoned(commands: AbandonedCommands, now: datetime) -> None:
    """Nobody waits for a room that is off: what was not begun is refused. Raises DatabaseUnavailable."""
    for room_id, organisation_id in await commands.abandoned():
        waiting, ours = await commands.open_of(organisation_id, room_id)
        for asked in waiting:
            result = (
                rejected(asked, room_id, "integration_off", INTEGRATION_OFF)
                if ours
                else rejected(asked, room_id, "room_unknown", ROOM_UNKNOWN)
            )
            await commands.abandon(organisation_id, asked.key, result, now)


@dataclass(frozen=True, slots=True)
class Strays:
    """Finds rooms for strays, ends those that none wants, sends their results."""

    commands: StrayCommands
    publish: Callable[[UUID, Asked], Awaitable[None]]
    clock: Callable[[], datetime]

    async def run(self) -> list[tuple[UUID, UUID]]:
        """Deal with those that are due; rooms that took one, with their organisations. Raises DatabaseUnavailable."""
        roused: list[tuple[UUID, UUID]] = []
        for organisation_id, key in await self.commands.due_strays(self.clock(), _MOST):
            found = await self.commands.adopt(organisation_id, key, self.clock())
            if isinstance(found, UUID):
                roused.append((found, organisation_id))
            elif found is not None:
                await self._end(organisation_id, found)
        return roused

    async def _end(self, organisation_id: UUID, asked: Asked) -> None:
        now = self.clock()
        if asked.result is None:
            await self.commands.postpone_stray(organisation_id, asked.key, now + _AGAIN)
            return
        try:
            if asked.for_room is None:
                await self.publish(organisation_id, asked)
        except NotConfirmed as error:
            log.warning("result_not_confirmed", cause=error.cause)
            await self.commands.postpone_stray(organisation_id, asked.key, now + _AGAIN)
            return
        await self.commands.finish_stray(organisation_id, asked.key, self.clock())

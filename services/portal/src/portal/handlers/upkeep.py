"""A slow loop over all organisations: names follow the tenants, and what was removed long ago is deleted."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

import structlog

from pgstore import DatabaseUnavailable

from ..domain.refusal import Refusal

log = structlog.get_logger()

EVERY_SECONDS = 6 * 3600.0
_PIECE: Final = 100


class Organisations(Protocol):
    """Who there is."""

    async def ids(self) -> list[UUID]:
        """List them."""

    async def ids_ever(self) -> list[UUID]:
        """List them with those that were removed."""


class Followed(Protocol):
    """The rooms of one organisation."""

    async def keep_up(self, organisation_id: UUID) -> int:
        """Take over what the tenant has changed."""


class RemovedRooms(Protocol):
    """Rooms that were removed."""

    async def delete(self, organisation_id: UUID, *, now: datetime, most: int) -> int:
        """Delete some that were removed long ago, and say how many."""


class Upkeep:
    """One organisation after the other; where Microsoft or the database does not answer, the next round does it."""

    def __init__(
        self,
        organisations: Organisations,
        rooms: Followed,
        removed: RemovedRooms,
        clock: Callable[[], datetime],
    ) -> None:
        self._organisations = organisations
        self._rooms = rooms
        self._removed = removed
        self._clock = clock

    async def run(self, stop: asyncio.Event, every: float) -> None:
        """Go round, first after one interval, until `stop`."""
        while not await _stopped(stop, every):
            await self.round(stop)

    async def round(self, stop: asyncio.Event) -> None:
        """Go round once."""
        try:
            for organisation_id in await self._organisations.ids_ever():
                await self._clear(organisation_id, stop)
            for organisation_id in await self._organisations.ids():
                if stop.is_set():
                    return
                await self._keep_up(organisation_id)
        except DatabaseUnavailable:
            log.warning("upkeep_without_database")

    async def _clear(self, organisation_id: UUID, stop: asyncio.Event) -> None:
        deleted = _PIECE
        while deleted == _PIECE and not stop.is_set():
            deleted = await self._removed.delete(organisation_id, now=self._clock(), most=_PIECE)
            if deleted:
                log.info("rooms_deleted", organisation=str(organisation_id), rooms=deleted)

    async def _keep_up(self, organisation_id: UUID) -> None:
        try:
            changed = await self._rooms.keep_up(organisation_id)
        except Refusal as refusal:
            # Not connected, switched off, or Microsoft does not answer: none of it is news here.
            log.debug("upkeep_refused", organisation=str(organisation_id), reason=refusal.reason)
        else:
            if changed:
                log.info("rooms_followed", organisation=str(organisation_id), rooms=changed)


async def _stopped(stop: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True

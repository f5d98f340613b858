"""Names, addresses and capacities follow the tenants: a slow loop over all organisations."""

import asyncio
from typing import Protocol
from uuid import UUID

import structlog

from pgstore import DatabaseUnavailable

from ..domain.refusal import Refusal

log = structlog.get_logger()

EVERY_SECONDS = 6 * 3600.0


class Organisations(Protocol):
    """Who there is."""

    async def ids(self) -> list[UUID]:
        """List them."""


class Followed(Protocol):
    """The rooms of one organisation."""

    async def keep_up(self, organisation_id: UUID) -> int:
        """Take over what the tenant has changed."""


class Upkeep:
    """One organisation after the other; where Microsoft or the database does not answer, the next round does it."""

    def __init__(self, organisations: Organisations, rooms: Followed) -> None:
        self._organisations = organisations
        self._rooms = rooms

    async def run(self, stop: asyncio.Event, every: float) -> None:
        """Go round, first after one interval, until `stop`."""
        while not await _stopped(stop, every):
            await self.round(stop)

    async def round(self, stop: asyncio.Event) -> None:
        """Go round once."""
        try:
            organisations = await self._organisations.ids()
            for organisation_id in organisations:
                if stop.is_set():
                    return
                await self._keep_up(organisation_id)
        except DatabaseUnavailable:
            log.warning("upkeep_without_database")

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

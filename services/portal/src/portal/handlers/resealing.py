"""Rotation of SECRET_KEYS while everything runs: what older keys have sealed is sealed anew, a few rows at a time."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge

from ..domain.sealed import KeyRotation, Sealed
from .envelopes import Envelopes, Field

log = structlog.get_logger()

_BATCH: Final = 100
_AT_ONCE: Final = 4  # the requests of people need connections, too

REMAINING = Gauge(
    "clearooms_secrets_to_reseal",
    "Organisations with a secret that another key than the newest one has sealed, by the newest one's id",
    ["key"],
)
RESEALED = Counter("clearooms_secrets_resealed", "Organisations whose secrets were sealed anew")
UNREADABLE = Gauge(
    "clearooms_secrets_unreadable", "Organisations with a secret that no key of ours opens"
)


class SealedRows(Protocol):
    """Envelopes of all organisations."""

    async def to_tend(self, prefix: bytes, now: datetime, *, after: UUID, most: int) -> list[UUID]:
        """Find what another key has sealed, or what is kept past its time."""

    async def sealed_otherwise(self, prefix: bytes) -> int:
        """Count what another key has sealed."""

    async def sealed(self, organisation_id: UUID, now: datetime) -> Sealed | None:
        """Load one organisation's."""

    async def replace(self, organisation_id: UUID, old: Sealed, new: Sealed) -> bool:
        """Write it unless it changed."""


class _Unreadable(Exception):
    """No key opens it."""


class Resealing:
    """Compares what is sealed with the newest key; several replicas may do so at once."""

    def __init__(
        self, rows: SealedRows, envelopes: Envelopes, clock: Callable[[], datetime]
    ) -> None:
        self._rows = rows
        self._envelopes = envelopes
        self._clock = clock

    async def progress(self) -> KeyRotation:
        """How far the rotation is."""
        newest, prefix = self._envelopes.newest, self._envelopes.prefix
        return KeyRotation(newest=newest, remaining=await self._rows.sealed_otherwise(prefix))

    async def run(self) -> None:
        """Seal anew whatever the newest key has not sealed, and drop secrets kept past their time."""
        prefix, after, unreadable = self._envelopes.prefix, UUID(int=0), 0
        while found := await self._rows.to_tend(prefix, self._clock(), after=after, most=_BATCH):
            places = asyncio.Semaphore(_AT_ONCE)
            async with asyncio.TaskGroup() as group:
                tended = [group.create_task(self._tend(each, places)) for each in found]
            unreadable += sum(not each.result() for each in tended)
            after = found[-1]
        progress = await self.progress()
        REMAINING.clear()
        REMAINING.labels(progress.newest).set(progress.remaining)
        UNREADABLE.set(unreadable)

    async def _tend(self, organisation_id: UUID, places: asyncio.Semaphore) -> bool:
        """Whether everything could be opened."""
        async with places:
            old = await self._rows.sealed(organisation_id, self._clock())
            if old is None:
                return True
            try:
                new = self._anew(organisation_id, old)
            except _Unreadable:
                return False
            if await self._rows.replace(organisation_id, old, new) and new != old:
                RESEALED.inc()
            return True

    def _anew(self, organisation_id: UUID, old: Sealed) -> Sealed:
        def anew(sealed: bytes, field: Field) -> bytes:
            if sealed.startswith(self._envelopes.prefix):
                return sealed
            plain = self._envelopes.open(organisation_id, sealed, field)
            if plain is None:
                raise _Unreadable
            return self._envelopes.seal(organisation_id, plain, field)

        return Sealed(
            anew(old.secret, "client_secret"),
            None if old.former is None else anew(old.former, "client_secret"),
            None if old.chat_webhook is None else anew(old.chat_webhook, "chat_webhook"),
        )

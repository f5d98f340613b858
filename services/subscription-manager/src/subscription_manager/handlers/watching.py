"""Looks after credentials: whether they work, when they end, and that it is said in time."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

import structlog

from graphclient import (
    Application,
    Certificate,
    Credentials,
    CredentialsRejected,
    GraphError,
    is_certificate,
)

from ..domain.credentials import Look, Refused, Unclear, Verdict, Watched, Works, judge
from .needs import LeaseLost, SecretMissing, Watch
from .secrets import Secrets

log = structlog.get_logger()

_AT_ONCE: Final = 8
_LOOK_SECONDS: Final = 40.0  # within the claim's minute


class Directory(Protocol):
    """A tenant of graphclient that remembers nothing: a token from before a refusal would hide it."""

    async def check_token(self) -> frozenset[str]:
        """As graphclient's."""

    async def application(self, client_id: UUID) -> Application | None:
        """As graphclient's."""


class WatchRows(Protocol):
    """Rows of `credential_watch`."""

    async def compare(self, now: datetime) -> None:
        """Make due what changed."""

    async def claim(self, now: datetime, most: int) -> list[Watched]:
        """Take what is due."""

    async def typed_expiry(self, organisation_id: UUID) -> datetime | None:
        """Load it."""

    async def settle(self, watched: Watched, verdict: Verdict, now: datetime) -> None:
        """Record and give back."""


class Watching:
    """One look at a time per organisation, whoever of the replicas takes it."""

    def __init__(
        self,
        rows: WatchRows,
        watch: Watch,
        secrets: Secrets,
        sign_in: Callable[[Credentials], Directory],
        clock: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._watch = watch
        self._secrets = secrets
        self._sign_in = sign_in
        self._clock = clock

    async def turn(self) -> bool:
        """Compare, look at what is due; whether there may be more."""
        await self._rows.compare(self._clock())
        claimed = await self._rows.claim(self._clock(), _AT_ONCE)
        async with asyncio.TaskGroup() as looks:
            for watched in claimed:
                looks.create_task(self._attend(watched))
        return len(claimed) == _AT_ONCE

    async def _attend(self, watched: Watched) -> None:
        try:
            look = await self._look(watched) if watched.may_call(self._clock()) else Unclear()
            now = self._clock()
            match look:
                case Refused(code):
                    log.warning(
                        "credentials_rejected", organisation=str(watched.organisation_id), code=code
                    )
                    await self._watch.rejected(watched.organisation_id, watched.revision, code, now)
                case Works():
                    await self._watch.accepted(watched.organisation_id, now)
                case Unclear():
                    pass
            typed = await self._rows.typed_expiry(watched.organisation_id)
            await self._rows.settle(watched, judge(watched, look, typed, now), now)
        except LeaseLost:
            log.info("credential_look_overtaken", organisation=str(watched.organisation_id))

    async def _look(self, watched: Watched) -> Look:
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                credentials = await self._secrets.credentials(
                    watched.organisation_id, watched.tenant_id, watched.client_id
                )
                directory = self._sign_in(credentials)
                await directory.check_token()
                return Works(await self._expiry(directory, credentials))
        except SecretMissing as missing:
            return Refused(str(missing))
        except CredentialsRejected as refused:
            return Refused(refused.code or refused.error)
        except (GraphError, TimeoutError) as error:
            log.info("credential_look_unclear", error=type(error).__name__)
            return Unclear()

    async def _expiry(self, directory: Directory, credentials: Credentials) -> datetime | None:
        """As the certificate says, else the registration; None where that cannot be read."""
        if is_certificate(credentials.secret):
            return Certificate.read(credentials.secret).expires_at
        try:
            found = await directory.application(credentials.client_id)
        except GraphError as error:
            log.info("registration_unreadable", error=type(error).__name__, code=error.code)
            return None
        return found.expiry(credentials.secret) if found is not None else None

"""Signing in with Microsoft, through the operator's own registration."""

import base64
import binascii
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog
from pydantic import ValidationError

from graphclient import (
    Begun,
    CredentialsRejected,
    GraphError,
    Identity,
    SignInDenied,
    SignInStale,
    Throttled,
    Unavailable,
)
from pgstore import SecretBox, SecretUnreadable

from ..domain.accounts import Account, Session
from ..domain.attempts import Attempts
from ..domain.microsoft import LASTS_SECONDS, NOBODY, Away, Failure
from ..domain.refusal import Reason, Refusal
from .sessions import LASTS, hash_of

log = structlog.get_logger()

_FIELD: Final = "sign_in_with_microsoft"


class SignIns(Protocol):
    """Microsoft's side."""

    async def start(self, redirect_uri: str) -> Begun:
        """Begin one."""

    async def finish(self, kept: str, query: Mapping[str, str], now: datetime) -> Identity:
        """Tell who came back."""


class LinkedRows(Protocol):
    """What is stored of people and of their sessions."""

    async def admit(
        self, who: Identity, token_hash: bytes, *, now: datetime, expires_at: datetime
    ) -> Account | None:
        """Open a session for whom we know by this subject, or may link to it."""


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes, and what it keeps meanwhile."""

    address: str
    kept: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """How it ended, and the page that was wanted before."""

    outcome: Session | Failure
    to: str


class MicrosoftSignIns:
    """Sends people to Microsoft and receives them; `back` is the address they return to."""

    def __init__(
        self,
        sign_ins: SignIns,
        rows: LinkedRows,
        box: Callable[[], SecretBox],
        back: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._sign_ins = sign_ins
        self._rows = rows
        self._box = box
        self._back = back
        self._clock = clock
        # Generous, because behind a proxy everybody has one address.
        self._departures = Attempts(burst=100, seconds=60)
        self._arrivals = Attempts(burst=100, seconds=60)

    async def start(self, to: str, client: str) -> Departure | Failure:
        """Send somebody off who wanted the page `to`."""
        self._limit(self._departures, client)
        try:
            begun = await self._sign_ins.start(self._back)
        except GraphError as error:
            return _failure(error)
        ends = self._clock() + timedelta(seconds=LASTS_SECONDS)
        away = Away(kept=begun.kept, to=to, ends=ends).model_dump_json()
        sealed = self._box().seal(away, organisation_id=NOBODY, row_id=NOBODY, field=_FIELD)
        return Departure(begun.address, base64.urlsafe_b64encode(sealed).decode())

    async def finish(self, kept: str, query: Mapping[str, str], client: str) -> Arrival:
        """Receive somebody: `kept` is what their browser held, `query` what Microsoft says."""
        self._limit(self._arrivals, client)
        now = self._clock()
        away = self._opened(kept)
        if away is None or now >= away.ends:
            return Arrival(Failure.STALE, away.to if away else "/")
        try:
            who = await self._sign_ins.finish(away.kept, query, now)
        except GraphError as error:
            return Arrival(_failure(error), away.to)
        token = secrets.token_urlsafe(32)
        account = await self._rows.admit(who, hash_of(token), now=now, expires_at=now + LASTS)
        if account is None:
            log.info("microsoft_sign_in_unknown", tenant=str(who.tenant_id))
            return Arrival(Failure.UNKNOWN, away.to)
        session = Session(
            token=token,
            expires_at=now + LASTS,
            organisation_id=account.organisation_id,
            user=account.user,
        )
        return Arrival(session, away.to)

    def _opened(self, kept: str) -> Away | None:
        try:
            sealed = base64.urlsafe_b64decode(kept.encode())
            text = self._box().open(sealed, organisation_id=NOBODY, row_id=NOBODY, field=_FIELD)
            return Away.model_validate_json(text)
        except (binascii.Error, UnicodeEncodeError, SecretUnreadable, ValidationError):
            return None

    def _limit(self, attempts: Attempts, client: str) -> None:
        wait = attempts.wait(client, self._clock().timestamp())
        if wait:
            raise Refusal(Reason.TOO_MANY, "Too many attempts: try again later.", retry_after=wait)


def _failure(error: GraphError) -> Failure:
    """What a person is told of it; what only the operator can mend is logged."""
    match error:
        case SignInDenied(error="access_denied"):
            return Failure.CANCELLED
        case SignInDenied():
            log.info("microsoft_sign_in_denied", error=error.error[:50])
            return Failure.DENIED
        case SignInStale():
            return Failure.STALE
        case Throttled() | Unavailable():
            log.warning("microsoft_unavailable", error=str(error))
            return Failure.UNAVAILABLE
        case CredentialsRejected():
            log.error("microsoft_registration_rejected", code=error.code, request=error.request_id)
            return Failure.BROKEN
        case _:
            log.error("microsoft_sign_in_failed", error=type(error).__name__)
            return Failure.BROKEN

"""Signing in and out, and whose token it is."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from ..domain.accounts import Account, Session, SignIn
from ..domain.attempts import Attempts
from ..domain.caller import Caller, Operator, Person
from ..domain.refusal import Reason, Refusal
from .passwords import Passwords

LASTS = timedelta(days=7)


class SessionRows(Protocol):
    """What is stored of sessions."""

    async def person(self, token_hash: bytes, now: datetime) -> Person | None:
        """Find whose token it is."""

    async def account(self, email: str) -> Account | None:
        """Find the living account."""

    async def open(
        self, account: Account, token_hash: bytes, *, now: datetime, expires_at: datetime
    ) -> bool:
        """Open it."""

    async def close(self, person: Person, now: datetime) -> None:
        """End it."""


class Sessions:
    """Bearer tokens of people and of the operator; an empty operator token admits nobody."""

    def __init__(
        self,
        rows: SessionRows,
        passwords: Passwords,
        operator_token: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._passwords = passwords
        self._operator = hash_of(operator_token) if operator_token else None
        self._clock = clock
        # One client guessing at one account, one client going through many, everybody together guessing at one. The
        # second is generous, because behind a proxy everybody has one address.
        self._by_client = Attempts(burst=10, seconds=300)
        self._by_address = Attempts(burst=100, seconds=60)
        self._by_email = Attempts(burst=50, seconds=600)

    async def caller(self, token: str) -> Caller | None:
        """Tell whose token this is; None for nobody's."""
        token_hash = hash_of(token)
        if self._operator is not None and hmac.compare_digest(token_hash, self._operator):
            return Operator()
        return await self._rows.person(token_hash, self._clock())

    async def lives(self, caller: Caller) -> bool:
        """Tell whether the caller may still act."""
        if isinstance(caller, Operator):
            return True
        return await self._rows.person(caller.token_hash, self._clock()) is not None

    async def sign_in(self, given: SignIn, client: str) -> Session:
        """Open a session; the refusal is the same for an unknown name and a wrong password."""
        seconds = self._clock().timestamp()
        wait = max(
            self._by_client.wait(f"{client} {given.email}", seconds),
            self._by_address.wait(client, seconds),
            self._by_email.wait(given.email, seconds),
        )
        if wait:
            raise Refusal(Reason.TOO_MANY, "Too many attempts: try again later.", retry_after=wait)
        account = await self._rows.account(given.email)
        stored = account.password_hash if account else None
        if await self._passwords.matches(stored, given.password.get_secret_value()) and account:
            token, now = secrets.token_urlsafe(32), self._clock()
            if await self._rows.open(account, hash_of(token), now=now, expires_at=now + LASTS):
                return Session(
                    token=token,
                    expires_at=now + LASTS,
                    organisation_id=account.organisation_id,
                    user=account.user,
                )
        raise Refusal(Reason.UNAUTHENTICATED, "E-mail address or password is wrong.")

    async def sign_out(self, caller: Caller) -> None:
        """End the caller's session; the operator has none."""
        if isinstance(caller, Person):
            await self._rows.close(caller, self._clock())


def hash_of(token: str) -> bytes:
    """What of a token is stored."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()

"""Passwords: Argon2id, off the event loop, few at a time."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from ..domain.refusal import Reason, Refusal

# Each costs 64 MiB and a core for some 50 ms: more at once would only swap and starve the loop.
_AT_ONCE = 2
_MOST_WAITING = 40


class Passwords:
    """Hashes and compares; an unknown account takes as long as a wrong password."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._nobody: str | None = None
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Return the text to store."""
        async with self._turn():
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, stored: str | None, password: str) -> bool:
        """Compare; None stands for an account that does not exist and never matches."""
        if self._nobody is None:
            self._nobody = await self.hash(secrets.token_hex())
        async with self._turn():
            same = await asyncio.to_thread(self._verify, stored or self._nobody, password)
        return same and stored is not None

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._waiting >= _MOST_WAITING:
            raise Refusal(Reason.TOO_MANY, "Too many people sign in at once.", retry_after=5)
        self._waiting += 1
        try:
            async with self._turns:
                yield
        finally:
            self._waiting -= 1

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (Argon2Error, InvalidHashError):
            return False

"""The people of an organisation."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid4

from ..domain.accounts import NewUser, User, UserChange
from ..domain.caller import Acting, Role
from ..domain.refusal import invalid
from .passwords import Passwords


class UserRows(Protocol):
    """What is stored of users."""

    async def all(self, organisation_id: UUID) -> list[User]:
        """List them."""

    async def add(
        self, organisation_id: UUID, user: User, password_hash: str, *, actor: str
    ) -> None:
        """Add one."""

    async def change(
        self,
        organisation_id: UUID,
        user_id: UUID,
        *,
        role: Role | None,
        password_hash: str | None,
        now: datetime,
        actor: str,
    ) -> User:
        """Change what is given."""

    async def remove(
        self, organisation_id: UUID, user_id: UUID, *, now: datetime, actor: str
    ) -> None:
        """Remove one."""


class Users:
    """Who may sign in."""

    def __init__(
        self,
        rows: UserRows,
        passwords: Passwords,
        clock: Callable[[], datetime],
        *,
        microsoft: bool,
    ) -> None:
        self.microsoft = microsoft
        """Whether people may sign in with Microsoft."""
        self._rows = rows
        self._passwords = passwords
        self._clock = clock

    async def all(self, by: Acting) -> list[User]:
        """Return everybody, by address."""
        return await self._rows.all(by.organisation_id)

    async def add(self, by: Acting, new: NewUser) -> User:
        """Add one; without a password only where they can sign in with Microsoft."""
        if new.password is None and not self.microsoft:
            raise invalid("password", "is needed: signing in with Microsoft is not set up here")
        user = User(id=uuid4(), email=new.email, role=new.role, created_at=self._clock())
        # One that nobody knows stands for none.
        password = new.password.get_secret_value() if new.password else secrets.token_urlsafe(32)
        hashed = await self._passwords.hash(password)
        await self._rows.add(by.organisation_id, user, hashed, actor=by.actor)
        return user

    async def change(self, by: Acting, user_id: UUID, change: UserChange) -> User:
        """Change role or password, which ends the user's sessions."""
        hashed = None
        if change.password is not None:
            hashed = await self._passwords.hash(change.password.get_secret_value())
        return await self._rows.change(
            by.organisation_id,
            user_id,
            role=change.role,
            password_hash=hashed,
            now=self._clock(),
            actor=by.actor,
        )

    async def remove(self, by: Acting, user_id: UUID) -> None:
        """Remove one; the last administrator stays."""
        await self._rows.remove(by.organisation_id, user_id, now=self._clock(), actor=by.actor)

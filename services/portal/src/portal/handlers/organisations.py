"""Customers, made and ended by the operator."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid4

from ..domain.accounts import NewOrganisation, Organisation
from ..domain.caller import Caller
from ..domain.refusal import not_found
from .passwords import Passwords


class OrganisationRows(Protocol):
    """What is stored of organisations."""

    async def ids(self) -> list[UUID]:
        """List them, oldest first."""

    async def find(self, organisation_id: UUID) -> Organisation | None:
        """Look one up."""

    async def add(
        self,
        organisation: Organisation,
        *,
        user_id: UUID,
        email: str,
        password_hash: str,
        actor: str,
    ) -> None:
        """Add one."""

    async def remove(self, organisation_id: UUID, *, now: datetime, actor: str) -> bool:
        """Remove one."""


class Organisations:
    """The operator's list of customers."""

    def __init__(
        self, rows: OrganisationRows, passwords: Passwords, clock: Callable[[], datetime]
    ) -> None:
        self._rows = rows
        self._passwords = passwords
        self._clock = clock

    async def all(self) -> list[Organisation]:
        """Return every living organisation, oldest first."""
        found = [await self._rows.find(each) for each in await self._rows.ids()]
        return [each for each in found if each is not None]

    async def check(self, organisation_id: UUID) -> None:
        """Refuse an organisation that is not there."""
        if await self._rows.find(organisation_id) is None:
            raise not_found("organisation")

    async def add(self, caller: Caller, new: NewOrganisation) -> Organisation:
        """Create it with its first administrator."""
        password = new.administrator.password.get_secret_value()
        organisation = Organisation(id=uuid4(), name=new.name, created_at=self._clock())
        await self._rows.add(
            organisation,
            user_id=uuid4(),
            email=new.administrator.email,
            password_hash=await self._passwords.hash(password),
            actor=caller.actor,
        )
        return organisation

    async def remove(self, caller: Caller, organisation_id: UUID) -> None:
        """End it: nobody can sign in, nothing is synced any more."""
        if not await self._rows.remove(organisation_id, now=self._clock(), actor=caller.actor):
            raise not_found("organisation")

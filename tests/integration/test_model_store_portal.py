"""The model's Portal, by the portal's own statements."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Final
from uuid import UUID, uuid4

from pgstore import Database
from portal.domain.accounts import Organisation
from portal.domain.integration import Replacement
from portal.domain.offices import Office
from portal.domain.rooms import ListedRoom
from portal.store.integrations import IntegrationStore
from portal.store.offices import OfficeStore
from portal.store.organisations import OrganisationStore
from portal.store.rooms import RoomStore

_ACTOR: Final = "tests"


@dataclass
class RealPortal:
    """The model's Portal, by the portal's own statements."""

    database: Database

    async def found(self, organisation_id: UUID, name: str, now: datetime) -> None:
        await OrganisationStore(self.database).add(
            Organisation(id=organisation_id, name=name, created_at=now),
            user_id=uuid4(),
            email=f"{organisation_id}@x.test",
            password_hash="none",
            actor=_ACTOR,
        )

    async def integrate(
        self,
        organisation_id: UUID,
        *,
        tenant_id: UUID,
        client_id: UUID,
        enabled: bool,
        sealed_secret: bytes | None,
        now: datetime,
    ) -> None:
        store = IntegrationStore(self.database)
        old = await store.load(organisation_id)
        new = Replacement(
            tenant_id=tenant_id,
            client_id=client_id,
            enabled=enabled,
            sealed_secret=sealed_secret,
            former_until=None,
            secret_expires_at=None,
            certificate_thumbprint=None,
            sealed_chat_webhook=None,
            keep_chat_webhook=True,
            keep_test=False,
            outcome=None,
            based_on=old.revision if old else None,
        )
        await store.replace(organisation_id, new, now=now, actor=_ACTOR)

    async def switch(self, organisation_id: UUID, *, enabled: bool, now: datetime) -> None:
        await self._again(organisation_id, enabled=enabled, sealed_secret=None, now=now)

    async def renew_secret(
        self, organisation_id: UUID, sealed_secret: bytes, now: datetime
    ) -> None:
        await self._again(organisation_id, enabled=None, sealed_secret=sealed_secret, now=now)

    async def open_office(self, organisation_id: UUID, office_id: UUID, now: datetime) -> None:
        office = Office(
            id=office_id,
            name="HQ",
            time_zone="Europe/Berlin",
            opens=time(8),
            closes=time(18),
            created_at=now,
        )
        await OfficeStore(self.database).add(organisation_id, office, actor=_ACTOR)

    async def add_room(
        self,
        organisation_id: UUID,
        room_id: UUID,
        *,
        office_id: UUID,
        mailbox_id: UUID,
        now: datetime,
        capacity: int | None,
    ) -> UUID:
        saved = await IntegrationStore(self.database).load(organisation_id)
        assert saved is not None
        added = await RoomStore(self.database).add(
            organisation_id,
            room_id,
            ListedRoom(mailbox_id, "room@x.test", "Room", capacity, None, None),
            tenant_id=saved.tenant_id,
            office_id=office_id,
            now=now,
            actor=_ACTOR,
        )
        return added.id

    async def remove_room(self, organisation_id: UUID, room_id: UUID, now: datetime) -> None:
        await RoomStore(self.database).remove(organisation_id, room_id, now=now, actor=_ACTOR)

    async def confirm_removals(self, organisation_id: UUID, room_id: UUID, now: datetime) -> None:
        store = RoomStore(self.database)
        if (await store.find(organisation_id, room_id)).held_removals:
            await store.confirm_removals(organisation_id, room_id, now=now, actor=_ACTOR)

    async def offboard(self, organisation_id: UUID, now: datetime) -> None:
        await OrganisationStore(self.database).remove(organisation_id, now=now, actor=_ACTOR)

    async def _again(
        self,
        organisation_id: UUID,
        *,
        enabled: bool | None,
        sealed_secret: bytes | None,
        now: datetime,
    ) -> None:
        saved = await IntegrationStore(self.database).load(organisation_id)
        assert saved is not None
        await self.integrate(
            organisation_id,
            tenant_id=saved.tenant_id,
            client_id=saved.client_id,
            enabled=saved.enabled if enabled is None else enabled,
            sealed_secret=sealed_secret,
            now=now,
        )

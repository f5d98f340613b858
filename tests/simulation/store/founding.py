"""What the portal writes: organisations, their integrations and secrets, offices and rooms."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from uuid import UUID

from asyncpg import UniqueViolationError

from .tables import Credential, Integration, Office, Organisation, Room, Tables

RESUMES_WITHIN = timedelta(days=30)


class Portal:
    """Each method is one transaction of the portal; whoever listens hears which tables changed."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def found(self, organisation_id: UUID, name: str, now: datetime) -> None:
        """A new organisation."""
        self._tables.organisations[organisation_id] = Organisation(organisation_id, name, now)

    def integrate(
        self,
        organisation_id: UUID,
        *,
        tenant_id: UUID,
        client_id: UUID,
        enabled: bool,
        sealed_secret: bytes | None,
        now: datetime,
    ) -> None:
        """Save the whole integration, switched on or off; without a secret the old one stays."""
        tables = self._tables
        old = tables.integrations.get(organisation_id)
        tables.integrations[organisation_id] = Integration(
            organisation_id,
            tenant_id,
            client_id,
            enabled,
            delivery=old.delivery if old else "basic",
            revision=old.revision + 1 if old else 1,
        )
        if sealed_secret is not None:
            tables.credentials[organisation_id] = Credential(
                organisation_id, sealed_secret, None, now
            )
        tables.heard("integrations")

    def switch(self, organisation_id: UUID, *, enabled: bool, now: datetime) -> None:
        """The integration off or on, all else as it was."""
        self._again(organisation_id, enabled=enabled, sealed_secret=None, now=now)

    def renew_secret(self, organisation_id: UUID, sealed_secret: bytes, now: datetime) -> None:
        """Another secret, all else as it was."""
        enabled = self._tables.integrations[organisation_id].enabled
        self._again(organisation_id, enabled=enabled, sealed_secret=sealed_secret, now=now)

    def open_office(
        self,
        organisation_id: UUID,
        office_id: UUID,
        now: datetime,
        *,
        name: str = "HQ",
        time_zone: str = "Europe/Berlin",
        opens: time = time(8),
        closes: time = time(18),
    ) -> None:
        """A new office."""
        self._tables.offices[office_id] = Office(
            office_id, organisation_id, name, time_zone, opens, closes, now
        )

    def add_room(
        self,
        organisation_id: UUID,
        room_id: UUID,
        *,
        office_id: UUID,
        mailbox_id: UUID,
        now: datetime,
        mailbox: str = "room@x.test",
        name: str = "Room",
        capacity: int | None = None,
    ) -> UUID:
        """Import a mailbox; its id: the one it had when it was removed less than 30 days ago, else the given.

        Raises UniqueViolationError where the mailbox is imported already.
        """
        tables = self._tables
        tenant_id = tables.integrations[organisation_id].tenant_id
        same = [
            each
            for each in tables.rooms.values()
            if (each.tenant_id, each.mailbox_id) == (tenant_id, mailbox_id)
        ]
        if any(each.removed_at is None for each in same):
            raise UniqueViolationError
        resumable = [
            (each.removed_at, each.id)
            for each in same
            if each.organisation_id == organisation_id
            and each.removed_at is not None
            and each.removed_at > now - RESUMES_WITHIN
        ]
        if resumable:
            _, room_id = max(resumable)
            room = tables.rooms[room_id]
            room.office_id, room.mailbox, room.name = office_id, mailbox, name
            room.capacity, room.removed_at = capacity, None
        else:
            tables.rooms[room_id] = Room(
                room_id, organisation_id, office_id, tenant_id, mailbox_id, mailbox, name, capacity, now
            )  # fmt: skip
        tables.heard("rooms")
        return room_id

    def remove_room(self, room_id: UUID, now: datetime) -> None:
        """Stop syncing a living room."""
        self._tables.rooms[room_id].removed_at = now
        self._tables.heard("rooms")

    def confirm_removals(self, room_id: UUID, now: datetime) -> None:
        """Say that what is held back in a living room is right, if anything is."""
        sync = self._tables.room_sync.get(room_id)
        if sync is not None and sync.state.brake is not None:
            self._tables.rooms[room_id].removals_confirmed_at = now
            self._tables.heard("rooms")

    def offboard(self, organisation_id: UUID, now: datetime) -> None:
        """End a living organisation."""
        tables = self._tables
        tables.organisations[organisation_id].removed_at = now
        owned: tuple[Mapping[UUID, Room | Office], ...] = (tables.rooms, tables.offices)
        for group in owned:
            for each in group.values():
                if each.organisation_id == organisation_id and each.removed_at is None:
                    each.removed_at = now
        integration = tables.integrations.get(organisation_id)
        if integration is not None and integration.removed_at is None:
            integration.enabled, integration.removed_at = False, now
            integration.revision += 1
        tables.heard("rooms")
        tables.heard("integrations")

    def _again(
        self, organisation_id: UUID, *, enabled: bool, sealed_secret: bytes | None, now: datetime
    ) -> None:
        old = self._tables.integrations[organisation_id]
        self.integrate(
            organisation_id,
            tenant_id=old.tenant_id,
            client_id=old.client_id,
            enabled=enabled,
            sealed_secret=sealed_secret,
            now=now,
        )

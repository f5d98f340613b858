"""Organisations, offices and rooms as rows, without the portal that writes them: many, and as odd as a test wants."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg

from pgstore import Role

NOW: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
TENANT: Final = uuid4()


class Block:
    """Organisations of one office each; every table is written by whose it is."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    async def do(self, by: Role, organisation: UUID, statement: str, *values: Any) -> None:
        """Execute it as this service, inside this organisation."""
        await self._connection.execute(
            f"set role {by.value}; set clearooms.organisation = '{organisation}'"
        )
        await self._connection.execute(statement, *values)

    async def organisation(
        self, *, enabled: bool = True, failing: int | None = None
    ) -> tuple[UUID, UUID]:
        """The organisation and its office; `failing` is the revision whose credentials are refused, of 2."""
        organisation, office = uuid4(), uuid4()
        await self.do(
            Role.PORTAL,
            organisation,
            "insert into organisations values ($1, 'x', $2)",
            organisation,
            NOW,
        )
        await self.do(
            Role.PORTAL, organisation, "insert into offices values ($1, $2, 'HQ', 'UTC', '08:00', '18:00', $3)",
            office, organisation, NOW,
        )  # fmt: skip
        await self.do(
            Role.PORTAL, organisation, "insert into integrations (organisation_id, tenant_id, client_id, enabled, revision) values ($1, $2, $3, $4, 2)",
            organisation, TENANT, uuid4(), enabled,
        )  # fmt: skip
        if failing is not None:
            await self.do(
                Role.MANAGER, organisation, "insert into credential_watch (organisation_id, failing_since, failing_revision) values ($1, $2, $3)",
                organisation, NOW, failing,
            )  # fmt: skip
        return organisation, office

    async def room(
        self,
        organisation: UUID,
        office: UUID,
        name: str = "R",
        *,
        tenant: UUID = TENANT,
        sync: dict[str, Any] | None = None,
        subscription: dict[str, Any] | None = None,
    ) -> UUID:
        room = uuid4()
        await self.do(
            Role.PORTAL, organisation, "insert into rooms (id, organisation_id, office_id, tenant_id, mailbox_id, mailbox, name, capacity, created_at)"
            " values ($1, $2, $3, $4, $5, 'r@x', $6, 4, $7)",
            room, organisation, office, tenant, uuid4(), name, NOW,
        )  # fmt: skip
        theirs = ((Role.WORKER, "room_sync", sync), (Role.MANAGER, "subscriptions", subscription))
        for role, table, values in theirs:
            if values is not None:
                named = {"room_id": room, "organisation_id": organisation, "due_at": NOW, **values}
                places = ", ".join(f"${n}" for n in range(1, len(named) + 1))
                await self.do(
                    role,
                    organisation,
                    f"insert into {table} ({', '.join(named)}) values ({places})",  # noqa: S608 -- names of this file
                    *named.values(),
                )
        return room

    async def booking(self, organisation: UUID, room: UUID, start: datetime, end: datetime) -> None:
        await self.do(
            Role.WORKER, organisation, "insert into bookings (organisation_id, room_id, id, event_id, kind, etag, starts, ends, time_zone, subject,"
            " organizer_name, organizer_email, status, origin, version, changed_at)"
            " values ($1, $2, $3, $4, 'single', 'e', $5, $6, 'UTC', 'S', 'O', 'o@x', 'confirmed', 'outlook', 1, $7)",
            organisation, room, uuid4(), str(uuid4()), start, end, NOW,
        )  # fmt: skip

    async def remove(self, organisation: UUID, room: UUID, at: datetime) -> None:
        """Have it removed then."""
        await self.do(
            Role.PORTAL, organisation, "update rooms set removed_at = $2 where id = $1", room, at
        )

    async def dissolve(self, organisation: UUID) -> None:
        """Remove the organisation itself."""
        await self.do(
            Role.PORTAL, organisation, "update organisations set removed_at = $2 where id = $1",
            organisation, NOW,
        )  # fmt: skip

"""An organisation with rooms, written as the portal would have left it."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from pgstore import SecretBox

SECRETS = "s1:" + base64.b64encode(b"s" * 32).decode()
MADE = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Office:
    """One organisation; its statements run as the portal."""

    login_dsn: str
    id: UUID = field(default_factory=uuid4)
    tenant_id: UUID = field(default_factory=uuid4)
    client_id: UUID = field(default_factory=uuid4)
    secret: str = "s3cret~value"
    office_id: UUID = field(default_factory=uuid4)

    async def open(self) -> "Office":
        """Create organisation, integration, credentials and an office."""
        sealed = SecretBox.parse(SECRETS).seal(
            self.secret, organisation_id=self.id, row_id=self.id, field="client_secret"
        )
        await self.run("insert into organisations values ($1, 'Org', $2)", self.id, MADE)
        await self.run(
            "insert into integrations (organisation_id, tenant_id, client_id, enabled) values ($1, $2, $3, true)",
            self.id,
            self.tenant_id,
            self.client_id,
        )
        await self.run(
            "insert into credentials (organisation_id, sealed_secret, updated_at) values ($1, $2, $3)",
            self.id,
            sealed,
            MADE,
        )
        await self.run(
            "insert into offices values ($1, $2, 'HQ', 'Europe/Berlin', '08:00', '18:00', $3)",
            self.office_id,
            self.id,
            MADE,
        )
        return self

    async def room(self, mailbox_id: UUID | None = None) -> UUID:
        """Import one room; our id of it."""
        room_id = uuid4()
        await self.run(
            "insert into rooms (id, organisation_id, office_id, tenant_id, mailbox_id, mailbox, name, created_at)"
            " values ($1, $2, $3, $4, $5, 'room@x.test', 'Room', $6)",
            room_id,
            self.id,
            self.office_id,
            self.tenant_id,
            mailbox_id or uuid4(),
            MADE,
        )
        return room_id

    async def run(self, statement: str, *arguments: Any) -> None:
        """Run one statement inside the organisation."""
        connection = await asyncpg.connect(self.login_dsn)
        try:
            async with connection.transaction():
                await connection.execute("set local role clearooms_portal")
                await connection.execute(
                    "select set_config('clearooms.organisation', $1, true)", str(self.id)
                )
                await connection.execute(statement, *arguments)
        finally:
            await connection.close()

    async def subscription(self, room_id: UUID) -> dict[str, Any] | None:
        """The room's row, None without one."""
        connection = await asyncpg.connect(self.login_dsn)
        try:
            await connection.execute("set role clearooms_portal")
            row = await connection.fetchrow(
                "select * from subscriptions where room_id = $1", room_id
            )
        finally:
            await connection.close()
        return dict(row) if row is not None else None

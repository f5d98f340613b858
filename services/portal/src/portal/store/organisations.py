"""Organisations: the rows everything else hangs on."""

from datetime import datetime
from uuid import UUID

import asyncpg

from pgstore import Database

from ..domain.accounts import Organisation
from ..domain.refusal import conflict
from .audit import record


class OrganisationStore:
    """Rows of `organisations`, each read inside its own organisation's transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ids(self) -> list[UUID]:
        """Every living organisation, oldest first."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch("select organisation_ids() as id")
        return [row["id"] for row in rows]

    async def ids_ever(self) -> list[UUID]:
        """Those and the ones that were removed."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch("select organisation_ids_ever() as id")
        return [row["id"] for row in rows]

    async def find(self, organisation_id: UUID) -> Organisation | None:
        """The organisation, unless it is gone."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            row = await connection.fetchrow(
                "select id, name, created_at from organisations where id = $1 and removed_at is null",
                organisation_id,
            )
        return Organisation(**dict(row)) if row else None

    async def add(
        self,
        organisation: Organisation,
        *,
        user_id: UUID,
        email: str,
        password_hash: str,
        actor: str,
    ) -> None:
        """Create it with its first administrator; refuses an e-mail address in use."""
        try:
            async with self._database.organisation_transaction(organisation.id) as connection:
                await connection.execute(
                    "insert into organisations (id, name, created_at) values ($1, $2, $3)",
                    organisation.id,
                    organisation.name,
                    organisation.created_at,
                )
                await connection.execute(
                    "insert into users (id, organisation_id, email, password_hash, role, created_at)"
                    " values ($1, $2, $3, $4, 'administrator', $5)",
                    user_id,
                    organisation.id,
                    email,
                    password_hash,
                    organisation.created_at,
                )
                await record(
                    connection,
                    organisation.id,
                    at=organisation.created_at,
                    actor=actor,
                    action="organisation.created",
                    subject=f"organisation:{organisation.id}",
                    detail={"administrator": str(user_id)},
                )
        except asyncpg.UniqueViolationError as error:
            raise conflict("This e-mail address cannot be used.") from error

    async def remove(self, organisation_id: UUID, *, now: datetime, actor: str) -> bool:
        """End it: sessions gone, people, rooms and integration marked removed; False when there is none."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            found = await connection.fetchval(
                "update organisations set removed_at = $2 where id = $1 and removed_at is null returning id",
                organisation_id,
                now,
            )
            if found is None:
                return False
            await connection.execute(
                "delete from sessions where organisation_id = $1", organisation_id
            )
            for table in ("users", "rooms", "offices"):
                await connection.execute(
                    f"update {table} set removed_at = $2 where organisation_id = $1 and removed_at is null",
                    organisation_id,
                    now,
                )
            await connection.execute(
                "update integrations set enabled = false, removed_at = $2, revision = revision + 1"
                " where organisation_id = $1 and removed_at is null",
                organisation_id,
                now,
            )
            await record(
                connection,
                organisation_id,
                at=now,
                actor=actor,
                action="organisation.removed",
                subject=f"organisation:{organisation_id}",
            )
        return True

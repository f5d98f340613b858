"""People who may sign in."""

from datetime import datetime
from uuid import UUID

import asyncpg

from pgstore import Connection, Database

from ..domain.accounts import User
from ..domain.caller import Role
from ..domain.refusal import conflict, not_found
from .audit import record

USER = "id, email, role, created_at, oidc_subject is not null as microsoft"


class UserStore:
    """Rows of `users`; the last administrator cannot go."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, organisation_id: UUID) -> list[User]:
        """Everybody, by address."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            rows = await connection.fetch(
                f"select {USER} from users where organisation_id = $1 and removed_at is null order by email",
                organisation_id,
            )
        return [user_of(row) for row in rows]

    async def add(
        self, organisation_id: UUID, user: User, password_hash: str, *, actor: str
    ) -> None:
        """Add one; refuses an address in use without telling by whom."""
        try:
            async with self._database.organisation_transaction(organisation_id) as connection:
                await connection.execute(
                    "insert into users (id, organisation_id, email, password_hash, role, created_at)"
                    " values ($1, $2, $3, $4, $5, $6)",
                    user.id,
                    organisation_id,
                    user.email,
                    password_hash,
                    user.role,
                    user.created_at,
                )
                await record(
                    connection,
                    organisation_id,
                    at=user.created_at,
                    actor=actor,
                    action="user.added",
                    subject=f"user:{user.id}",
                    detail={"role": user.role},
                )
        except asyncpg.UniqueViolationError as error:
            raise conflict("This e-mail address cannot be used.") from error

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
        """Change role or password and end the user's sessions."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            await _keep_an_administrator(connection, organisation_id, user_id, role)
            row = await connection.fetchrow(
                "update users set role = coalesce($3, role), password_hash = coalesce($4, password_hash)"
                f" where organisation_id = $1 and id = $2 and removed_at is null returning {USER}",
                organisation_id,
                user_id,
                role,
                password_hash,
            )
            if row is None:
                raise not_found("user")
            await connection.execute("delete from sessions where user_id = $1", user_id)
            await record(
                connection,
                organisation_id,
                at=now,
                actor=actor,
                action="user.changed",
                subject=f"user:{user_id}",
                detail={"role": role, "password": password_hash is not None},
            )
        return user_of(row)

    async def remove(
        self, organisation_id: UUID, user_id: UUID, *, now: datetime, actor: str
    ) -> None:
        """Remove the user and end their sessions."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            await _keep_an_administrator(connection, organisation_id, user_id, None, removing=True)
            found = await connection.fetchval(
                "update users set removed_at = $3 where organisation_id = $1 and id = $2 and removed_at is null"
                " returning id",
                organisation_id,
                user_id,
                now,
            )
            if found is None:
                raise not_found("user")
            await connection.execute("delete from sessions where user_id = $1", user_id)
            await record(
                connection,
                organisation_id,
                at=now,
                actor=actor,
                action="user.removed",
                subject=f"user:{user_id}",
            )


async def _keep_an_administrator(
    connection: Connection,
    organisation_id: UUID,
    user_id: UUID,
    role: Role | None,
    *,
    removing: bool = False,
) -> None:
    if not removing and role is not Role.MEMBER:
        return
    # Locked in key order, so that two administrators cannot remove each other at one moment.
    rows = await connection.fetch(
        "select id from users where organisation_id = $1 and role = 'administrator' and removed_at is null"
        " order by id for update",
        organisation_id,
    )
    if [row["id"] for row in rows] == [user_id]:
        raise conflict("This is the last administrator: make another one first.")


def user_of(row: "asyncpg.Record") -> User:
    """Return what a row with the columns `USER` says."""
    return User(
        id=row["id"],
        email=row["email"],
        role=Role(row["role"]),
        created_at=row["created_at"],
        microsoft=row["microsoft"],
    )

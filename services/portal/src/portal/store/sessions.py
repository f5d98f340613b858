"""Sessions: only the SHA-256 of a token is stored."""

from datetime import datetime

from pgstore import Connection, Database

from ..domain.accounts import Account
from ..domain.caller import Person, Role
from .audit import record
from .users import USER, user_of


class SessionStore:
    """Rows of `sessions`, and the accounts behind sign-in names."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def person(self, token_hash: bytes, now: datetime) -> Person | None:
        """Whose token this is, while session and user live."""
        async with self._database.statement() as connection:
            organisation_id = await connection.fetchval(
                "select session_organisation($1, $2)", token_hash, now
            )
        if organisation_id is None:
            return None
        async with self._database.organisation_transaction(organisation_id) as connection:
            row = await connection.fetchrow(
                "select u.id, u.role, u.email from sessions s join users u on u.id = s.user_id"
                " where s.token_hash = $1 and s.expires_at > $2 and u.removed_at is null",
                token_hash,
                now,
            )
        if row is None:
            return None
        return Person(organisation_id, row["id"], Role(row["role"]), token_hash, row["email"])

    async def account(self, email: str) -> Account | None:
        """The living account with this sign-in name."""
        async with self._database.transaction() as connection:
            organisation_id = await connection.fetchval("select sign_in_organisation($1)", email)
        if organisation_id is None:
            return None
        async with self._database.organisation_transaction(organisation_id) as connection:
            row = await connection.fetchrow(
                f"select {USER}, password_hash from users where email = $1 and removed_at is null",
                email,
            )
        if row is None:
            return None
        return Account(organisation_id, row["password_hash"], user_of(row))

    async def open(
        self, account: Account, token_hash: bytes, *, now: datetime, expires_at: datetime
    ) -> bool:
        """Store a new session and drop the user's expired ones; False when the account ended or changed meanwhile."""
        async with self._database.organisation_transaction(account.organisation_id) as connection:
            living = await connection.fetchval(
                "select id from users where id = $1 and removed_at is null and password_hash = $2 for share",
                account.user.id,
                account.password_hash,
            )
            if living is None:
                return False
            await open_session(
                connection, account, token_hash, now=now, expires_at=expires_at, how="password"
            )
        return True

    async def close(self, person: Person, now: datetime) -> None:
        """End the session at once."""
        async with self._database.organisation_transaction(person.organisation_id) as connection:
            await connection.execute(
                "delete from sessions where token_hash = $1", person.token_hash
            )
            await record(
                connection,
                person.organisation_id,
                at=now,
                actor=person.actor,
                action="session.closed",
                subject=person.actor,
            )


async def open_session(
    connection: Connection,
    account: Account,
    token_hash: bytes,
    *,
    now: datetime,
    expires_at: datetime,
    how: str,
) -> None:
    """Store a new session inside the caller's transaction, which holds the living user; drop the expired ones."""
    await connection.execute(
        "delete from sessions where user_id = $1 and expires_at <= $2", account.user.id, now
    )
    await connection.execute(
        "insert into sessions (token_hash, organisation_id, user_id, created_at, expires_at)"
        " values ($1, $2, $3, $4, $5)",
        token_hash,
        account.organisation_id,
        account.user.id,
        now,
        expires_at,
    )
    await record(
        connection,
        account.organisation_id,
        at=now,
        actor=f"user:{account.user.id}",
        action="session.opened",
        subject=f"user:{account.user.id}",
        detail={"how": how},
    )

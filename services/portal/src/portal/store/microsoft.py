"""People who sign in with Microsoft: linked once, then known by issuer and subject."""

from datetime import datetime
from uuid import UUID

import asyncpg

from graphclient import Identity
from pgstore import Connection, Database

from ..domain.accounts import Account
from ..domain.microsoft import address_of
from .audit import record
from .sessions import open_session
from .users import USER, user_of

_LINKED = f"""
    select {USER}, password_hash from users
    where oidc_issuer = $1 and oidc_subject = $2 and removed_at is null for share
"""
# An address alone proves nothing: whoever runs any tenant writes into its tokens what they like ("nOAuth"). It counts
# from the one tenant that this organisation has proven to be its own, by a test of its application there.
_LINK = f"""
    update users u set oidc_issuer = $1, oidc_subject = $2
    where u.email = $3 and u.removed_at is null and u.oidc_subject is null and exists (
        select from integrations i
        where i.organisation_id = u.organisation_id and i.tenant_id = $4 and i.removed_at is null
            and i.test_result -> 'result' -> 'ok' = 'true')
    returning {USER}, password_hash
"""


class LinkedStore:
    """Rows of `users` by subject, and the sessions opened for them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def admit(
        self, who: Identity, token_hash: bytes, *, now: datetime, expires_at: datetime
    ) -> Account | None:
        """Open a session for whom this subject is linked to, or is now; None for nobody."""
        arguments = (who, token_hash, now, expires_at)
        return (
            await self._known(*arguments)
            or await self._linked(*arguments)
            or await self._known(*arguments)  # linked by another request at this moment
        )

    async def _known(
        self, who: Identity, token_hash: bytes, now: datetime, expires_at: datetime
    ) -> Account | None:
        async with self._database.transaction() as connection:
            organisation_id = await connection.fetchval(
                "select subject_organisation($1, $2)", who.issuer, who.subject
            )
        if organisation_id is None:
            return None
        async with self._database.organisation_transaction(organisation_id) as connection:
            row = await connection.fetchrow(_LINKED, who.issuer, who.subject)
            if row is None:
                return None
            return await _opened(connection, organisation_id, row, token_hash, now, expires_at)

    async def _linked(
        self, who: Identity, token_hash: bytes, now: datetime, expires_at: datetime
    ) -> Account | None:
        address = address_of(who.preferred_username)
        if address is None:
            return None
        async with self._database.transaction() as connection:
            organisation_id = await connection.fetchval("select sign_in_organisation($1)", address)
        if organisation_id is None:
            return None
        async with self._database.organisation_transaction(organisation_id) as connection:
            row = await connection.fetchrow(_LINK, who.issuer, who.subject, address, who.tenant_id)
            if row is None:
                return None
            await record(
                connection,
                organisation_id,
                at=now,
                actor=f"user:{row['id']}",
                action="user.linked",
                subject=f"user:{row['id']}",
                detail={"how": "microsoft", "tenant_id": str(who.tenant_id)},
            )
            return await _opened(connection, organisation_id, row, token_hash, now, expires_at)


async def _opened(
    connection: Connection,
    organisation_id: UUID,
    row: "asyncpg.Record",
    token_hash: bytes,
    now: datetime,
    expires_at: datetime,
) -> Account:
    account = Account(organisation_id, row["password_hash"], user_of(row))
    await open_session(
        connection, account, token_hash, now=now, expires_at=expires_at, how="microsoft"
    )
    return account

"""The sealed secrets of an organisation, and whether they work."""

from datetime import datetime, timedelta
from uuid import UUID

from pgstore import Connection, Database

from .messages import say

RETRY_CREDENTIALS = timedelta(hours=1)

_REJECTED = """
update credential_watch set failing_since = coalesce(failing_since, $2), failing_code = $3, failing_revision = $4,
    retry_at = $5, said = 'failing'
where organisation_id = $1
"""

_ACCEPTED = """
update credential_watch set failing_since = null, failing_code = null, failing_revision = null, retry_at = null,
    said = 'ok'
where organisation_id = $1 and (failing_since is not null or said is distinct from 'ok')
"""


class CredentialStore:
    """Reads what the portal sealed, writes down in `credential_watch` what Microsoft says to it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sealed_secrets(self, organisation_id: UUID) -> list[bytes]:
        """The envelope, and while it may still be needed the one before it; newest first, none without any."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            row = await connection.fetchrow(
                "select sealed_secret, sealed_former from credentials where organisation_id = $1",
                organisation_id,
            )
        return [sealed for sealed in row or () if sealed is not None]

    async def rejected(
        self, organisation_id: UUID, revision: int, code: str, now: datetime
    ) -> None:
        """Nothing of this organisation is claimed before an hour has passed, unless its revision changes.

        Said once, however often it is found; what is found of an older revision counts no more.
        """
        async with self._database.organisation_transaction(organisation_id) as connection:
            if not await _is_current(connection, organisation_id, revision):
                return
            await connection.execute(
                "insert into credential_watch (organisation_id) values ($1) on conflict do nothing",
                organisation_id,
            )
            said = await _said(connection, organisation_id)
            await connection.execute(
                _REJECTED, organisation_id, now, code, revision, now + RETRY_CREDENTIALS
            )
            if said != "failing":
                await say(connection, organisation_id, "failing", now, code=code)

    async def accepted(self, organisation_id: UUID, now: datetime) -> None:
        """The credentials work (again): said once."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            said = await _said(connection, organisation_id)
            done = await connection.execute(_ACCEPTED, organisation_id)
            if done == "UPDATE 1" and said != "ok":
                await say(connection, organisation_id, "ok", now)


async def _is_current(connection: Connection, organisation_id: UUID, revision: int) -> bool:
    found = await connection.fetchval(
        "select revision from integrations where organisation_id = $1", organisation_id
    )
    return bool(found == revision)


async def _said(connection: Connection, organisation_id: UUID) -> str | None:
    said: str | None = await connection.fetchval(
        "select said from credential_watch where organisation_id = $1 for update", organisation_id
    )
    return said

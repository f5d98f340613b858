"""The sealed secret of an organisation, and what is known of whether it works."""

from datetime import datetime, timedelta
from uuid import UUID

from pgstore import Database

_REJECTED = """
insert into credential_watch as w (organisation_id, failing_since, failing_code, failing_revision, retry_at)
values ($1, $2, $3, $4, $5)
on conflict (organisation_id) do update set
    failing_since = coalesce(w.failing_since, excluded.failing_since), failing_code = excluded.failing_code,
    failing_revision = excluded.failing_revision, retry_at = excluded.retry_at
"""

_ACCEPTED = """
update credential_watch set failing_since = null, failing_code = null, failing_revision = null, retry_at = null
where organisation_id = $1 and failing_since is not null
"""

RETRY_CREDENTIALS = timedelta(hours=1)


class CredentialStore:
    """The sealed secret of an organisation, and whether its credentials work."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sealed_secret(self, organisation_id: UUID) -> bytes | None:
        """The envelope, None where the organisation has none."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            sealed: bytes | None = await connection.fetchval(
                "select sealed_secret from credentials where organisation_id = $1", organisation_id
            )
        return sealed

    async def rejected(
        self, organisation_id: UUID, revision: int, code: str, now: datetime
    ) -> None:
        """Nothing of this organisation is claimed before an hour has passed, unless its revision changes."""
        async with self._database.transaction() as connection:
            await connection.execute(
                _REJECTED, organisation_id, now, code, revision, now + RETRY_CREDENTIALS
            )

    async def accepted(self, organisation_id: UUID) -> None:
        """The credentials work again."""
        async with self._database.transaction() as connection:
            await connection.execute(_ACCEPTED, organisation_id)

"""The sealed secret of an organisation."""

from uuid import UUID

from pgstore import Database


class CredentialStore:
    """Reads `credentials`, which the portal writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sealed_secret(self, organisation_id: UUID) -> bytes | None:
        """The envelope, None where the organisation has none."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            sealed = await connection.fetchval(
                "select sealed_secret from credentials where organisation_id = $1", organisation_id
            )
        return sealed if isinstance(sealed, bytes) else None

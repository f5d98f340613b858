"""The sealed secrets of an organisation."""

from uuid import UUID

from pgstore import Database


class CredentialStore:
    """Reads `credentials`, which the portal writes."""

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

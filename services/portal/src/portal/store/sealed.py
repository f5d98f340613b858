"""What the keys have sealed, for the keys' rotation: found over all organisations, opened in each one's own."""

from datetime import datetime
from uuid import UUID

from pgstore import Database

from ..domain.sealed import Sealed


class SealedStore:
    """The sealed columns of `credentials`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def to_tend(self, prefix: bytes, now: datetime, *, after: UUID, most: int) -> list[UUID]:
        """Organisations with something that does not begin with `prefix`, or with a secret kept past its time."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(
                "select * from credentials_to_tend($1, $2, $3, $4)", prefix, now, after, most
            )
        return [row[0] for row in rows]

    async def sealed_otherwise(self, prefix: bytes) -> int:
        """How many organisations have something that does not begin with `prefix`."""
        async with self._database.transaction() as connection:
            count: int = await connection.fetchval(
                "select credentials_sealed_otherwise($1)", prefix
            )
        return count

    async def sealed(self, organisation_id: UUID, now: datetime) -> Sealed | None:
        """What is sealed, without a secret kept past its time; None for an organisation without any."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            row = await connection.fetchrow(
                "select sealed_secret, case when former_until > $2 then sealed_former end, sealed_chat_webhook"
                " from credentials where organisation_id = $1",
                organisation_id,
                now,
            )
        return Sealed(*row) if row is not None else None

    async def replace(self, organisation_id: UUID, old: Sealed, new: Sealed) -> bool:
        """Write what was sealed anew; False if somebody saved something else meanwhile."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            done = await connection.execute(
                "update credentials set sealed_secret = $5, sealed_former = $6, sealed_chat_webhook = $7,"
                " former_until = case when $6::bytea is not null then former_until end"
                " where organisation_id = $1 and sealed_secret = $2"
                " and ($3::bytea is null or sealed_former = $3) and sealed_chat_webhook is not distinct from $4",
                organisation_id,
                old.secret,
                old.former,
                old.chat_webhook,
                new.secret,
                new.former,
                new.chat_webhook,
            )
        return done == "UPDATE 1"

"""What is still to be said of credentials: rows with a due time, in order per organisation and way."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pgstore import Connection, Database

from ..domain.message import Kind, Owed

_LEASE: Final = timedelta(minutes=1)

_SAY: Final = """
insert into integration_messages (organisation_id, way, kind, at, code, expires_at, days, due_at)
select $1, way, $2, $3, $4, $5, $6, $3 from unnest(array['events', 'chat']) as way
where way = 'events'
    or exists (select from credentials where organisation_id = $1 and sealed_chat_webhook is not null)
"""

# Only the oldest of each organisation and way: what is said later overtakes nothing.
_CLAIM: Final = """
with due as (
    select m.number from integration_messages m
    where m.due_at <= $1 and not exists (
        select from integration_messages o
        where o.organisation_id = m.organisation_id and o.way = m.way and o.number < m.number)
    order by m.due_at limit $3
    for update of m skip locked
)
update integration_messages m set due_at = $2, attempts = m.attempts + 1 from due where m.number = due.number
returning m.number, m.organisation_id, m.way, m.kind, m.at, m.code, m.expires_at, m.days, m.attempts
"""


async def say(
    connection: Connection,
    organisation_id: UUID,
    kind: Kind,
    at: datetime,
    *,
    code: str | None = None,
    expires_at: datetime | None = None,
    days: int | None = None,
) -> None:
    """Owe it to the platform and, where there is one, to the chat, and put it on record: in the caller's transaction."""
    await connection.execute(_SAY, organisation_id, kind, at, code, expires_at, days)
    detail = {"code": code, "days": days, "expires_at": expires_at and expires_at.isoformat()}
    await connection.execute(
        "insert into audit (organisation_id, at, actor, action, subject, detail) values ($1, $2, $3, $4, $5, $6)",
        organisation_id,
        at,
        "subscription-manager",
        f"integration.{kind}",
        f"organisation:{organisation_id}",
        {name: value for name, value in detail.items() if value is not None},
    )


class MessageStore:
    """Rows of `integration_messages`; a dead claimant's come back after a minute."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, now: datetime, most: int) -> list[Owed]:
        """Up to `most` that are due, ours for a minute."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_CLAIM, now, now + _LEASE, most)
        return [Owed(**dict(row)) for row in rows]

    async def done(self, owed: Owed) -> None:
        """It was said, or never will be."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "delete from integration_messages where number = $1", owed.number
            )

    async def postpone(self, owed: Owed, until: datetime) -> None:
        """It could not be said: not before this time again."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "update integration_messages set due_at = $2 where number = $1", owed.number, until
            )

    async def chat_webhook(self, organisation_id: UUID) -> bytes | None:
        """The sealed address of the organisation's chat, None without one."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            sealed: bytes | None = await connection.fetchval(
                "select sealed_chat_webhook from credentials where organisation_id = $1",
                organisation_id,
            )
        return sealed

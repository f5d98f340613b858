"""Who changed what: written in the transaction of the change, read by administrators."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pgstore import Connection, Database

from ..domain.accounts import AuditEntry, OperatorNote


async def record(
    connection: Connection,
    organisation_id: UUID,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Add one line inside the caller's transaction; `detail` holds ids and switches, never secrets."""
    await connection.execute(
        "insert into audit (organisation_id, at, actor, action, subject, detail) values ($1, $2, $3, $4, $5, $6)",
        organisation_id,
        at,
        actor,
        action,
        subject,
        dict(detail or {}),
    )


class AuditStore:
    """The audit of one organisation, newest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def entries(
        self, organisation_id: UUID, *, before: int | None, limit: int
    ) -> list[AuditEntry]:
        """Lines older than the id `before`."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            rows = await connection.fetch(
                "select id, at, actor, action, subject, detail from audit"
                " where organisation_id = $1 and ($2::bigint is null or id < $2) order by id desc limit $3",
                organisation_id,
                before,
                limit,
            )
        return [AuditEntry(**dict(row)) for row in rows]

    async def note_operator(self, organisation_id: UUID, *, at: datetime, call: str) -> None:
        """Put a call of the operator inside an organisation on record."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            await record(
                connection,
                organisation_id,
                at=at,
                actor="operator",
                action="operator.called",
                subject=call,
            )

    async def deployment_entries(self, *, before: int | None, limit: int) -> list[AuditEntry]:
        """What is about no organisation, older than the id `before`."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(
                "select id, at, actor, action, subject, detail from audit"
                " where organisation_id is null and ($1::bigint is null or id < $1) order by id desc limit $2",
                before,
                limit,
            )
        return [AuditEntry(**dict(row)) for row in rows]

    async def note_deployment(self, note: OperatorNote, *, at: datetime) -> AuditEntry:
        """Put on record what the operator does outside any organisation."""
        async with self._database.transaction() as connection:
            [row] = await connection.fetch(
                "insert into audit (organisation_id, at, actor, action, subject, detail)"
                " values (null, $1, 'operator', $2, 'queue:dead-letters', $3)"
                " returning id, at, actor, action, subject, detail",
                at,
                note.action,
                {"messages": note.messages},
            )
        return AuditEntry(**dict(row))

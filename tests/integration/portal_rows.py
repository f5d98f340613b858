"""What the worker writes, written for it: the portal reads it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pgstore import Role, open_database

from .portal_scene import House, Scene

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)

Statement = tuple[str, tuple[Any, ...]]


def sql(text: str, *values: Any) -> Statement:
    """A statement whose first two parameters are the organisation and the room."""
    return text, values


async def write(scene: Scene, house: House, *statements: Statement) -> None:
    async with (
        open_database(scene.database.login_dsn, Role.WORKER) as worker,
        worker.organisation_transaction(house.id) as connection,
    ):
        for statement, values in statements:
            await connection.execute(statement, house.id, house.room, *values)


def at(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def journal(
    booking: UUID, when: datetime, entry: str, version: int | None, **detail: Any
) -> Statement:
    return sql(
        "insert into journal (organisation_id, room_id, booking_id, at, entry, version, detail)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        booking,
        when,
        entry,
        version,
        detail,
    )


def command(booking: UUID, outcome: str, reason: str | None = None) -> Statement:
    return sql(
        "insert into commands (organisation_id, room_id, source, id, kind, booking_id, sequence, data, received_at,"
        " outcome, reason, decided_at, sent_at)"
        " values ($1, $2, 'platform', 'c1', 'book', $3, 1, $4, $5, $6, $7, $8, $9)",
        booking,
        {"subject": "Secret plans"},
        at(0),
        outcome,
        reason,
        at(5),
        at(6),
    )

"""Rows of `commands`, from and to values."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from contracts.commands import Book, Cancel, Change, Command, Resync
from contracts.events import Alternative, CommandResult

from ..domain.command import Asked, Key, booking_of
from .rows import Fields

_ORDERS: Final[dict[str, type[Command]]] = {
    "book": Book,
    "change": Change,
    "cancel": Cancel,
    "resync": Resync,
}

# The first result stands: a command has exactly one.
RESULT: Final = """
update commands c set outcome = g.outcome, reason = g.reason, explanation = g.explanation, version = g.version,
    alternatives = g.alternatives::jsonb, decided_at = g.decided_at
from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::timestamptz[])
    as g(source, id, outcome, reason, explanation, version, alternatives, decided_at)
where c.organisation_id = $1 and c.source = g.source and c.id = g.id and c.outcome is null
"""


def result_parameters(
    results: Sequence[tuple[Key, CommandResult, datetime]],
) -> tuple[list[object], ...]:
    """The arrays that RESULT takes after the organisation, in key order."""
    rows = sorted(results, key=lambda each: (each[0].source, each[0].id))
    return (
        [key.source for key, _, _ in rows],
        [key.id for key, _, _ in rows],
        [result.outcome for _, result, _ in rows],
        [result.reason for _, result, _ in rows],
        [result.text for _, result, _ in rows],
        [result.version for _, result, _ in rows],
        [_alternatives(result) for _, result, _ in rows],
        [at for _, _, at in rows],
    )


def _alternatives(result: CommandResult) -> str:
    given = [each.model_dump(mode="json") for each in result.alternatives]
    return msgspec.json.encode(given).decode()


def asked_of(row: Fields) -> Asked:
    """The command a row holds, with its result if it has one."""
    order = _ORDERS[row["kind"]].model_validate_json(msgspec.json.encode(row["data"]))
    key = Key(row["source"], row["id"])
    if row["outcome"] is None:
        return Asked(key, order, _moment(row["received_at"]), for_room=_id(row["for_room"]))
    result = CommandResult(
        command_id=key.id,
        command_source=key.source,
        outcome=row["outcome"],
        booking_id=booking_of(order),
        room_id=order.room_id if isinstance(order, (Book, Resync)) else _id(row["room_id"]),
        version=row["version"],
        reason=row["reason"],
        text=row["explanation"],
        alternatives=tuple(
            Alternative.model_validate_json(msgspec.json.encode(each))
            for each in row["alternatives"]
        ),
    )
    return Asked(
        key,
        order,
        _moment(row["received_at"]),
        _moment(row["decided_at"]),
        result,
        _id(row["for_room"]),
    )


def _moment(value: datetime | str) -> datetime:
    """A time as the driver or as JSON gives it."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def _id(value: UUID | str | None) -> UUID | None:
    return UUID(value) if isinstance(value, str) else value

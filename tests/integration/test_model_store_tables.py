"""Every column of every table, the database's beside the model's."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

import asyncpg
import msgspec

from tests.simulation import store as model

# What is not compared, and why. Any other table or column that appears in the database must appear in the model.
OTHER_TABLES: Final = {
    "integration_messages": "the credential watch's, which is not modelled",
    "audit": "for people, written by the portal",
    "office_plans": "the portal's alone",
    "schema_migrations": "the schema's own",
    "sessions": "the portal's alone",
    "users": "the portal's alone",
}
PORTALS: Final = {
    "credentials",
    "integrations",
    "offices",
    "organisations",
    "rooms",
}  # nobody else may write there
_OTHER_COLUMNS: Final = {
    "conflicts": {"id"},  # an identity: also counts what was never written
    "credential_watch": {
        "epoch",
        "lease_until",
        "looked_at",
        "warned_days",
        "warned_for",
        "watched_revision",
    },  # the credential watch's, which is not modelled
    "integrations": {
        "tested_at",
        "test_result",
    },  # what Test Settings showed, for the portal's pages
    "journal": {"id"},  # as conflicts.id
    "rooms": {"building", "floor"},  # for the portal's pages
}

Records: TypeAlias = dict[tuple[object, ...], list[dict[str, Any]]]

_SPECIAL: Final = {
    "call_at", "due_at", "lease_until", "list_at", "not_before", "pending", "sweep_at",
}  # fmt: skip
_KEYS: Final = {
    "bookings": ("room_id", "id"),
    "commands": ("organisation_id", "source", "id"),
    "conflicts": ("room_id", "kind", "booking_id", "other_id", "command_id", "at", "cleared_at"),
    "credential_watch": ("organisation_id",),
    "credentials": ("organisation_id",),
    "integrations": ("organisation_id",),
    "intents": ("room_id", "id"),
    "journal": ("room_id", "booking_id", "at", "entry", "version"),
    "offices": ("id",),
    "organisations": ("id",),
    "plan_lines": ("room_id", "number"),
    "room_sync": ("room_id",),
    "rooms": ("id",),
    "slot_holds": ("room_id", "booking_id"),
    "stray_commands": ("organisation_id", "source", "command_id"),
    "subscription_tenants": ("organisation_id",),
    "subscriptions": ("room_id",),
}


async def compare_tables(
    server: "asyncpg.Connection[asyncpg.Record]",
    tables: model.Tables,
    after: str,
    names: Sequence[str],
) -> None:
    """All these tables in one round trip, their rows as composites; raises AssertionError where they differ."""
    whole = ", ".join(f"array(select t from {each} t) as {each}" for each in names)  # noqa: S608  # names of tables
    real = await server.fetchrow(f"select {whole}")
    assert real is not None
    modelled = model.content(tables, names)
    for name in names:
        theirs, mine = _by_key(name, real[name]), _by_key(name, modelled[name])
        if mine != theirs:
            raise AssertionError(f"{name} after {after}: {_difference(mine, theirs)}")


def _by_key(table: str, rows: Iterable[Mapping[str, Any]]) -> Records:
    """The compared columns of each row, by its key."""
    other: set[str] = _OTHER_COLUMNS.get(table, set())
    keys = _KEYS[table]
    found: Records = {}
    for row in rows:
        record = dict(row)
        for name in other & record.keys():
            del record[name]
        for name in _SPECIAL & record.keys():
            record[name] = _comparable(record[name])
        found.setdefault(tuple(record[name] for name in keys), []).append(record)
    for group in found.values():
        if len(group) > 1:
            group.sort(key=lambda record: str(record.get("detail")))
    return found


def _comparable(value: Any) -> Any:
    """The driver's infinity has no zone; what a hint does not say yet may be left out of it."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value
    if isinstance(value, list):
        return [{key: each[key] for key in each if each[key] not in (None, 0)} for each in value]
    return value


def _difference(mine: Records, real: Records) -> str:
    """Row by row the columns that differ: the model's value, then the database's."""
    told: list[str] = []
    for key in mine.keys() | real.keys():
        one, other = mine.get(key, []), real.get(key, [])
        if len(one) != len(other):
            told.append(
                f"{key}: {len(one)} in the model, {len(other)} in the database: {one or other}"
            )
            continue
        for left, right in zip(one, other, strict=True):
            names = [each for each in left | right if left.get(each, "-") != right.get(each, "-")]
            pairs = {
                each: (left.get(each, "lacking"), right.get(each, "lacking")) for each in names
            }
            told.extend([f"{key}: {pairs}"] if pairs else [])
    return "\n".join(told)


async def superuser(server_dsn: str, database: str) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection that sees every organisation's rows, json decoded as the services decode it."""
    connection = await asyncpg.connect(server_dsn, database=database)
    # Binary, since only so they can be part of a row.
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + msgspec.json.encode(value),
        decoder=lambda value: msgspec.json.decode(value[1:]),
        format="binary",
    )
    return connection

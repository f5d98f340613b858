"""The tables as `select *` shows them: column by column, json as the driver decodes it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any, Final, TypeAlias
from uuid import UUID

import msgspec

from sync_worker.domain.booking import Row
from sync_worker.domain.command import kind_of
from sync_worker.domain.intent import Intent

from .orders import Kept
from .tables import Planned, RoomSync, Subscription, Tables

Record: TypeAlias = dict[str, Any]


def content(tables: Tables, names: Iterable[str]) -> dict[str, list[Record]]:
    """The rows of these tables by column, in no order."""
    return {name: list(_READ[name](tables)) for name in names}


def _columns(row: object) -> Record:
    return {each.name: getattr(row, each.name) for each in fields(row)}  # type: ignore[arg-type] # any dataclass of the tables


def _room_sync(tables: Tables) -> Iterator[Record]:
    for sync in tables.room_sync.values():
        yield _sync(sync)


def _sync(sync: RoomSync) -> Record:
    record = _columns(sync)
    del record["state"]
    held = _columns(sync.state)
    for name in ("brake", "lacking", "notices"):
        held[name] = _json(held[name])
    return record | held | {"pending": _json(sync.pending), "lags": list(sync.state.lags)}


def _bookings(tables: Tables) -> Iterator[Record]:
    for organisation_id, room_id, row in _of_rooms(tables, tables.bookings):
        yield {"organisation_id": organisation_id, "room_id": room_id} | _booking(row)


def _booking(row: Row) -> Record:
    record = _columns(row)
    del record["conflicted"]
    lists = {name: list(getattr(row, name)) for name in ("seen_etags", "flips", "past_etags")}
    slot = row.occupied if row.all_day else None
    occupied = {
        "occupied_from": slot.starts if slot else None,
        "occupied_until": slot.ends if slot else None,
    }
    return record | {"status": row.status} | lists | occupied


def _commands(tables: Tables) -> Iterator[Record]:
    for kept in tables.commands:
        yield _command(kept) | _result(kept)


def _command(kept: Kept) -> Record:
    asked = kept.asked
    return {
        "organisation_id": kept.organisation_id,
        "source": asked.key.source,
        "id": asked.key.id,
        "kind": kind_of(asked.order),
        "room_id": kept.room_id,
        "booking_id": kept.booking_id,
        "sequence": asked.sequence,
        "data": asked.order.model_dump(mode="json"),
        "not_after": asked.order.not_after,
        "received_at": asked.received_at,
        "decided_at": asked.decided_at,
        "sent_at": kept.sent_at,
        "for_room": asked.for_room,
    }


def _result(kept: Kept) -> Record:
    result = kept.asked.result
    return {
        "outcome": result.outcome if result else None,
        "reason": result.reason if result else None,
        "explanation": result.text if result else "",
        "version": result.version if result else None,
        "alternatives": [each.model_dump(mode="json") for each in result.alternatives]
        if result
        else [],
    }


def _strays(tables: Tables) -> Iterator[Record]:
    for (organisation_id, key), stray in tables.stray_commands.items():
        name = {"organisation_id": organisation_id, "source": key.source, "command_id": key.id}
        yield name | _columns(stray)


def _intents(tables: Tables) -> Iterator[Record]:
    for organisation_id, room_id, intent in _of_rooms(tables, tables.intents):
        yield {"organisation_id": organisation_id, "room_id": room_id} | _intent(intent)


def _intent(intent: Intent) -> Record:
    record = _columns(intent)
    command = record.pop("command")
    return record | {
        "source": command.source if command else None,
        "command_id": command.id if command else None,
        "content": _json(intent.content),
        "base": _json(intent.base),
    }


def _holds(tables: Tables) -> Iterator[Record]:
    for room_id, holds in tables.slot_holds.items():
        for hold in holds.values():
            yield {
                "organisation_id": tables.rooms[room_id].organisation_id,
                "room_id": room_id,
                "booking_id": hold.booking_id,
                "starts": hold.slot.starts,
                "ends": hold.slot.ends,
                "series_id": hold.series_id,
            }


def _plans(tables: Tables) -> Iterator[Record]:
    for plan in tables.plan_lines.values():
        yield from map(_planned, plan)


def _planned(planned: Planned) -> Record:
    record = _columns(planned)
    line = _columns(record.pop("line"))
    line["explanation"] = line.pop("text")
    return record | line


def _subscriptions(tables: Tables) -> Iterator[Record]:
    for held in tables.subscriptions.values():
        yield _subscription(held)


def _subscription(held: Subscription) -> Record:
    return _columns(held.row) | {"lease_until": held.lease_until}


def _of_rooms(
    tables: Tables, rows: Mapping[UUID, Mapping[UUID, Any]]
) -> Iterator[tuple[UUID, UUID, Any]]:
    for room_id, group in rows.items():
        for row in group.values():
            yield tables.rooms[room_id].organisation_id, room_id, row


def _plain(name: str) -> Callable[[Tables], Iterator[Record]]:
    def read(tables: Tables) -> Iterator[Record]:
        rows = getattr(tables, name)
        yield from map(_columns, rows if isinstance(rows, list) else rows.values())

    return read


def _json(value: object) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


_READ: Final = {
    **{
        name: _plain(name)
        for name in (
            "organisations", "integrations", "credentials", "offices", "rooms", "journal",
            "conflicts", "credential_watch", "subscription_tenants",
        )
    },
    "room_sync": _room_sync,
    "bookings": _bookings,
    "commands": _commands,
    "stray_commands": _strays,
    "intents": _intents,
    "slot_holds": _holds,
    "plan_lines": _plans,
    "subscriptions": _subscriptions,
}  # fmt: skip

TABLES: Final = frozenset(_READ)
"""The names of all tables of the model."""

"""The one result of a command."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from contracts.commands import Book, Resync
from contracts.events import CommandResult
from sync_worker.domain.command import Key

from .orders import Kept
from .tables import Stray, Tables


def decide(
    tables: Tables, organisation_id: UUID, key: Key, result: CommandResult, now: datetime
) -> None:
    """Keep the result, unless there is one: the first stands."""
    kept = tables.commands.get(organisation_id, key)
    if kept is None or kept.asked.result is not None:
        return
    named = {
        "command_id": key.id,
        "command_source": key.source,
        "booking_id": kept.booking_id,
        "room_id": _room_of(kept),
    }
    kept.asked = replace(kept.asked, result=result.model_copy(update=named), decided_at=now)


def stray(tables: Tables, organisation_id: UUID, key: Key, now: datetime) -> None:
    """Leave the command to whoever looks after strays; who holds it keeps it."""
    held = tables.stray_commands.setdefault((organisation_id, key), Stray(now))
    held.due_at = now


def _room_of(kept: Kept) -> UUID | None:
    order = kept.asked.order
    return order.room_id if isinstance(order, Book | Resync) else kept.room_id

"""A command as the holder of its room runs it, and the one result it ends with (design §4.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID, uuid5

from contracts.commands import Book, Cancel, Change, Command, Resync
from contracts.events import Alternative, CommandResult, RejectionReason
from contracts.identity import NAMESPACE

Kind = Literal["book", "change", "cancel", "resync"]

_UNKNOWN_WAITS: Final = timedelta(seconds=60)  # for the command that makes the booking to arrive

ROOM_UNKNOWN: Final = "There is no such room, or it is no longer connected."
INTEGRATION_OFF: Final = "The Office 365 integration is switched off."

_KINDS: Final[dict[type[Command], Kind]] = {
    Book: "book",
    Change: "change",
    Cancel: "cancel",
    Resync: "resync",
}


@dataclass(frozen=True, slots=True)
class Key:
    """What names a command: CloudEvents `source` and `id`."""

    source: str
    id: str

    def result_id(self) -> UUID:
        """The id of the message with its result: a repeat of the message repeats the id."""
        return uuid5(NAMESPACE, f"commands/{self.source}/{self.id}/result")


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that was received; `result` once it is decided, then only its message is owed."""

    key: Key
    order: Command
    received_at: datetime
    decided_at: datetime | None = None
    result: CommandResult | None = None
    for_room: UUID | None = None  # asked by this room's holder, who alone is told the result

    @property
    def booking_id(self) -> UUID | None:
        """The booking it is about; None for a resync."""
        return booking_of(self.order)

    @property
    def sequence(self) -> int:
        """Its place among the commands of its source for its booking."""
        return 0 if isinstance(self.order, Resync) else self.order.sequence

    def expired(self, now: datetime) -> bool:
        """Whether its sender no longer wants it begun."""
        return self.order.not_after is not None and self.order.not_after < now


def kind_of(order: Command) -> Kind:
    """The word for it."""
    return _KINDS[type(order)]


def booking_of(order: Command) -> UUID | None:
    """The booking an order is about; None for a resync."""
    return None if isinstance(order, Resync) else order.booking_id


def accepted(asked: Asked, room_id: UUID) -> CommandResult:
    """The result of a command that is done; the commit that writes it adds the booking's version."""
    return CommandResult(
        command_id=asked.key.id,
        command_source=asked.key.source,
        outcome="accepted",
        booking_id=asked.booking_id,
        room_id=room_id,
    )


def rejected(
    asked: Asked,
    room_id: UUID | None,
    reason: RejectionReason,
    text: str,
    alternatives: Sequence[Alternative] = (),
) -> CommandResult:
    """The result of a command that will not be done."""
    return CommandResult(
        command_id=asked.key.id,
        command_source=asked.key.source,
        outcome="rejected",
        booking_id=asked.booking_id,
        room_id=room_id,
        reason=reason,
        text=text,
        alternatives=tuple(alternatives),
    )


def unplaced(asked: Asked, now: datetime) -> CommandResult | None:
    """The result of a command for what nobody has booked; None as long as it may still be booked."""
    if asked.expired(now):
        return rejected(asked, None, "expired", "The command was not to be begun so late.")
    if now - asked.received_at < _UNKNOWN_WAITS:
        return None
    return rejected(asked, None, "unknown_booking", "There is no booking with this id.")

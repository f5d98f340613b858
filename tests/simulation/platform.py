"""The booking platform: keeps the newest state of each booking and the result of each command, and sends commands."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from contracts.commands import Command, encode_command
from contracts.events import Booking, CommandResult, RoomSynced, decode_event
from contracts.routing import COMMANDS, SYNC_COMMANDS

from .broker import Broker
from .journal import Journal
from .ledger import Affair, Edit, When

Place = tuple[UUID, UUID]
"""Room and booking: what the subject of a message names."""


def shown_at(booking: Booking) -> When:
    """When it is on the platform: nobody asks to move it there."""
    return When(booking.start, booking.end)


@dataclass(slots=True)
class Platform:
    """Receives everything at least once and in any order."""

    journal: Journal
    clock: Callable[[], datetime]
    newest: dict[Place, Booking] = field(default_factory=dict)
    told: dict[tuple[UUID, UUID, int], Booking] = field(default_factory=dict)
    results: dict[str, CommandResult] = field(default_factory=dict)
    decided_at: dict[str, float] = field(default_factory=dict)
    organisations: dict[UUID, set[UUID]] = field(default_factory=dict)
    synced: set[UUID] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    """Promises broken at the moment a message came."""
    messages: int = 0
    last_news_at: float = 0.0

    def receive(self, body: bytes, key: str) -> None:
        """One message of `clearooms.events`."""
        event = decode_event(body)
        data = event.data
        self.messages += 1
        match data:
            case Booking():
                self.organisations.setdefault(data.room_id, set()).add(event.organisationid)
                self._booking(data, key)
            case CommandResult():
                self._result(data)
            case RoomSynced():
                self.synced.add(data.room_id)
                self.journal.note("platform", f"{key} {data.room_id}")
            case _:
                self.journal.note("platform", key)

    def _booking(self, data: Booking, key: str) -> None:
        same = self.told.setdefault((data.room_id, data.id, data.version), data)
        if same != data:
            self.broken.append(f"version {data.version} of {data.id} was told in two ways")
        place = (data.room_id, data.id)
        known = self.newest.get(place)
        if known is None or known.version < data.version:
            self.newest[place] = data
            self.last_news_at = self.journal.now()
            when = f"{data.start:%d %H:%M}-{data.end:%H:%M}"
            self.journal.note(
                "platform",
                f"{key} {data.id} v{data.version} {data.room_id} {when} '{data.subject}'",
            )

    def _result(self, data: CommandResult) -> None:
        known = self.results.setdefault(data.command_id, data)
        if (known.outcome, known.reason, known.version) != (
            data.outcome,
            data.reason,
            data.version,
        ):
            self.broken.append(f"command {data.command_id} has two results")
        if known is data:
            self.decided_at[data.command_id] = self.journal.now()
            self.last_news_at = self.journal.now()
            self.journal.note(
                "platform",
                f"{data.outcome} {data.command_id} {data.reason or ''} {data.booking_id} {data.text}",
            )

    def accepted(self, edit: Edit | None) -> bool:
        """Whether it was done as asked."""
        result = self.results.get(edit.command_id or "") if edit else None
        return result is not None and result.outcome == "accepted"

    def identify(self, affairs: Iterable[Affair]) -> None:
        """Call each affair by the id and the room that it has now: a command may have given it both."""
        for affair in affairs:
            if self.accepted(affair.asking):
                affair.booking_id = affair.ordered
            for edit in affair.edits:
                if edit.room is not None and self.accepted(edit):
                    affair.room_id, affair.mailbox = edit.room

    def living(self, room_id: UUID) -> list[Booking]:
        """What takes place in a room, or will."""
        return [
            each
            for (room, _), each in self.newest.items()
            if room == room_id and each.status != "cancelled"
        ]

    def send(
        self, broker: Broker, organisation_id: UUID, command_id: str, command: Command
    ) -> None:
        """Send a command; the broker has it for good."""
        self.journal.note(
            "platform",
            f"sends {command_id} {type(command).__name__} {getattr(command, 'booking_id', '')}",
        )
        body = encode_command(
            command, organisation_id=organisation_id, source="/platform", time=self.clock(), message_id=command_id
        )  # fmt: skip
        broker.accept(COMMANDS, SYNC_COMMANDS, body, {"command": command_id})

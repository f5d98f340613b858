"""What people order on the platform: each intention as the command that says it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from contracts.commands import Book, Cancel, Change, Person, Scope

from .broker import Broker
from .ledger import Affair, Edit
from .office import Office
from .platform import Platform


class Orders:
    """Counts commands; now and then one must not be begun late."""

    def __init__(
        self,
        platform: Platform,
        broker: Broker,
        offices: Sequence[Office],
        clock: Callable[[], datetime],
        random: Random,
        impatience: float,
    ) -> None:
        self._platform = platform
        self._broker = broker
        self._offices = offices
        self._clock = clock
        self._random = random
        self._impatience = impatience
        self._commands = 0

    def book(self, affair: Affair, edit: Edit, booking_id: UUID, rule: str | None = None) -> None:
        """Ask for it at the time that was wanted last."""
        when = affair.last_wanted()
        self._send(
            affair,
            edit,
            Book(
                booking_id=booking_id,
                room_id=affair.room_id,
                sequence=_next(affair),
                start=when.start,
                end=when.end,
                all_day=affair.all_day,
                subject=edit.subject or "",
                recurrence=rule,
                not_after=self._not_after(edit),
                organizer=Person(name=affair.name, email=affair.address),
            ),
        )

    def edit(
        self, affair: Affair, edit: Edit, booking_id: UUID, version: int, scope: Scope = "this"
    ) -> None:
        """Ask for the change or the end of what the platform knows in this version."""
        if edit.cancels:
            cancel = Cancel(
                booking_id=booking_id,
                sequence=_next(affair),
                reason="No longer needed",
                scope=scope,
                not_after=self._not_after(edit),
            )
            self._send(affair, edit, cancel)
            return
        change = Change(
            booking_id=booking_id,
            sequence=_next(affair),
            base_version=version,
            start=edit.when.start if edit.when else None,
            end=edit.when.end if edit.when else None,
            subject=edit.subject,
            room_id=edit.room[0] if edit.room else None,
            scope=scope,
            not_after=self._not_after(edit),
        )
        self._send(affair, edit, change)

    def _not_after(self, edit: Edit) -> datetime | None:
        if self._random.random() >= self._impatience:
            return None
        seconds = self._random.choice((-1, 2, 20, 600))
        edit.expires_at = edit.at + seconds
        return self._clock() + timedelta(seconds=seconds)

    def _send(self, affair: Affair, edit: Edit, command: Book | Change | Cancel) -> None:
        self._commands += 1
        edit.command_id = f"c{self._commands}-{affair.tag}"
        office = self._offices[affair.organisation]
        self._platform.send(self._broker, office.id, edit.command_id, command)


def _next(affair: Affair) -> int:
    affair.sequence += 1
    return affair.sequence

"""What one effect on a tenant changed, and how often Exchange reports it (notifications §4.4)."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, Self
from uuid import UUID

from .events import Event
from .ids import Ref
from .mailboxes import Mailbox
from .options import Options

ChangeKind = Literal["created", "updated", "deleted"]
Stage = Literal["arrived", "answered", "edited", "own_created", "own_edited", "removed"]

# A room reports one booking as 1 created + 3 updated, one edit as 3 updated, one removal as
# 1 deleted + 2 updated (docs#5469); the attendant's part of them comes with its answer.
_ROOM: dict[Stage, tuple[ChangeKind, ...]] = {
    "arrived": ("created", "updated"),
    "edited": ("updated",),
    "answered": ("updated", "updated"),
    "own_created": ("created", "updated", "updated", "updated"),
    "own_edited": ("updated", "updated", "updated"),
    "removed": ("updated", "deleted", "updated"),
}
_ONCE: dict[Stage, tuple[ChangeKind, ...]] = {
    "arrived": ("created",),
    "edited": ("updated",),
    "answered": ("updated",),
    "own_created": ("created",),
    "own_edited": ("updated",),
    "removed": ("deleted",),
}
_USER: dict[Stage, tuple[ChangeKind, ...]] = _ONCE | {"own_created": ("created", "updated")}


@dataclass(frozen=True, slots=True)
class Change:
    """One reportable change of one item; `change` is the number behind the etag it left."""

    mailbox: UUID
    kind: ChangeKind
    ref: Ref
    change: int


@dataclass(frozen=True, slots=True)
class Visit:
    """The booking attendant has this room copy to answer at `due`."""

    mailbox: UUID
    key: int
    due: datetime


@dataclass(slots=True)
class Outcome:
    """Everything that follows from one effect."""

    options: Options
    changes: list[Change] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)

    def note(self, mailbox: Mailbox, stage: Stage, event: Event, day: date | None = None) -> None:
        """Adds a change in as many reports as the mailbox makes of it."""
        table = _ROOM if mailbox.kind == "room" else _USER
        kinds = (table if self.options.room_echoes else _ONCE)[stage]
        ref = Ref(event.key, day, event.generation)
        self.changes += [Change(mailbox.id, kind, ref, event.change) for kind in kinds]

    def note_day(self, mailbox: Mailbox, stage: Stage, event: Event, day: date) -> None:
        """Adds a change of one day, reported under the ids that the options name."""
        if self.options.exception_notifies != "exception":
            self.note(mailbox, stage, event)
        if self.options.exception_notifies != "master":
            self.note(mailbox, stage, event, day)

    def add(self, other: Self) -> None:
        """Adds what follows from another effect."""
        self.changes += other.changes
        self.visits += other.visits

    def ask(self, room: Mailbox, copy: Event, now: datetime) -> None:
        """Adds a visit of the booking attendant, who alone answers for a room."""
        if room.kind == "room":
            due = now + timedelta(seconds=self.options.appear_seconds)
            self.visits.append(Visit(room.id, copy.key, due))

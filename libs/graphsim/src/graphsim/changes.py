"""What one effect on a tenant changed, and how often Exchange reports it (notifications §4.4)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from .ids import Ref
from .mailboxes import Mailbox

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

    changes: list[Change] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)

    def note(self, mailbox: Mailbox, stage: Stage, ref: Ref, change: int, *, echo: bool) -> None:
        """Adds a change in as many reports as the mailbox makes of it."""
        table = _ROOM if mailbox.kind == "room" and echo else _ONCE
        if mailbox.kind == "user" and echo:
            table = _USER
        self.changes += [Change(mailbox.id, kind, ref, change) for kind in table[stage]]

    def add(self, other: "Outcome") -> None:
        """Takes over what another effect did."""
        self.changes += other.changes
        self.visits += other.visits

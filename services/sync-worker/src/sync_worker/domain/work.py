"""What is open on the way out of one room, and what a commit writes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from .alternatives import Slot
from .command import Asked, Key
from .intent import Intent

ConflictKind = Literal["overlap", "stale", "withdrawn", "twin", "reappeared", "parked"]


@dataclass(frozen=True, slots=True)
class Hold:
    """A slot promised to a command in flight; of a series one for each occurrence."""

    booking_id: UUID
    slot: Slot
    series_id: UUID | None = None

    def of(self, booking_id: UUID) -> bool:
        """Whether it is held for this booking or series."""
        return booking_id in {self.booking_id, self.series_id}


@dataclass(frozen=True, slots=True)
class Address:
    """How Exchange names the room."""

    mailbox: str
    name: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Work:
    """Everything open: undecided commands in the order they run, results not sent, intents, slots held.

    `done`: per booking and source the highest sequence decided. `owners`: which command made a booking, or makes it.
    """

    address: Address | None = None
    commands: tuple[Asked, ...] = ()
    unsent: tuple[Asked, ...] = ()
    intents: tuple[Intent, ...] = ()
    holds: tuple[Hold, ...] = ()
    done: Mapping[tuple[UUID, str], int] = field(default_factory=dict)
    owners: Mapping[UUID, Key] = field(default_factory=dict)
    more: bool = False  # commands that did not fit


@dataclass(frozen=True, slots=True)
class Conflict:
    """A line for the human who asks what happened."""

    kind: ConflictKind
    booking_id: UUID
    other_id: UUID | None = None
    command_id: str | None = None


@dataclass(frozen=True, slots=True)
class Effects:
    """What a commit writes besides rows and state."""

    intents: tuple[Intent, ...] = ()
    results: tuple[Asked, ...] = ()
    holds: tuple[Hold, ...] = ()
    released: tuple[UUID, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    overlaps: frozenset[tuple[UUID, UUID]] | None = (
        None  # the room's, whole, where they were settled
    )

    def with_versions(self, versions: Mapping[UUID, int]) -> "Effects":
        """Accepted results with the version of their booking."""
        results = tuple(_versioned(each, versions) for each in self.results)
        return replace(self, results=results)

    def __bool__(self) -> bool:
        return bool(
            self.intents
            or self.results
            or self.holds
            or self.released
            or self.conflicts
            or self.overlaps is not None
        )

    def __or__(self, other: "Effects") -> "Effects":
        if not other:
            return self
        return Effects(
            intents=(*self.intents, *other.intents),
            results=(*self.results, *other.results),
            holds=(*self.holds, *other.holds),
            released=(*self.released, *other.released),
            conflicts=(*self.conflicts, *other.conflicts),
            overlaps=other.overlaps if other.overlaps is not None else self.overlaps,
        )


def _versioned(asked: Asked, versions: Mapping[UUID, int]) -> Asked:
    if asked.result is None or asked.result.outcome == "rejected" or asked.booking_id is None:
        return asked
    if asked.result.version is not None:  # another room's
        return asked
    version = versions.get(asked.booking_id)
    return replace(asked, result=asked.result.model_copy(update={"version": version}))


def in_turn(commands: tuple[Asked, ...]) -> tuple[Asked, ...]:
    """As they came, but those of one source for one booking by their sequence."""
    places: dict[tuple[UUID | None, str], list[Asked]] = {}
    for asked in commands:
        places.setdefault((asked.booking_id, asked.key.source), []).append(asked)
    for group in places.values():
        group.sort(key=lambda asked: asked.sequence)
    heads = {name: iter(group) for name, group in places.items()}
    return tuple(next(heads[asked.booking_id, asked.key.source]) for asked in commands)


def earliest_due(intents: tuple[Intent, ...]) -> datetime | None:
    """When an intent wants to be looked at next."""
    return min((each.due_at for each in intents if each.stage != "done"), default=None)

"""When a calendar suddenly looks emptied, removals wait until more reads say the same (design §5.2)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias
from uuid import UUID

from .absence import Standing

FEWEST_BOOKINGS: Final = 8
_READS_AFTER: Final = (timedelta(minutes=1), timedelta(minutes=10))


@dataclass(frozen=True, slots=True)
class Brake:
    """Removals held back: the bookings, when they were first lacked, and by how many reads so far."""

    ids: tuple[UUID, ...]
    first_lacked_at: datetime
    reads: int

    def confirmed(self, at: datetime | None) -> bool:
        """Whether a confirmation of that moment is about these."""
        return at is not None and at >= self.first_lacked_at

    def next_read_at(self) -> datetime:
        """When the next read may count; in the past once all were made."""
        return self.first_lacked_at + _READS_AFTER[min(self.reads, len(_READS_AFTER)) - 1]


@dataclass(frozen=True, slots=True)
class Release:
    """Nothing is held: ask for whatever lacks."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Ask for nothing; read again at `brake.next_read_at()`."""

    brake: Brake


@dataclass(frozen=True, slots=True)
class Prove:
    """Every read said the same: release if the calendar answers, else hold on."""

    brake: Brake


Decision: TypeAlias = Release | Hold | Prove


def decide(
    standing: Sequence[Standing],
    lacking: Sequence[Standing],
    brake: Brake | None,
    now: datetime,
    confirmed_at: datetime | None = None,
) -> Decision:
    """Whether the removals a window read suggests may be looked into now.

    `confirmed_at`: when somebody said that those held back then are right.
    """
    if not _looks_emptied(standing, lacking, now):
        return Release()
    ids = tuple(sorted(row.id for row in lacking))
    if brake is None or not set(ids) <= set(brake.ids):
        return Hold(Brake(ids=ids, first_lacked_at=now, reads=1))
    if brake.confirmed(confirmed_at):
        return Release()
    if now < brake.next_read_at():
        return Hold(replace(brake, ids=ids))
    agreed = replace(brake, ids=ids, reads=min(brake.reads + 1, len(_READS_AFTER) + 1))
    return Prove(agreed) if agreed.reads > len(_READS_AFTER) else Hold(agreed)


def _looks_emptied(
    standing: Sequence[Standing], lacking: Sequence[Standing], now: datetime
) -> bool:
    """More than half of at least eight future bookings lack; a series is one, and lacks only as a whole."""
    future = {row.unit for row in standing if row.ends > now}
    lost = {row.id for row in lacking}
    there = {row.unit for row in standing if row.ends > now and row.id not in lost}
    return len(future) >= FEWEST_BOOKINGS and 2 * len(future - there) > len(future)

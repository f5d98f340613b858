"""A window read proves what is there, never what is not: who lacks is asked for by id (design §5.2)."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from .alternatives import Slot
from .reading import GONE_SECONDS


@dataclass(frozen=True, slots=True)
class Window:
    """The span a window read asks for."""

    start: datetime
    end: datetime

    def overlaps(self, slot: Slot) -> bool:
        """Whether Graph must list what takes this slot; what only touches a border may be listed or not."""
        return slot.starts < self.end and slot.ends > self.start


@dataclass(frozen=True, slots=True)
class Standing:
    """A row the mirror believes to be in the calendar."""

    id: UUID
    event_id: str
    master_id: str | None
    ends: datetime

    @property
    def unit(self) -> str:
        """What counts as one: a series, or a single event."""
        return self.master_id or self.event_id


@dataclass(frozen=True, slots=True)
class Lacking:
    """An event a read lacked, to be asked for by id; `gone_at` is when Graph first said 404."""

    event: str
    ask_at: datetime
    gone_at: datetime | None = None


def lacking(standing: Sequence[Standing], read: Collection[UUID]) -> tuple[Standing, ...]:
    """The rows that a complete read of the window did not bring."""
    return tuple(row for row in standing if row.id not in read)


def to_ask(
    standing: Sequence[Standing], lacking: Sequence[Standing], now: datetime
) -> tuple[Lacking, ...]:
    """Whom to ask for: each lacking event, but of a series that lacks as a whole its master alone."""
    total: dict[str, int] = defaultdict(int)
    for row in standing:
        total[row.unit] += 1
    lost: dict[str, list[Standing]] = defaultdict(list)
    for row in lacking:
        lost[row.unit].append(row)
    asked: list[str] = []
    for unit, rows in lost.items():
        whole_series = len(rows) > 1 and len(rows) == total[unit]
        asked.extend([unit] if whole_series else [row.event_id for row in rows])
    return tuple(Lacking(event=event, ask_at=now) for event in asked)


def merged(owed: Sequence[Lacking], found: Sequence[Lacking]) -> tuple[Lacking, ...]:
    """All that is to be asked for; what was asked already keeps its first 404."""
    known = {each.event for each in owed}
    return (*owed, *(each for each in found if each.event not in known))


def after_missing(
    each: Lacking, now: datetime, settles_at: datetime | None = None
) -> Lacking | None:
    """When to ask again after a 404, not before `settles_at`; None once the event is proved to be gone."""
    wait = timedelta(seconds=GONE_SECONDS)
    if settles_at is not None:
        return Lacking(event=each.event, ask_at=settles_at, gone_at=each.gone_at or now)
    if each.gone_at is None:
        return Lacking(event=each.event, ask_at=now + wait, gone_at=now)
    return None if now - each.gone_at >= wait else each

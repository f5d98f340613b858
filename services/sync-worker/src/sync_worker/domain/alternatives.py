"""What to offer instead of a slot that is taken: from our mirror and holds alone (design §5.4)."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.events import Alternative

from .zones import begins

_MOST_SLOTS = 3
_MOST_ROOMS = 3
_STEP = timedelta(minutes=15)
REACH = timedelta(hours=24)
_HORIZON = timedelta(days=3_650)


@dataclass(frozen=True, slots=True)
class Slot:
    """A span of time."""

    starts: datetime
    ends: datetime

    @classmethod
    def taken(cls, starts: datetime, ends: datetime, *, all_day: bool, zone: str) -> "Slot":
        """What a booking takes: whole days, which are kept as dates, from midnight to midnight in their zone."""
        return cls(begins(starts, zone), begins(ends, zone)) if all_day else cls(starts, ends)

    def overlaps(self, other: "Slot") -> bool:
        """Whether they share time; touching is not sharing."""
        return self.starts < other.ends and other.starts < self.ends


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A room of the office: how many it seats, when it is taken."""

    room_id: UUID
    capacity: int | None
    busy: tuple[Slot, ...]

    def free(self, slot: Slot) -> bool:
        """Whether nothing is in the way."""
        return not any(each.overlaps(slot) for each in self.busy)


@dataclass(frozen=True, slots=True)
class Hours:
    """When the office is open, in its own zone."""

    zone: str
    opens: time
    closes: time

    def cover(self, slot: Slot) -> bool:
        """Whether the slot lies within one day's hours."""
        zone = ZoneInfo(self.zone)
        starts, ends = slot.starts.astimezone(zone), slot.ends.astimezone(zone)
        if self.closes <= self.opens:
            return True  # open round the clock, or over midnight
        return (
            starts.date() == ends.date()
            and self.opens <= starts.time()
            and ends.time() <= self.closes
        )


def alternatives(
    room_id: UUID, wanted: Slot, office: Sequence[Neighbour], hours: Hours, now: datetime
) -> tuple[Alternative, ...]:
    """The nearest free slots of the room, then the office's rooms that are free at the wanted time, the best fit first."""
    if wanted.starts < now - REACH or wanted.ends > now + _HORIZON:
        return ()  # nobody books there, and the calendar ends somewhere
    own = next((each for each in office if each.room_id == room_id), None)
    slots = _slots(own, wanted, hours, now) if own else ()
    seats = (own.capacity if own else None) or 0
    others = sorted(
        (each for each in office if each.room_id != room_id and each.free(wanted)),
        key=lambda each: (
            (each.capacity or 0) < seats,
            abs((each.capacity or 0) - seats),
            each.room_id,
        ),
    )
    return (
        *(Alternative(room_id=room_id, start=slot.starts, end=slot.ends) for slot in slots),
        *(
            Alternative(room_id=each.room_id, start=wanted.starts, end=wanted.ends)
            for each in others[:_MOST_ROOMS]
        ),
    )


def _slots(room: Neighbour, wanted: Slot, hours: Hours, now: datetime) -> tuple[Slot, ...]:
    """The nearest first, none overlapping another."""
    length = wanted.ends - wanted.starts
    busy = _merged(room.busy)
    begins = [each.starts for each in busy]
    inside = hours.cover(wanted)
    chosen: list[Slot] = []
    for starts in sorted(_starts(busy, wanted, now), key=lambda at: (abs(at - wanted.starts), at)):
        slot = Slot(starts, starts + length)
        before = bisect_left(begins, slot.ends)
        free = before == 0 or busy[before - 1].ends <= slot.starts
        if free and (hours.cover(slot) or not inside) and not any(map(slot.overlaps, chosen)):
            chosen.append(slot)
            if len(chosen) == _MOST_SLOTS:
                break
    return tuple(chosen)


def _merged(busy: Iterable[Slot]) -> list[Slot]:
    """The same time in spans that do not touch, in order."""
    spans: list[Slot] = []
    for each in sorted(busy, key=lambda slot: slot.starts):
        if spans and each.starts <= spans[-1].ends:
            spans[-1] = Slot(spans[-1].starts, max(spans[-1].ends, each.ends))
        else:
            spans.append(each)
    return spans


def _starts(busy: Sequence[Slot], wanted: Slot, now: datetime) -> Iterable[datetime]:
    """Candidates within reach: quarter hours, and right after or before what is there."""
    length = wanted.ends - wanted.starts
    first = max(wanted.starts - REACH, now)
    last = wanted.starts + REACH
    quarter = datetime.fromtimestamp(
        -(-first.timestamp() // _STEP.total_seconds()) * _STEP.total_seconds(), tz=UTC
    )
    candidates = {each.ends for each in busy} | {each.starts - length for each in busy}
    while quarter <= last:
        candidates.add(quarter)
        quarter += _STEP
    return (each for each in candidates if first <= each <= last)

"""What to offer instead of a slot that is taken: from our mirror and holds alone (design §5.4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.events import Alternative

_MOST_SLOTS = 3
_MOST_ROOMS = 3
_STEP = timedelta(minutes=15)
REACH = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Slot:
    """A span of time."""

    starts: datetime
    ends: datetime

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
    length = wanted.ends - wanted.starts
    free = [
        slot
        for starts in _starts(room, wanted, length, now)
        if (slot := Slot(starts, starts + length)).starts >= now
        and room.free(slot)
        and (hours.cover(slot) or not hours.cover(wanted))
    ]
    free.sort(key=lambda slot: (abs(slot.starts - wanted.starts), slot.starts))
    chosen: list[Slot] = []
    for slot in free:
        if not any(slot.overlaps(each) for each in chosen):
            chosen.append(slot)
        if len(chosen) == _MOST_SLOTS:
            break
    return tuple(chosen)


def _starts(room: Neighbour, wanted: Slot, length: timedelta, now: datetime) -> Iterable[datetime]:
    """Candidates within reach: quarter hours, and right after or before what is there."""
    first = max(wanted.starts - REACH, now)
    last = wanted.starts + REACH
    quarter = datetime.fromtimestamp(
        -(-first.timestamp() // _STEP.total_seconds()) * _STEP.total_seconds(), tz=UTC
    )
    candidates = {each.ends for each in room.busy} | {each.starts - length for each in room.busy}
    while quarter <= last:
        candidates.add(quarter)
        quarter += _STEP
    return (each for each in candidates if first <= each <= last)

"""The occurrences of a series of ours: their slots and ids, before Graph shows them."""

from datetime import datetime, timedelta
from itertools import takewhile
from uuid import UUID

from contracts.identity import booking_id_of_occurrence

from .alternatives import Slot
from .intent import Content
from .recurrence import days, instant, local, read


def slots(content: Content, horizon: datetime) -> tuple[Slot, ...]:
    """When it takes the room up to the horizon: once, or at each of its occurrences, at the same time by the wall clock."""
    if content.recurrence is None:
        return (content.occupied,)
    zone, all_day = content.time_zone, content.all_day
    starts = local(content.starts, zone, all_day=all_day)
    ends = local(content.ends, zone, all_day=all_day)
    rule = read(content.recurrence, starts.date())
    length = ends - starts

    all_of_them = (
        _on(content, datetime.combine(day, starts.time()), length).occupied for day in days(rule)
    )
    return tuple(takewhile(lambda slot: slot.starts < horizon, all_of_them))


def _on(content: Content, wall: datetime, length: timedelta) -> Content:
    """The same at this wall time and as long by the wall clock; where clocks leave out its start, as long as it is anywhere."""
    zone, all_day = content.time_zone, content.all_day
    begins = instant(wall, zone, all_day=all_day)
    if local(begins, zone, all_day=all_day) != wall:  # it begins later, at its end perhaps
        return content.at(begins, begins + length)
    return content.at(begins, instant(wall + length, zone, all_day=all_day))


def occurrence_ids(series_id: UUID, found: tuple[Slot, ...]) -> tuple[UUID, ...]:
    """The booking ids of these occurrences."""
    return tuple(booking_id_of_occurrence(series_id, slot.starts) for slot in found)


def recurs_at(content: Content, starts: datetime, ends: datetime) -> bool:
    """Whether a meeting of this series has its time of day and its length, by the wall clock."""
    zone, all_day = content.time_zone, content.all_day
    mine, theirs = (
        tuple(local(at, zone, all_day=all_day) for at in span)
        for span in ((content.starts, content.ends), (starts, ends))
    )
    return mine[0].time() == theirs[0].time() and mine[1] - mine[0] == theirs[1] - theirs[0]


def shifted(content: Content, before: Slot, after: Slot) -> Content | None:
    """Any meeting of a series moved as one of them was, by the wall clock; None where that changes the days."""
    zone, all_day = content.time_zone, content.all_day
    old, new = (local(slot.starts, zone, all_day=all_day) for slot in (before, after))
    if old.date() != new.date() or all_day:
        return None
    day = local(content.starts, zone, all_day=all_day).date()
    length = local(after.ends, zone, all_day=all_day) - new
    return _on(content, datetime.combine(day, new.time()), length)

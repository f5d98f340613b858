"""Bookings of one room that share time: none is deleted, all are shown as `conflicted` (design §5.4)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import takewhile
from uuid import UUID

from .booking import Row

Pair = tuple[UUID, UUID]


def occupies(row: Row) -> bool:
    """Whether the room is taken by it: meetings that the room has not answered yet do not count."""
    return (
        row.published
        and row.kind != "master"
        and row.removed_at is None
        and row.answer in {"confirmed", "tentative"}
    )


def overlapping(rows: Iterable[Row]) -> set[Pair]:
    """Every two bookings that share time, the smaller id first."""
    taken = [(row.occupied, row.id) for row in rows if occupies(row)]
    ordered = sorted(taken, key=lambda each: (each[0].starts, each[1]))
    pairs: set[Pair] = set()
    for place, (slot, row_id) in enumerate(ordered):
        later = takewhile(lambda each, ends=slot.ends: each[0].starts < ends, ordered[place + 1 :])  # type: ignore[misc] # mypy types no default of a lambda
        pairs.update(
            (min(row_id, other_id), max(row_id, other_id))
            for other, other_id in later
            if other.ends > slot.starts
        )
    return pairs


def settled(rows: Sequence[Row], now: datetime) -> tuple[tuple[Row, ...], set[Pair]]:
    """The rows whose `conflicted` must change, and the pairs behind it; what is over keeps what it was."""
    pairs = overlapping(rows)
    tangled = {each for pair in pairs for each in pair}
    changed = tuple(
        replace(row, conflicted=row.id in tangled)
        for row in rows
        if row.conflicted != (row.id in tangled) and row.occupied.ends > now
    )
    return changed, pairs

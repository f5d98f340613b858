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
    ordered = sorted((row for row in rows if occupies(row)), key=lambda row: (row.starts, row.id))
    pairs: set[Pair] = set()
    for place, row in enumerate(ordered):
        later = takewhile(lambda other, ends=row.ends: other.starts < ends, ordered[place + 1 :])  # type: ignore[misc] # mypy types no default of a lambda
        pairs.update(
            (min(row.id, other.id), max(row.id, other.id))
            for other in later
            if other.ends > row.starts
        )
    return pairs


def settled(rows: Sequence[Row], now: datetime) -> tuple[tuple[Row, ...], set[Pair]]:
    """The rows whose `conflicted` must change, and the pairs behind it; what is over keeps what it was."""
    pairs = overlapping(rows)
    tangled = {each for pair in pairs for each in pair}
    changed = tuple(
        replace(row, conflicted=row.id in tangled)
        for row in rows
        if row.conflicted != (row.id in tangled) and row.ends > now
    )
    return changed, pairs

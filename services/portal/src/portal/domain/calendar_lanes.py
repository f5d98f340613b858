"""Side by side where bookings overlap: lanes within a column of a calendar."""

from collections.abc import Iterable
from uuid import UUID

from contracts.events import Booking

from .calendar_axis import Span

MOST_LANES = 4


def lanes_of(timed: Iterable[tuple[int, Booking, Span]]) -> dict[tuple[int, UUID], tuple[int, int]]:
    """Lane and number of lanes of each, per column; what a fourth lane cannot hold shares it."""
    placed: dict[tuple[int, UUID], tuple[int, int]] = {}
    columns: dict[int, list[tuple[Booking, Span]]] = {}
    for column, booking, span in timed:
        columns.setdefault(column, []).append((booking, span))
    for column, standing in columns.items():
        standing.sort(key=lambda one: (one[1].start, -one[1].end))
        cluster: list[tuple[Booking, int]] = []
        free_from: list[int] = []
        for booking, span in standing:
            if free_from and span.start >= max(free_from):
                _settle(placed, column, cluster, len(free_from))
                cluster, free_from = [], []
            lane = next((n for n, row in enumerate(free_from) if row <= span.start), None)
            if lane is None and len(free_from) < MOST_LANES:
                lane = len(free_from)
                free_from.append(span.end)
            elif lane is None:
                lane = MOST_LANES - 1
                free_from[lane] = max(free_from[lane], span.end)
            else:
                free_from[lane] = span.end
            cluster.append((booking, lane))
        _settle(placed, column, cluster, len(free_from))
    return placed


def _settle(
    placed: dict[tuple[int, UUID], tuple[int, int]],
    column: int,
    cluster: Iterable[tuple[Booking, int]],
    lanes: int,
) -> None:
    placed |= {(column, booking.id): (lane, lanes) for booking, lane in cluster}

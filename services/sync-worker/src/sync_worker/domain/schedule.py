"""When a room is next looked at."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from .booking import SHOWS_WITHIN

_FIRST_WAIT: Final = timedelta(seconds=2)
_LONGEST_WAIT: Final = timedelta(minutes=15)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a room is read as a whole: with a live subscription, and without."""

    reconcile: timedelta
    poll: timedelta


def next_window(
    room_id: UUID, last_started: datetime, *, subscribed: bool, cadence: Cadence
) -> datetime:
    """When the next window read is due; rooms spread over the reconcile interval by their id."""
    if not subscribed:
        return last_started + cadence.poll
    interval = cadence.reconcile
    offset = interval * ((room_id.int % 3_600) / 3_600)
    turns = (last_started - _EPOCH - offset) // interval + 1
    return _EPOCH + offset + turns * interval


def read_again(gap_at: datetime | None, last_started: datetime) -> datetime | None:
    """When a window is read once more that may have shown what was before notifications began anew; None if it cannot have."""
    if gap_at is None or last_started >= gap_at + SHOWS_WITHIN:
        return None
    return gap_at + SHOWS_WITHIN


def earliest(moments: Iterable[datetime | None], default: datetime) -> datetime:
    """The first of these moments, at the latest `default`."""
    return min(moment for moment in (*moments, default) if moment is not None)


def backoff(attempts: int, told: float | None = None) -> timedelta:
    """How long a room rests after its attempt number `attempts` failed; `told` seconds are Graph's own wish."""
    if told is not None:
        return timedelta(seconds=max(told, 0.1))
    doublings = min(max(attempts - 1, 0), 16)
    return min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT)

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from demo.stopwatch import Saved, Stopwatch, Watches

ROOM, OTHER = UUID(int=1), UUID(int=2)
TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)
ELEVEN = TEN + timedelta(hours=1)


def test_the_first_booking_that_shows_a_change_stops_its_watch_once() -> None:
    watch = Stopwatch()
    watch.start(Saved(ROOM, "booked", TEN, at=100.0))
    assert watch.stop(ROOM, TEN, cancelled=False, now=100.25) == ("booked", 250.0)
    assert watch.stop(ROOM, TEN, cancelled=False, now=101.0) is None
    assert list(watch.lags_ms) == [250.0]


def test_a_move_waits_for_its_new_time_and_a_cancellation_for_the_status() -> None:
    watch = Stopwatch()
    watch.start(Saved(ROOM, "moved", ELEVEN, at=1.0))
    watch.start(Saved(ROOM, "cancelled", TEN, at=1.0))
    assert watch.stop(ROOM, TEN, cancelled=False, now=2.0) is None
    assert watch.stop(OTHER, ELEVEN, cancelled=False, now=2.0) is None
    assert watch.stop(ROOM, TEN, cancelled=True, now=2.0) == ("cancelled", 1000.0)
    assert watch.stop(ROOM, ELEVEN, cancelled=False, now=3.0) == ("moved", 2000.0)


def test_what_never_arrives_is_forgotten() -> None:
    watch = Stopwatch()
    watch.start(Saved(ROOM, "booked", TEN, at=0.0))
    watch.start(Saved(ROOM, "booked", ELEVEN, at=1000.0))
    assert watch.stop(ROOM, TEN, cancelled=False, now=1001.0) is None


def test_a_change_that_is_refused_is_not_waited_for() -> None:
    watches, saved = Watches(), Saved(ROOM, "booked", TEN, at=1.0)
    with pytest.raises(LookupError), watches.on_the_platform(saved):
        raise LookupError
    assert watches.answered.stop(ROOM, TEN, cancelled=False, now=2.0) is None
    assert watches.written.stop(ROOM, TEN, cancelled=False, now=2.0) is None


def test_each_way_has_its_own_lags() -> None:
    watches = Watches()
    with watches.on_the_platform(Saved(ROOM, "booked", TEN, at=1.0)):
        watches.written.stop(ROOM, TEN, cancelled=False, now=1.25)
    watches.answered.stop(ROOM, TEN, cancelled=False, now=2.0)
    assert watches.lags_ms() == {"arrived": [], "written": [250.0], "answered": [1000.0]}

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from sync_worker.domain.schedule import Cadence, backoff, earliest, next_window, read_again

from .examples import HOUR, NOW, ROOM

CADENCE = Cadence(reconcile=HOUR, poll=timedelta(seconds=60))


def test_without_a_subscription_the_room_is_polled() -> None:
    due = next_window(ROOM, NOW, subscribed=False, cadence=CADENCE)
    assert due == NOW + timedelta(seconds=60)


@given(st.uuids())
def test_reconcile_comes_within_the_interval_and_at_the_rooms_own_minute(room_id: UUID) -> None:
    first = next_window(room_id, NOW, subscribed=True, cadence=CADENCE)
    assert NOW < first <= NOW + HOUR
    assert next_window(room_id, first, subscribed=True, cadence=CADENCE) == first + HOUR


def test_what_was_read_soon_after_notifications_began_is_read_once_more() -> None:
    later = NOW + timedelta(seconds=75)
    assert read_again(NOW, NOW) == later
    assert read_again(NOW, NOW + timedelta(seconds=74)) == later
    assert read_again(NOW, later) is None
    assert read_again(None, NOW) is None


def test_rooms_spread_over_the_interval() -> None:
    due = {
        next_window(UUID(int=number * 97), NOW, subscribed=True, cadence=CADENCE)
        for number in range(100)
    }
    assert len(due) > 90


def test_a_failing_room_rests_ever_longer_and_at_most_a_quarter_of_an_hour() -> None:
    waits = [backoff(attempts).total_seconds() for attempts in (1, 2, 3, 4, 50)]
    assert waits == [2, 4, 8, 16, 900]


def test_graphs_own_wish_goes_first() -> None:
    assert backoff(9, 7.5) == timedelta(seconds=7.5)
    assert backoff(9, 0.0) > timedelta(0)


def test_the_earliest_moment_is_taken() -> None:
    assert earliest([None, NOW + HOUR, NOW], default=NOW + 2 * HOUR) == NOW
    assert earliest([None], default=NOW) == NOW

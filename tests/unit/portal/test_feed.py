"""The live stream inside the process."""

from uuid import uuid4

from portal.handlers.feed import Feed, Happening

PING = Happening("booking.confirmed", "1", "{}")


def test_a_follower_hears_of_its_own_organisation_alone() -> None:
    feed, north, south = Feed(), uuid4(), uuid4()
    with feed.seat(north) as seat:
        feed.tell(south, PING)
        feed.tell(north, PING)
        assert (seat.qsize(), seat.get_nowait()) == (1, PING)


def test_who_does_not_read_is_sent_away_and_keeps_no_memory() -> None:
    feed, north = Feed(), uuid4()
    with feed.seat(north) as seat:
        for _ in range(5000):
            feed.tell(north, PING)
        assert (seat.qsize(), seat.get_nowait()) == (1, None)
        assert feed.followers() == 0


def test_an_interruption_ends_every_stream_and_new_ones_may_come() -> None:
    feed, north = Feed(), uuid4()
    with feed.seat(north) as seat:
        feed.interrupt()
        assert seat.get_nowait() is None
    with feed.seat(north) as seat:
        assert seat.empty()
        assert feed.followers() == 1
    assert feed.followers() == 0


def test_a_closed_feed_ends_late_comers_too() -> None:
    feed = Feed()
    feed.close()
    with feed.seat(uuid4()) as seat:
        assert seat.get_nowait() is None

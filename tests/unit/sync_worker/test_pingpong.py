from datetime import datetime, timedelta

from sync_worker.domain.booking import Row
from sync_worker.domain.changes import Ours, Seen, apply
from sync_worker.domain.pingpong import freed, parked_now

from .examples import BOOKING, HOUR, MINUTE, NOW, content, row, sighting

OURS, THEIRS = NOW + 5 * HOUR, NOW + HOUR  # the event of the examples is at theirs


def undone(before: Row, at: datetime) -> Row:
    """Our change shows in the room, then somebody puts it back."""
    contents = {BOOKING: (content(OURS),)}
    moved = sighting(
        etag=f"ours {at}",
        start={"dateTime": "2026-03-02T13:00:00", "timeZone": "UTC"},
        end={"dateTime": "2026-03-02T14:00:00", "timeZone": "UTC"},
    )
    [shown] = apply([before], [Seen(moved)], [], 1, at, Ours(contents=contents)).told
    assert (shown.starts, shown.when_ours) == (OURS, True)
    back = sighting(etag=f"theirs {at}")
    [put_back] = apply([shown], [Seen(back)], [], 2, at).told
    assert (put_back.starts, put_back.when_ours) == (THEIRS, False)
    return put_back


def after(times: int, every: timedelta = MINUTE) -> Row:
    booking = row(origin="clearooms")
    for number in range(times):
        booking = undone(booking, NOW + number * every)
    return booking


def test_a_booking_is_parked_when_ours_was_put_back_five_times_within_an_hour() -> None:
    assert not after(4).parked
    assert after(5).parked
    assert after(5, 14 * MINUTE).parked


def test_what_is_put_back_more_rarely_is_not_parked() -> None:
    assert not after(30, 15 * MINUTE).parked


def test_any_five_within_an_hour_count_wherever_the_hour_begins() -> None:
    booking = undone(row(origin="clearooms"), NOW)
    for minutes in (58, 59, 61, 62):
        booking = undone(booking, NOW + minutes * MINUTE)
    assert not booking.parked
    assert undone(booking, NOW + 63 * MINUTE).parked


def test_what_outlook_moves_by_itself_is_no_flip() -> None:
    booking = row(origin="clearooms")
    for number in range(20):
        moved = sighting(
            etag=f"state {number}",
            start={"dateTime": f"2026-03-02T{10 + number % 2}:00:00", "timeZone": "UTC"},
            end={"dateTime": f"2026-03-02T{11 + number % 2}:00:00", "timeZone": "UTC"},
        )
        [booking] = apply([booking], [Seen(moved)], [], number, NOW).told
    assert booking.flips == ()


def test_a_direct_write_makes_the_time_ours() -> None:
    before = row(origin="clearooms")
    moved = row(starts=OURS, origin="clearooms")
    [shown] = apply([before], [], [], 1, NOW, Ours((moved,))).told
    assert shown.when_ours


def test_parking_is_news_once_and_a_command_frees() -> None:
    four, five = after(4), after(5)
    assert parked_now({BOOKING: four}, [five]) == [BOOKING]
    assert parked_now({BOOKING: five}, [five]) == []
    assert freed(four) == ()
    assert freed(None) == ()
    [free] = freed(five)
    assert not free.parked


def test_a_parked_booking_stays_parked_until_then() -> None:
    assert undone(after(5), NOW + 9 * HOUR).parked

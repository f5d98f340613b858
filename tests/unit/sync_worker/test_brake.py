from datetime import timedelta
from uuid import uuid4

from sync_worker.domain.absence import Standing
from sync_worker.domain.brake import Brake, Hold, Prove, Release, decide

from .examples import HOUR, NOW

MINUTE = timedelta(minutes=1)


def singles(count: int) -> list[Standing]:
    return [Standing(uuid4(), f"e{number}", None, NOW + HOUR) for number in range(count)]


def test_few_bookings_or_half_of_them_are_not_held() -> None:
    assert decide(singles(7), singles(7), None, NOW) == Release()
    rows = singles(8)
    assert decide(rows, rows[:7], None, NOW) != Release()
    assert decide(rows, rows[:4], None, NOW) == Release()
    assert isinstance(decide(rows, rows[:5], None, NOW), Hold)


def test_a_series_counts_as_one() -> None:
    series = [Standing(uuid4(), f"o{n}", "m", NOW + HOUR) for n in range(50)]
    assert decide([*series, *singles(7)], series, None, NOW) == Release()


def test_past_bookings_do_not_count() -> None:
    past = [Standing(uuid4(), f"p{n}", None, NOW - HOUR) for n in range(20)]
    assert decide([*past, *singles(7)], past, None, NOW) == Release()


def test_reads_one_and_ten_minutes_later_must_agree_and_the_calendar_answer() -> None:
    rows = singles(10)
    first = decide(rows, rows, None, NOW)
    assert isinstance(first, Hold)
    assert decide(rows, rows, first.brake, NOW + MINUTE / 2) == first
    second = decide(rows, rows, first.brake, NOW + MINUTE)
    assert isinstance(second, Hold)
    assert second.brake.next_read_at() == NOW + 10 * MINUTE
    assert isinstance(decide(rows, rows, second.brake, NOW + 5 * MINUTE), Hold)
    assert isinstance(decide(rows, rows, second.brake, NOW + 10 * MINUTE), Prove)


def test_another_set_of_lacking_bookings_starts_anew() -> None:
    rows = singles(10)
    brake = Brake(tuple(row.id for row in rows[:6]), NOW, reads=2)
    later = decide(rows, rows, brake, NOW + 10 * MINUTE)
    assert isinstance(later, Hold)
    assert (later.brake.reads, later.brake.first_lacked_at) == (1, NOW + 10 * MINUTE)


def test_a_calendar_that_is_full_again_releases() -> None:
    rows = singles(10)
    brake = Brake(tuple(row.id for row in rows), NOW, reads=1)
    assert decide(rows, rows[:1], brake, NOW + MINUTE) == Release()

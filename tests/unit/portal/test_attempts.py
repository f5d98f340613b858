from portal.domain.attempts import Attempts


def test_a_burst_is_allowed_and_then_told_how_long_to_wait() -> None:
    attempts = Attempts(burst=3, seconds=30)
    assert [attempts.wait("a", 100.0) for _ in range(3)] == [0, 0, 0]
    assert attempts.wait("a", 100.0) == 10


def test_waiting_as_told_is_enough() -> None:
    attempts = Attempts(burst=1, seconds=10)
    assert attempts.wait("a", 0.0) == 0
    assert attempts.wait("a", 4.0) == 6
    assert attempts.wait("a", 10.0) == 0


def test_one_key_does_not_slow_another() -> None:
    attempts = Attempts(burst=1, seconds=10)
    assert attempts.wait("a", 0.0) == 0
    assert attempts.wait("b", 0.0) == 0


def test_a_clock_that_steps_back_gives_nothing_away() -> None:
    attempts = Attempts(burst=1, seconds=10)
    assert attempts.wait("a", 100.0) == 0
    assert attempts.wait("a", 50.0) > 0


def test_only_so_many_keys_are_remembered() -> None:
    attempts = Attempts(burst=1, seconds=1000, most=2)
    for key in ("a", "b", "c"):
        assert attempts.wait(key, 0.0) == 0
    assert attempts.wait("c", 0.0) > 0
    assert attempts.wait("a", 0.0) == 0

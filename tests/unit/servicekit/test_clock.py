from datetime import UTC

from servicekit.clock import utc_now


def test_the_clock_is_aware_and_in_utc() -> None:
    assert utc_now().tzinfo is UTC

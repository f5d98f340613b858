import pytest

from eventbus.outcome import MOST_ATTEMPTS, Again, Dead, after_failure


@pytest.mark.parametrize("attempts", range(1, MOST_ATTEMPTS))
def test_a_failure_below_the_limit_is_tried_again(attempts: int) -> None:
    assert after_failure(ValueError(), attempts) == Again()


@pytest.mark.parametrize("attempts", [MOST_ATTEMPTS, MOST_ATTEMPTS + 1])
def test_the_last_attempt_ends_in_the_dead_letters(attempts: int) -> None:
    assert after_failure(KeyError(), attempts) == Dead(f"KeyError in attempt {attempts}")


def test_the_reason_does_not_quote_the_exception() -> None:
    verdict = after_failure(ValueError("Budget talks with Alice"), MOST_ATTEMPTS)
    assert isinstance(verdict, Dead)
    assert "Alice" not in verdict.reason

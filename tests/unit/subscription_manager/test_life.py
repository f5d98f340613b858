from datetime import timedelta
from uuid import UUID

from subscription_manager.domain.life import LONGEST, Lives

from .rooms import NOW

A, B = UUID(int=1), UUID(int=2)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def test_ten_thousand_minutes_are_asked_for_as_long_as_nobody_refuses_them() -> None:
    assert Lives().to_ask(A, NOW) == LONGEST == 10_000 * MINUTE


def test_a_refusal_lowers_what_its_tenant_is_asked_for_and_no_others() -> None:
    lives = Lives()
    lives.refused(A, 4_230, NOW)

    assert 4_180 * MINUTE < lives.to_ask(A, NOW) < 4_230 * MINUTE
    assert lives.to_ask(B, NOW) == LONGEST


def test_the_longest_life_is_asked_for_again_after_a_day() -> None:
    lives = Lives()
    lives.refused(A, 4_230, NOW)

    assert lives.to_ask(A, NOW + DAY - MINUTE) < LONGEST
    assert lives.to_ask(A, NOW + DAY) == LONGEST


def test_no_answer_makes_us_ask_for_less_than_graph_grants_anyway_or_for_more_than_we_want() -> (
    None
):
    lives = Lives()
    lives.refused(A, 0, NOW)
    lives.refused(B, 999_999, NOW)

    assert lives.to_ask(A, NOW) == 45 * MINUTE
    assert lives.to_ask(B, NOW) == LONGEST

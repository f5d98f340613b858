"""graph-notifications §4.3: the slow and drop rules of each text."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from graphsim.slowness import ERA_2021, ERA_2022, ERA_2025, ERA_2026, Endpoint, Era

START = datetime(2031, 1, 1, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def judged(era: Era, late: int, seconds: float, of: int = 100) -> Endpoint:
    """An endpoint with so many late answers, the others at once."""
    endpoint = Endpoint(era)
    for number in range(of):
        endpoint.answered(after(number / of), seconds if number >= of - late else 0.1)
    return endpoint


@pytest.mark.parametrize(
    ("era", "late", "seconds", "condition"),
    [
        (ERA_2021, 10, 31, "normal"),
        (ERA_2021, 11, 31, "slow"),
        (ERA_2021, 20, 31, "slow"),
        (ERA_2021, 50, 29, "normal"),
        (ERA_2022, 9, 2.95, "normal"),
        (ERA_2022, 10, 2.95, "slow"),
        (ERA_2022, 50, 2.8, "normal"),
        (ERA_2025, 10, 10, "normal"),
        (ERA_2025, 11, 10, "slow"),
        (ERA_2025, 50, 9, "normal"),
        (ERA_2026, 10, 3, "normal"),
        (ERA_2026, 11, 3, "slow"),
        (ERA_2026, 50, 9, "slow"),
        (ERA_2026, 16, 10, "dropping"),
    ],
)
def test_each_text_has_its_own_share_and_slowness_4_3(
    era: Era, late: int, seconds: float, condition: str
) -> None:
    assert judged(era, late, seconds).condition == condition


@pytest.mark.parametrize(
    ("era", "late", "seconds"),
    [(ERA_2021, 0.21, 31), (ERA_2022, 0.15, 2.95), (ERA_2025, 0.16, 10), (ERA_2026, 0.16, 10)],
)
def test_beyond_the_higher_share_items_are_dropped_4_3(
    era: Era, late: float, seconds: float
) -> None:
    endpoint = Endpoint(replace(era, least=1_000))
    for number in range(1_000):
        endpoint.answered(after(number / 1_000), seconds if number < late * 1_000 else 0.1)
    assert endpoint.condition == "dropping"
    assert endpoint.admit(after(2)) is None


def test_nobody_is_judged_by_fewer_than_a_hundred_answers_4_3() -> None:
    assert judged(ERA_2022, 99, 5, of=99).condition == "normal"
    assert judged(ERA_2022, 100, 5, of=100).condition == "dropping"


@pytest.mark.parametrize(("era", "delay"), [(ERA_2022, 600), (ERA_2025, 10), (ERA_2026, 600)])
def test_a_slow_endpoint_gets_items_late_4_3(era: Era, delay: float) -> None:
    endpoint = judged(era, 12, era.slow_over)
    assert (endpoint.condition, endpoint.admit(after(2))) == ("slow", delay)


@pytest.mark.parametrize("era", [ERA_2021, ERA_2022, ERA_2025])
def test_without_probes_the_window_ends_the_condition_4_3(era: Era) -> None:
    endpoint = judged(era, 50, 31)
    assert endpoint.admit(after(590)) is None
    assert endpoint.admit(after(602)) == 0
    assert endpoint.condition == "normal"


def test_a_sliding_window_forgets_old_answers_4_3() -> None:
    endpoint = judged(ERA_2026, 10, 3, of=99)
    for number in range(100):
        endpoint.answered(after(700 + number / 100), 3 if number < 10 else 0.1)
    assert endpoint.condition == "normal"


def test_flushed_counters_begin_anew_with_their_window_4_3() -> None:
    endpoint = Endpoint(replace(ERA_2022, least=4))
    for second in (0, 1, 599):
        endpoint.answered(after(second), 5)
    for second in (601, 602, 603):
        endpoint.answered(after(second), 5)
    assert endpoint.admit(after(603)) == 0
    endpoint.answered(after(604), 5)
    assert endpoint.admit(after(604)) is None


@pytest.mark.parametrize("late", [3, 10])
def test_a_few_probes_go_out_after_ten_minutes_and_good_ones_end_it_4_3(late: float) -> None:
    endpoint = judged(ERA_2026, 20, late)
    assert not endpoint.permits(after(500))
    for number in range(3):
        assert endpoint.permits(after(602))
        endpoint.sent()
        assert endpoint.permits(after(602)) == (number < 2)
    for second in (603, 604):
        endpoint.answered(after(second), 0.1)
        assert endpoint.condition != "normal"
    assert endpoint.answered(after(605), 0.1)
    assert (endpoint.condition, endpoint.admit(after(606))) == ("normal", 0)


def test_a_late_probe_prolongs_it_by_ten_minutes_4_3() -> None:
    endpoint = judged(ERA_2026, 20, 3)
    for _ in range(3):
        assert endpoint.permits(after(602))
        endpoint.sent()
    for seconds in (3, 0.1, 0.1):
        endpoint.answered(after(605), seconds)
    assert (endpoint.condition, endpoint.permits(after(1_204))) == ("slow", False)
    assert endpoint.permits(after(1_206))


def test_new_items_serve_as_probes_of_a_dead_endpoint_4_3() -> None:
    endpoint = judged(ERA_2026, 20, 10)
    assert endpoint.admit(after(500)) is None
    assert endpoint.admit(after(602)) == 0
    for _ in range(3):
        endpoint.sent()
    assert endpoint.admit(after(603)) is None

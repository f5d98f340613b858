from uuid import UUID

import pytest

from subscription_manager.domain.pacing import Pacer

A, B = UUID(int=1), UUID(int=2)


def test_a_tenant_is_blocked_once_its_burst_is_spent_and_others_are_not() -> None:
    pacer = Pacer(rate=2.0, burst=3.0, at_once=100)
    for _ in range(3):
        pacer.begin(A, 10.0)
    pacer.begin(B, 10.0)

    assert pacer.blocked(10.0) == [A]


def test_an_empty_bucket_fills_at_its_rate() -> None:
    pacer = Pacer(rate=2.0, burst=1.0, at_once=100)
    pacer.begin(A, 10.0)

    assert pacer.idle_until(10.0) == pytest.approx(0.5)
    assert pacer.blocked(10.4) == [A]
    assert pacer.blocked(10.5) == []


def test_a_tenant_with_too_much_under_way_is_blocked_until_something_ends() -> None:
    pacer = Pacer(rate=100.0, burst=100.0, at_once=2)
    pacer.begin(A, 0.0)
    pacer.begin(A, 0.0)

    assert pacer.blocked(50.0) == [A]
    pacer.end(A)
    assert pacer.blocked(50.0) == []


def test_no_more_than_rate_and_burst_allow_ever_start() -> None:
    pacer = Pacer(rate=8.0, burst=16.0, at_once=1000)
    started = 0
    for tick in range(2_000):
        now = tick / 100
        if A not in pacer.blocked(now):
            pacer.begin(A, now)
            started += 1

    assert 160 <= started <= 16 + 160

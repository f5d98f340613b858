from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from subscription_manager.domain.plan import (
    SPACING,
    Ask,
    Create,
    Delete,
    Forget,
    Recreate,
    Renew,
    Wait,
    jitter,
    plan,
    renewal_at,
)
from subscription_manager.domain.subscription import Rules

from .rooms import DESIRED, NEW, NOW, RULES, WEEK, live

MINUTE = timedelta(minutes=1)
NOWHERE = Rules("", "k1")


def test_a_new_room_gets_a_subscription() -> None:
    assert plan(DESIRED, NEW, NOW, RULES) == Create(gap=False)


def test_a_room_that_was_live_before_has_a_gap() -> None:
    assert plan(DESIRED, replace(NEW, live_since=NOW), NOW, RULES) == Create(gap=True)


def test_a_lapsed_subscription_is_created_anew_with_a_gap() -> None:
    row = live(expires_at=NOW)

    assert plan(DESIRED, row, NOW, RULES) == Create(gap=True)


def test_a_healthy_subscription_is_left_alone_until_half_of_its_life() -> None:
    step = plan(DESIRED, live(), NOW + 0.49 * WEEK, RULES)

    assert isinstance(step, Wait)
    assert NOW + 0.5 * WEEK <= step.until <= NOW + 0.7 * WEEK


def test_it_is_renewed_by_seven_tenths_of_its_life() -> None:
    assert plan(DESIRED, live(), NOW + 0.7 * WEEK, RULES) == Renew("s1")


def test_renewals_of_many_rooms_spread_between_half_and_seven_tenths() -> None:
    times = [(renewal_at(live(room_id=uuid4()), NOW + WEEK) - NOW) / WEEK for _ in range(500)]

    assert 0.5 <= min(times) < 0.52
    assert 0.68 < max(times) < 0.7


def test_a_rooms_share_of_jitter_is_its_own_and_never_changes() -> None:
    assert jitter(UUID(int=7)) == jitter(UUID(int=7)) != jitter(UUID(int=8))


def test_the_life_after_a_renewal_counts_from_the_renewal() -> None:
    row = live(patched_at=NOW + WEEK / 2, expires_at=NOW + 1.5 * WEEK)

    assert isinstance(plan(DESIRED, row, NOW + 0.99 * WEEK, RULES), Wait)
    assert plan(DESIRED, row, NOW + 1.2 * WEEK, RULES) == Renew("s1")


def test_a_short_life_is_never_patched_twice_within_ten_minutes() -> None:
    row = live(patched_at=NOW, expires_at=NOW + 12 * MINUTE)

    assert plan(DESIRED, row, NOW + 9 * MINUTE, RULES) == Wait(NOW + SPACING)
    assert plan(DESIRED, row, NOW + SPACING, RULES) == Renew("s1")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (live(client_id=UUID(int=99)), "credentials"),
        (live(tenant_id=UUID(int=99)), "credentials"),
        (live(webhook_url="https://old.test"), "webhook_url"),
        (live(sealed_by="k0"), "sealing_key"),
    ],
)
def test_what_cannot_be_patched_is_replaced(row: object, reason: str) -> None:
    assert plan(DESIRED, row, NOW, RULES) == Recreate("s1", reason)  # type: ignore[arg-type]  # a Row


@pytest.mark.parametrize("hint", [{"lifecycle_due": True}, {"missed_due": True}])
def test_a_lifecycle_hint_is_asked_about_before_anything_else(hint: dict[str, object]) -> None:
    assert plan(DESIRED, live(**hint), NOW, RULES) == Ask("s1")
    assert plan(DESIRED, live(**hint), NOW + 0.8 * WEEK, RULES) == Ask("s1")


def test_hints_are_asked_about_once_in_ten_minutes() -> None:
    row = live(missed_due=True, asked_at=NOW)

    assert plan(DESIRED, row, NOW + 9 * MINUTE, RULES) == Wait(NOW + SPACING)
    assert plan(DESIRED, row, NOW + SPACING, RULES) == Ask("s1")


def test_a_hint_that_has_to_wait_does_not_hold_up_a_renewal() -> None:
    row = live(missed_due=True, asked_at=NOW + 0.8 * WEEK)

    assert plan(DESIRED, row, NOW + 0.8 * WEEK + MINUTE, RULES) == Renew("s1")


def test_a_room_refused_for_good_waits_for_its_next_probe_and_is_then_tried() -> None:
    row = replace(NEW, poll_only_since=NOW, due_at=NOW + timedelta(days=1), attempts=1)

    assert plan(DESIRED, row, NOW, RULES) == Wait(NOW + timedelta(days=1))
    assert plan(DESIRED, row, NOW + timedelta(days=1), RULES) == Create(gap=False)


@pytest.mark.parametrize("rules", [RULES, NOWHERE])
def test_a_room_that_is_not_wanted_loses_its_subscription(rules: Rules) -> None:
    desired = None if rules is RULES else DESIRED

    assert plan(desired, live(), NOW, rules) == Delete("s1")
    assert plan(desired, replace(NEW, creating_since=NOW), NOW, rules) == Delete(None)
    assert plan(desired, NEW, NOW, rules) == Forget()


def test_a_subscription_that_cannot_be_renewed_is_replaced_before_it_ends() -> None:
    row = live(attempts=3)

    assert plan(DESIRED, row, NOW + 0.85 * WEEK, RULES) == Renew("s1")
    assert plan(DESIRED, row, NOW + 0.95 * WEEK, RULES) == Recreate("s1", "renewal_fails")

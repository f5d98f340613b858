from dataclasses import replace
from datetime import timedelta

import pytest

from subscription_manager.domain import outcome
from subscription_manager.domain.outcome import Live
from subscription_manager.domain.plan import SPACING, Create, plan
from subscription_manager.domain.subscription import Row

from .rooms import DESIRED, NEW, NOW, ROOM, RULES, WEEK, live

DAY = timedelta(days=1)


def test_a_created_one_is_live_from_now_and_forgets_all_trouble() -> None:
    troubled = replace(
        NEW, attempts=4, refusal="X", poll_only_since=NOW - DAY, creating_since=NOW, missed_due=True
    )

    row = outcome.created(troubled, DESIRED, RULES, Live("s2", NOW + WEEK, "k1"), NOW, gap=False)

    assert (row.subscription_id, row.live_since, row.gap_at) == ("s2", NOW, None)
    assert (row.attempts, row.refusal, row.poll_only_since, row.creating_since) == (
        0,
        None,
        None,
        None,
    )
    assert not row.missed_due
    assert NOW + 0.5 * WEEK <= row.due_at <= NOW + 0.7 * WEEK


def test_one_created_after_a_loss_opens_a_gap() -> None:
    row = outcome.created(NEW, DESIRED, RULES, Live("s2", NOW + WEEK, "k1"), NOW, gap=True)

    assert row.gap_at == NOW


def test_a_short_expiry_is_trusted_but_not_patched_within_ten_minutes() -> None:
    row = outcome.renewed(live(), NOW + timedelta(minutes=5), NOW)

    assert row.expires_at == NOW + timedelta(minutes=5)
    assert row.due_at == NOW + SPACING


def test_only_what_was_missed_opens_a_gap() -> None:
    missed = outcome.answered(live(missed_due=True), NOW + WEEK, NOW)
    reauthorised = outcome.answered(live(lifecycle_due=True), NOW + WEEK, NOW)

    assert (missed.gap_at, missed.missed_due, missed.asked_at) == (NOW, False, NOW)
    assert (reauthorised.gap_at, reauthorised.lifecycle_due) == (None, False)


def test_a_lost_one_is_created_anew_with_a_gap() -> None:
    row = outcome.lost(live(lifecycle_due=True), NOW)

    assert row.subscription_id is None
    assert plan(DESIRED, row, NOW, RULES) == Create(gap=True)


@pytest.mark.parametrize("attempts", range(12))
def test_the_back_off_doubles_up_to_a_quarter_of_an_hour(attempts: int) -> None:
    pause = outcome.backoff(attempts, ROOM)

    least = min(timedelta(seconds=2 * 2**attempts), timedelta(minutes=15))
    assert least <= pause <= least * 1.25


def test_a_told_wait_is_obeyed() -> None:
    assert outcome.put_off(NEW, NOW, 120.0, "TooManyRequests").due_at == NOW + timedelta(
        seconds=120
    )
    assert outcome.put_off(NEW, NOW, 0.0, None).due_at == NOW


def test_a_mailbox_that_cannot_be_subscribed_is_probed_daily() -> None:
    row = outcome.refused(live(), DESIRED, RULES, NOW, "MailboxNotEnabledForRESTAPI", final=True)

    assert (row.poll_only_since, row.refusal, row.subscription_id) == (
        NOW,
        "MailboxNotEnabledForRESTAPI",
        None,
    )
    assert NOW + DAY <= row.due_at <= NOW + 1.1 * DAY


def test_a_missing_permission_is_probed_sooner_at_first_then_daily() -> None:
    row, now, pauses = live(), NOW, []
    for _ in range(6):
        row = outcome.refused(row, DESIRED, RULES, now, "ErrorAccessDenied", final=False)
        pauses.append((row.due_at - now) / timedelta(minutes=15))
        now = row.due_at

    assert [int(pause / 1.0999) for pause in pauses] == sorted(
        int(pause / 1.0999) for pause in pauses
    )
    assert pauses[0] < 1.2
    assert 90 < pauses[-1] < 110
    assert row.poll_only_since == NOW


@pytest.mark.parametrize(
    "row",
    [
        outcome.renewed(live(creating_since=NOW), NOW + WEEK, NOW),
        outcome.answered(live(creating_since=NOW), NOW + WEEK, NOW),
        outcome.waiting(live(creating_since=NOW), NOW + DAY),
    ],
)
def test_what_nobody_recorded_is_the_sweeps_once_the_row_is_settled(row: Row) -> None:
    assert row.creating_since is None

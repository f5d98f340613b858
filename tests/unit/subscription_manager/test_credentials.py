"""When an organisation is warned of its secret's end, on a clock: each warning once, whatever is missed or repeated."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from subscription_manager.domain.credentials import (
    Look,
    Refused,
    Unclear,
    Verdict,
    Watched,
    Works,
    judge,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
END = NOW + 100 * DAY
FRESH = Watched(UUID(int=1), UUID(int=2), UUID(int=3), revision=1, enabled=True)


def settled(watched: Watched, verdict: Verdict) -> Watched:
    """The row as the store leaves it."""
    return replace(
        watched,
        watched_revision=watched.revision,
        expires_at=verdict.expires_at,
        looked_at=verdict.looked_at,
        warned_days=verdict.warned_days,
        warned_for=verdict.warned_for,
    )


def lived(
    watched: Watched, look: Look, until: datetime, *, now: datetime = NOW
) -> tuple[Watched, list[tuple[int, timedelta]]]:
    """Every look when it is due until then; the row, and each warning with what was left."""
    said = []
    while now <= until:
        verdict = judge(watched, look, None, now)
        watched = settled(watched, verdict)
        if verdict.warning is not None:
            assert verdict.expires_at is not None
            said.append((int(verdict.warning), verdict.expires_at - now))
        assert verdict.due_at is not None
        assert verdict.due_at > now
        now = verdict.due_at
    return watched, said


def test_each_threshold_is_said_once_and_to_the_minute() -> None:
    _, said = lived(FRESH, Works(END), END + 30 * DAY)
    assert said == [(days, days * DAY) for days in (60, 30, 14, 7, 3, 1)]


@pytest.mark.parametrize(
    ("left", "first"), [(60, 60), (59, 60), (30, 30), (8, 14), (2, 3), (0.5, 1)]
)
def test_what_was_missed_is_said_by_the_nearest_warning_alone(left: float, first: int) -> None:
    _, said = lived(FRESH, Works(NOW + left * DAY), NOW + left * DAY)
    assert said[0] == (first, left * DAY)
    assert [days for days, _ in said[1:]] == [
        days for days in (60, 30, 14, 7, 3, 1) if days < first
    ]


def test_a_renewal_begins_the_series_anew() -> None:
    watched, said = lived(FRESH, Works(END), END - 5 * DAY)
    assert [days for days, _ in said] == [60, 30, 14, 7]
    renewed = replace(watched, revision=2)
    _, said = lived(renewed, Works(END + 365 * DAY), END + 365 * DAY, now=END - 5 * DAY)
    assert [days for days, _ in said] == [60, 30, 14, 7, 3, 1]


def test_graphs_date_and_the_one_typed_in_are_one_series() -> None:
    watched, said = lived(FRESH, Works(END), END - 25 * DAY)
    assert [days for days, _ in said] == [60, 30]
    verdict = judge(watched, Works(END + 10 * HOUR), None, END - 24 * DAY)
    assert verdict.warning is None


def test_an_end_that_turns_out_earlier_is_warned_of_where_that_is_news() -> None:
    watched, _ = lived(FRESH, Works(END), END - 50 * DAY)
    verdict = judge(watched, Works(END - 45 * DAY), None, END - 50 * DAY)
    assert verdict.warning == 7


def test_nothing_is_warned_of_once_it_is_over_or_while_nobody_knows() -> None:
    for look in (Works(NOW), Works(NOW - DAY), Works(None), Unclear()):
        assert judge(FRESH, look, None, NOW).warning is None


def test_graph_tells_better_than_what_was_typed_and_what_was_told_is_kept() -> None:
    assert judge(FRESH, Works(END), NOW + DAY, NOW).expires_at == END
    assert judge(FRESH, Works(None), END, NOW).expires_at == END
    known = replace(FRESH, watched_revision=1, expires_at=END)
    for look in (Works(None), Unclear(), Refused("AADSTS7000222")):
        assert judge(known, look, NOW + DAY, NOW).expires_at == END
    renewed = replace(known, revision=2)
    assert judge(renewed, Unclear(), NOW + DAY, NOW).expires_at == NOW + DAY
    assert judge(renewed, Unclear(), None, NOW).expires_at is None


def test_warnings_go_on_while_credentials_are_refused() -> None:
    known = replace(FRESH, watched_revision=1, expires_at=NOW + 6 * DAY)
    assert judge(known, Refused("AADSTS7000112"), None, NOW).warning == 7


def test_a_refusal_stops_the_calls_for_an_hour_unless_the_credentials_change() -> None:
    refused = replace(
        FRESH, failing_since=NOW, failing_revision=1, retry_at=NOW + HOUR, watched_revision=1
    )
    assert not refused.may_call(NOW)
    assert refused.may_call(NOW + HOUR)
    assert replace(refused, revision=2).may_call(NOW)
    assert judge(refused, Unclear(), None, NOW).due_at == NOW + HOUR
    assert judge(FRESH, Refused("x"), None, NOW).due_at == NOW + HOUR


def test_what_is_switched_off_is_neither_asked_nor_warned_until_it_changes() -> None:
    off = replace(FRESH, enabled=False, watched_revision=1, expires_at=NOW + DAY)
    assert not off.may_call(NOW)
    verdict = judge(off, Unclear(), None, NOW)
    assert (verdict.warning, verdict.due_at) == (None, None)

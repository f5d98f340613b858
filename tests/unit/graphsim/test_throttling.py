"""graph-calendar §11 and graph-notifications §8: a mailbox's limits and Retry-After."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from graphsim.options import Options
from graphsim.throttling import Limit, MailboxLimits, Windows, retry_after
from graphsim.wire import Refused

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
APP, ROOM = UUID(int=1), UUID(int=2)


def _refused(limits: MailboxLimits, now: datetime = NOW, uploaded: int = 0) -> Refused | None:
    try:
        with limits.call(APP, ROOM, now, uploaded):
            return None
    except Refused as refused:
        return refused


@pytest.mark.parametrize(
    ("status", "code"), [(429, "ApplicationThrottled"), (503, "MailboxConcurrency")]
)
def test_a_fifth_call_at_once_is_refused_in_either_way_11(status: Any, code: str) -> None:
    limits = MailboxLimits(Options(concurrency_status=status))
    with ExitStack() as calls:
        for _ in range(4):
            calls.enter_context(limits.call(APP, ROOM, NOW))
        refused = _refused(limits)
        assert refused is not None
        assert (refused.status, refused.code) == (status, code)
        assert refused.message == "Application is over its MailboxConcurrency limit."
        assert refused.headers == {"Retry-After": "1"}
        with limits.call(APP, UUID(int=3), NOW):
            pass  # another room is not affected (§8.2)
    assert _refused(limits) is None


def test_four_calls_at_once_may_be_the_apps_in_the_other_reading_11() -> None:
    limits = MailboxLimits(Options(concurrency_of="app"))
    with ExitStack() as calls:
        for number in range(4):
            calls.enter_context(limits.call(APP, UUID(int=10 + number), NOW))
        assert _refused(limits) is not None
        with limits.call(UUID(int=9), ROOM, NOW):
            pass
    assert _refused(limits) is None


def test_ten_thousand_calls_in_ten_minutes_are_the_most_11() -> None:
    limits = MailboxLimits(Options())
    assert all(_refused(limits) is None for _ in range(10_000))
    refused = _refused(limits, NOW + timedelta(seconds=200))
    assert refused is not None
    assert (refused.status, refused.headers) == (429, {"Retry-After": "400"})
    assert _refused(limits, NOW + timedelta(seconds=600)) is None


def test_150_megabytes_in_five_minutes_are_the_most_11() -> None:
    limits = MailboxLimits(Options())
    assert _refused(limits, uploaded=150 * 1024 * 1024) is None
    refused = _refused(limits, uploaded=1)
    assert refused is not None
    assert refused.headers == {"Retry-After": "300"}


def test_without_throttling_nothing_is_refused_but_all_is_counted() -> None:
    limits = MailboxLimits(Options(throttle=False))
    with ExitStack() as calls:
        for _ in range(6):
            calls.enter_context(limits.call(APP, ROOM, NOW))
    assert (limits.most_at_once[ROOM], limits.refused[ROOM]) == (6, 0)


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        ("integer", {"Retry-After": "3"}),
        ("fraction", {"Retry-After": "2.128"}),
        ("date", {"Retry-After": "Mon, 23 Nov 2026 08:00:03 GMT"}),
        ("zero", {"Retry-After": "0"}),
        ("absent", {}),
    ],
)
def test_retry_after_comes_in_every_form_8_1(form: Any, headers: dict[str, str]) -> None:
    assert retry_after(Options(retry_after=form), 2.128, NOW) == headers


def test_a_window_begins_with_its_first_call() -> None:
    windows, limit = Windows(), Limit(10, 20)
    assert windows.spend("a", limit, 4, NOW).used == 4
    later = windows.spend("a", limit, 8, NOW + timedelta(seconds=5))
    assert (later.used, later.seconds_left, later.share) == (12, 15, 1.2)
    assert windows.spend("b", limit, 1, NOW).used == 1
    assert windows.spend("a", limit, 1, NOW + timedelta(seconds=20)).used == 1

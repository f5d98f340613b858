"""Every entry that the worker journals has words of its own."""

from typing import Any, get_args

import pytest

from clearooms.story import kind_of, words
from sync_worker.domain.intent import Stage, Step
from sync_worker.domain.work import ConflictKind


def entry(name: str, **detail: Any) -> dict[str, Any]:
    return {"entry": name, "detail": detail}


@pytest.mark.parametrize("step", get_args(Step))
@pytest.mark.parametrize("stage", get_args(Stage))
def test_each_write_is_told_in_words(step: str, stage: str) -> None:
    told = words(entry(f"{step}.{stage}", path="direct", attempts=2))
    assert f"{step}.{stage}" not in told
    assert "in the room's own calendar" in told
    assert "attempt 2" in told
    assert kind_of(f"{step}.{stage}") == "write"


@pytest.mark.parametrize("kind", get_args(ConflictKind))
def test_each_conflict_is_told_in_words(kind: str) -> None:
    told = words(entry("conflict.found", kind=kind))
    assert told != kind
    assert words(entry("conflict.cleared", kind=kind)) == f"{told}, no more"


@pytest.mark.parametrize(
    ("name", "detail", "told", "kind"),
    [
        ("booking.confirmed", {"sent": False}, "confirmed, not told yet", "version"),
        ("booking.confirmed", {}, "confirmed", "version"),
        ("command.rejected", {"command": "c", "reason": "overlap"}, "c rejected: overlap", "command"),
        ("hint.received", {}, "Microsoft says that the event changed", "hint"),
        ("event.read", {"because_of": "calendar"}, "seen by a read of the calendar", "read"),
        ("of.tomorrow", {}, "of.tomorrow", "of"),
    ],
)  # fmt: skip
def test_what_happened_is_told(name: str, detail: dict[str, Any], told: str, kind: str) -> None:
    assert words(entry(name, **detail)) == told
    assert kind_of(name) == kind

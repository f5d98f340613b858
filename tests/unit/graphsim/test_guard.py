"""graph-calendar §11.1, item 10: the guard of minimal data."""

import pytest

from graphsim.guard import ALLOWED, Guard


def test_a_minimal_read_is_no_violation() -> None:
    guard = Guard()
    guard.asked("events/{id}", sorted(ALLOWED))
    guard.returned("events/{id}", dict.fromkeys(ALLOWED))
    assert guard.violations() == []


@pytest.mark.parametrize("field", ["body", "bodyPreview", "attendees", "location", "webLink"])
def test_content_asked_for_or_returned_is_a_violation(field: str) -> None:
    guard = Guard()
    guard.asked("calendarView", ["subject", field])
    guard.returned("calendarView", {"subject": "x", field: "x"})
    assert [(one["field"], one["how"]) for one in guard.violations()] == [
        (field, "asked for"),
        (field, "returned"),
    ]


def test_a_read_without_select_and_an_expand_are_violations() -> None:
    guard = Guard()
    guard.asked("events", None)
    guard.expanded("events", "attachments($select=name)")
    assert {str(one["field"]) for one in guard.violations()} == {"*", "attachments"}
    guard.reset()
    assert guard.violations() == []


def test_a_second_read_of_one_version_is_a_reask() -> None:
    guard = Guard()
    guard.event_gets.update({"a|1": 1, "a|2": 3})
    assert guard.reasks() == {"a|2": 2}

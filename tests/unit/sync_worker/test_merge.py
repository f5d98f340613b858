from typing import Any

import pytest

from sync_worker.domain.merge import Merged, Stale, merge

from .examples import HOUR, NOW, change, content, row

START, END = NOW + HOUR, NOW + 2 * HOUR
WHEN = {"start": NOW + 3 * HOUR, "end": NOW + 4 * HOUR}
MOVED = content(NOW + 3 * HOUR)


@pytest.mark.parametrize(
    ("fields", "merged"),
    [
        (WHEN, Merged(MOVED, when=True, subject=False)),
        ({"start": NOW}, Merged(content(NOW, 2), when=True, subject=False)),
        ({"end": NOW + 3 * HOUR}, Merged(content(hours=2), when=True, subject=False)),
        ({"subject": "New"}, Merged(content(subject="New"), when=False, subject=True)),
        ({"subject": ""}, Merged(content(subject=""), when=False, subject=True)),
        (
            {**WHEN, "subject": "New"},
            Merged(content(NOW + 3 * HOUR, subject="New"), when=True, subject=True),
        ),
        (
            {"start": START, "end": END, "subject": "Planning"},
            Merged(content(), when=False, subject=False),
        ),
    ],
)
def test_what_is_not_named_stays_and_what_stays_is_not_touched(
    fields: dict[str, Any], merged: Merged
) -> None:
    assert merge(row(), change(**fields)) == merged


@pytest.mark.parametrize(
    ("when_version", "subject_version", "fields", "lost"),
    [
        (5, 0, WHEN, None),  # the user saw that change
        (6, 0, WHEN, ("when",)),
        (6, 0, {"start": NOW}, ("when",)),
        (6, 0, {"end": NOW + 9 * HOUR}, ("when",)),
        (6, 0, {"subject": "New"}, None),
        (0, 6, WHEN, None),
        (0, 6, {"subject": "New"}, ("subject",)),
        (0, 6, {**WHEN, "subject": "New"}, ("subject",)),
        (6, 6, {**WHEN, "subject": "New"}, ("when", "subject")),
    ],
)
def test_outlook_wins_each_field_that_it_changed_after_what_the_user_saw(
    when_version: int, subject_version: int, fields: dict[str, Any], lost: tuple[str, ...] | None
) -> None:
    now = row(version=9, when_version=when_version, subject_version=subject_version)
    merged = merge(now, change(base_version=5, **fields))
    assert merged == Stale(lost) if lost else isinstance(merged, Merged)


def test_a_field_that_outlook_changed_is_kept_under_a_change_of_the_other() -> None:
    now = row(starts=NOW + 5 * HOUR, version=9, when_version=9)
    merged = merge(now, change(base_version=5, subject="New"))
    assert merged == Merged(content(NOW + 5 * HOUR, subject="New"), when=False, subject=True)


@pytest.mark.parametrize("fields", [{"start": END}, {"start": END + HOUR}, {"end": START}])
def test_an_end_that_is_not_later_than_the_start_makes_no_booking(fields: dict[str, Any]) -> None:
    assert merge(row(), change(**fields)) is None

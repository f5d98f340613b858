from typing import Any

import pytest

from sync_worker.domain.adoption import adopted, match
from sync_worker.domain.changes import Ours, apply

from .examples import BOOKING, HOUR, MINUTE, NOW, book, row

ROOMS_WORDS: dict[str, Any] = {
    "subject": "Mara Lind"
}  # rooms put the organiser's name in the subject's place


@pytest.mark.parametrize(
    "fields",
    [
        {},
        ROOMS_WORDS,
        {"organizer_email": "MARA@X.test"},
        {"answer": "tentative"},
        {"answer": "pending", **ROOMS_WORDS},
        {"conflicted": True},
    ],
)
def test_an_outlook_booking_of_the_same_person_and_time_is_what_is_asked_for(
    fields: dict[str, Any],
) -> None:
    standing = row(9, **fields)
    assert match([row(8, NOW + 5 * HOUR), standing], book()) == standing


@pytest.mark.parametrize(
    "fields",
    [
        {"organizer_email": "bob@x.test"},
        {"organizer_email": ""},
        {"starts": NOW + HOUR - MINUTE},
        {"ends": NOW + 2 * HOUR + MINUTE},
        {"all_day": True},
        {"subject": "Something else"},
        {"kind": "occurrence"},
        {"kind": "master"},
        {"origin": "clearooms"},
        {"answer": "cancelled"},
        {"removed_at": NOW},
        {"published": False},
    ],
)
def test_any_other_booking_is_not(fields: dict[str, Any]) -> None:
    assert match([row(9, **fields)], book()) is None


def test_of_two_that_fit_neither_is_taken() -> None:
    assert match([row(8), row(9)], book()) is None


def test_the_old_id_is_told_as_cancelled_before_the_new_one_takes_its_event() -> None:
    standing = row(9, answer="tentative", when_version=4, subject_version=5, **ROOMS_WORDS)
    rows = adopted(standing, book(subject="Ours"), "mara@x.test", NOW)
    changes = apply([standing], [], [], 6, NOW, Ours(rows))
    left, ours = changes.told
    assert (left.id, left.status, left.version, left.removed_at) == (
        standing.id,
        "cancelled",
        7,
        NOW,
    )
    assert (ours.id, ours.status, ours.version) == (BOOKING, "tentative", 8)
    assert (ours.event_id, ours.origin, ours.subject) == (standing.event_id, "clearooms", "Ours")
    assert ours.organizer_mailbox == "mara@x.test"
    assert (ours.when_version, ours.subject_version) == (0, 0)
    assert left.event_id != ours.event_id

from dataclasses import replace
from typing import Any

import pytest

from sync_worker.domain.adoption import Marked, adopted, match, renamed, restored, stands
from sync_worker.domain.booking import unbound_id
from sync_worker.domain.changes import Ours, Seen, apply

from .examples import BOOKING, HOUR, MINUTE, NOW, book, row, sighting

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


MARKED = Marked(BOOKING, "Ours", "mara@x.test", "organiser's")


def test_an_event_with_our_marker_is_the_booking_it_names() -> None:
    made = restored(None, sighting("e9"), MARKED, NOW)
    assert made is not None
    [ours] = apply([], [Seen(sighting("e9"))], [], 3, NOW, Ours((made,))).told
    assert (ours.id, ours.event_id, ours.origin, ours.status) == (
        BOOKING, "e9", "clearooms", "confirmed",
    )  # fmt: skip
    assert (ours.subject, ours.organizer_event_id) == ("Ours", "organiser's")


def test_a_booking_that_waited_for_its_event_or_lost_it_gets_it() -> None:
    waiting = row(event_id=unbound_id(BOOKING), origin="clearooms", answer="pending")
    withdrawn = row(origin="clearooms", removed_at=NOW, withdrawn_at=NOW, answer="cancelled")
    for known in (waiting, withdrawn):
        made = restored(known, sighting("e9"), MARKED, NOW)
        assert made is not None
        assert (made.id, made.event_id, made.withdrawn_at) == (BOOKING, "e9", None)


def test_a_booking_that_has_its_event_does_not_take_a_second_one_with_its_marker() -> None:
    assert restored(row(origin="clearooms"), sighting("e9"), MARKED, NOW) is None


@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ({}, True),
        ({"origin": "outlook"}, False),
        ({"removed_at": NOW}, False),
        ({"starts": NOW}, False),
        ({"ends": NOW + 9 * HOUR}, False),
    ],
)
def test_a_booking_stands_as_asked_if_it_is_ours_and_there(
    fields: dict[str, Any], fits: bool
) -> None:
    assert stands(row(**{"origin": "clearooms", **fields}), book()) is fits


@pytest.mark.parametrize(
    ("fields", "same"),
    [
        ({}, True),
        ({"origin": "clearooms"}, True),
        ({"ical_uid": "another"}, False),
        ({"ical_uid": None}, False),
        ({"starts": NOW}, False),
        ({"ends": NOW + 9 * HOUR}, False),
        ({"kind": "occurrence"}, False),
        ({"removed_at": NOW}, False),
        ({"event_id": "new"}, False),
        ({"event_id": unbound_id(BOOKING)}, False),
    ],
)
def test_the_same_meeting_under_another_event_id_is_told_by_ical_uid_and_time(
    fields: dict[str, Any], same: bool
) -> None:
    known, one = row(**fields), sighting("new", iCalUId="uid 1")
    assert renamed([row(2), known], [one]) == ([(known, one)] if same else [])


def test_a_meeting_under_another_event_id_keeps_its_booking_and_nobody_is_told() -> None:
    known = row(subject="Planning")
    one = sighting("new", etag="2", iCalUId="uid 1")
    again = replace(known, event_id="new")
    changes = apply([known], [Seen(one)], [], 3, NOW, Ours((again,)))
    assert changes.told == ()
    [kept] = changes.quiet
    assert (kept.id, kept.event_id) == (known.id, "new")

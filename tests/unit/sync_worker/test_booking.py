from typing import Any

import pytest

from sync_worker.domain.booking import MOST_SEEN_ETAGS, unbound_id, with_seen

from .examples import BOOKING, HOUR, NOW, row


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("confirmed", "conflicted"),
        ("tentative", "conflicted"),
        ("pending", "pending"),
        ("cancelled", "cancelled"),
    ],
)
def test_an_overlap_hides_that_the_room_has_answered_and_nothing_else(
    answer: str, status: str
) -> None:
    assert row(answer=answer).status == answer
    assert row(answer=answer, conflicted=True).status == status


def test_a_booking_is_bound_once_the_rooms_copy_was_seen() -> None:
    assert row().bound
    assert not row(event_id=unbound_id(BOOKING)).bound


@pytest.mark.parametrize(
    ("fields", "news"),
    [
        ({"subject": "New"}, True),
        ({"ends": NOW + 9 * HOUR}, True),
        ({"answer": "tentative"}, True),
        ({"conflicted": True}, True),
        ({"etag": "2", "seen_etags": ("1", "2")}, False),
        ({"when_version": 9, "subject_version": 9}, False),
        ({"organizer_mailbox": "mara@x.test", "organizer_event_id": "e"}, False),
    ],
)
def test_receivers_are_told_what_they_see(fields: dict[str, Any], *, news: bool) -> None:
    assert (row().told() != row(**fields).told()) is news


def test_the_newest_etags_are_kept_each_once() -> None:
    many = tuple(str(number) for number in range(20))
    assert with_seen((), many) == many[-MOST_SEEN_ETAGS:]
    assert with_seen(("1", "2"), ("2", "3", "3")) == ("1", "2", "3")
    assert with_seen(("1", "2"), ("1",)) == ("1", "2")

from typing import Any

import pytest

from sync_worker.domain.booking import MOST_SEEN_ETAGS, SHOWS_WITHIN, unbound_id, with_seen

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


@pytest.mark.parametrize(
    ("fields", "lags"),
    [
        ({}, True),
        ({"changed_at": NOW - 2 * SHOWS_WITHIN}, False),
        ({"changed_at": NOW - 2 * SHOWS_WITHIN, "written_at": NOW}, True),
        ({"changed_at": NOW - 2 * SHOWS_WITHIN, "published": False}, True),
        ({"changed_at": NOW - 2 * SHOWS_WITHIN, "past_etags": ("2",)}, False),
    ],
)
def test_a_read_lags_that_shows_a_state_left_behind_lately(
    fields: dict[str, Any], *, lags: bool
) -> None:
    left: dict[str, Any] = {"past_etags": ("1",), "changed_at": NOW, "version": 3}
    assert row(**(left | fields)).lags("1", NOW) is lags


@pytest.mark.parametrize(
    ("before", "after", "doubtful"),
    [
        ({"answer": "confirmed"}, {"answer": "pending"}, True),
        ({"answer": "pending"}, {"answer": "confirmed"}, False),
        ({"answer": "confirmed", "changed_at": NOW - SHOWS_WITHIN}, {"answer": "pending"}, False),
        ({"answer": "confirmed"}, {"answer": "pending", "version": 3}, False),
        ({"answer": "confirmed", "version": 0}, {"answer": "pending"}, False),
    ],
)
def test_what_takes_the_place_of_fresh_news_is_doubted_but_for_the_rooms_answer(
    before: dict[str, Any], after: dict[str, Any], *, doubtful: bool
) -> None:
    fresh: dict[str, Any] = {"version": 3, "changed_at": NOW}
    old = row(**(fresh | before))
    until = old.doubtful_until(row(**({"version": 4, **after})), NOW)
    assert until == (NOW + SHOWS_WITHIN if doubtful else None)


@pytest.mark.parametrize(
    ("before", "after", "hinted", "doubtful"),
    [
        ("confirmed", "pending", ("2", "3"), True),
        ("tentative", "pending", ("3",), True),
        ("confirmed", "pending", ("2", "1"), False),
        ("confirmed", "pending", (), False),
        ("confirmed", "tentative", ("3",), False),
        ("pending", "pending", ("3",), False),
    ],
)
def test_an_answer_that_is_gone_is_doubted_where_a_state_was_hinted_at_that_nobody_has_seen(
    before: str, after: str, hinted: tuple[str, ...], *, doubtful: bool
) -> None:
    old = row(answer=before, etag="1", version=3, changed_at=NOW - SHOWS_WITHIN)
    until = old.doubtful_until(row(answer=after, etag="2", version=4), NOW, hinted)
    assert (until is not None) is doubtful


@pytest.mark.parametrize(
    ("answer", "hinted", "asked"),
    [
        ("pending", ("1", "2"), True),
        ("pending", ("1",), False),
        ("pending", (), False),
        ("confirmed", ("1", "2"), False),
    ],
)
def test_an_answer_that_is_not_there_is_asked_for_where_a_hint_may_have_told_of_it(
    answer: str, hinted: tuple[str, ...], *, asked: bool
) -> None:
    until = row(answer=answer, etag="1").unanswered_until(NOW, hinted)
    assert until == (NOW + SHOWS_WITHIN if asked else None)

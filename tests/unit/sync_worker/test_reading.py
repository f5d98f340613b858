from dataclasses import replace
from datetime import timedelta

import pytest

from sync_worker.domain.booking import Row
from sync_worker.domain.changes import Seen, apply
from sync_worker.domain.reading import (
    Drop,
    Pending,
    Read,
    Wait,
    answered,
    by_event,
    decide,
    missing,
)

from .examples import NOW, sighting


def hint(etag: str | None = "2", no: int = 1) -> Pending:
    return Pending("e1", etag, no, NOW)


def row(etag: str = "1", *asked: str) -> Row:
    return apply([], [Seen(sighting(etag=etag), asked)], [], 0, NOW).rows[0]


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def test_a_hint_about_an_unknown_event_or_state_asks_for_a_read() -> None:
    assert decide([hint()], None, NOW) == Read((hint(),))
    assert decide([hint()], row(), NOW) == Read((hint(),))
    assert decide([hint(None)], row(), NOW) == Read((hint(None),))


@pytest.mark.parametrize("known", [row("2"), row("1", "2")])
def test_a_state_that_was_read_or_asked_for_costs_nothing(known: Row) -> None:
    assert decide([hint("2")], known, NOW) == Drop()


def test_a_hint_waits_for_its_time_unless_a_new_one_comes() -> None:
    waiting = replace(hint(), ask_at=NOW + seconds(2))
    assert decide([waiting], None, NOW) == Wait((waiting,))
    assert decide([waiting], None, NOW + seconds(2)) == Read((waiting,))
    assert decide([waiting, hint("3")], None, NOW) == Read((waiting, hint("3")))


def test_the_mirrors_own_state_is_asked_about_again_after_2_10_and_60_seconds() -> None:
    hints: tuple[Pending, ...] = (hint(),)
    now = NOW
    for wait in (2, 10, 60):
        after = answered(hints, row("1"), "1", now)
        now += seconds(wait)
        assert [each.ask_at for each in after.waiting] == [now]
        early = answered(after.waiting, row("1"), "1", now - seconds(1))
        assert early.waiting == after.waiting  # asked for another hint's sake: that uses nothing up
        hints = after.waiting
    last = answered(hints, row("1"), "1", now)
    assert (last.waiting, last.etags) == ((), ("2",))


def test_a_newer_state_satisfies_every_earlier_hint() -> None:
    after = answered([hint("2"), hint("3")], row("1"), "3", NOW)
    assert (after.waiting, after.etags) == ((), ("2", "3"))


def test_a_hint_after_the_one_that_fits_is_asked_about_again() -> None:
    after = answered([hint("2"), hint("3")], row("1"), "2", NOW)
    assert [each.etag for each in after.waiting] == ["3"]
    assert after.etags == ("2",)


def test_a_state_nobody_announced_satisfies_all() -> None:
    assert answered([hint("2")], row("1"), "9", NOW).waiting == ()


def test_a_removal_needs_two_404_two_seconds_apart() -> None:
    first = missing([hint()], known=True, now=NOW)
    assert (first.gone, [each.ask_at for each in first.waiting]) == (False, [NOW + seconds(2)])
    too_soon = missing(first.waiting, known=True, now=NOW + seconds(1))
    assert not too_soon.gone
    assert missing(too_soon.waiting, known=True, now=NOW + seconds(2)).gone


def test_an_unknown_id_is_dropped_after_its_last_404() -> None:
    hints: tuple[Pending, ...] = (hint(),)
    now = NOW
    for wait in (2, 10, 60):
        hints = missing(hints, known=False, now=now).waiting
        now += seconds(wait)
        assert [each.ask_at for each in hints] == [now]
    assert missing(hints, known=False, now=now).waiting == ()


def test_a_404_soon_after_our_own_write_proves_nothing() -> None:
    settled = NOW + seconds(75)
    first = missing([hint()], known=True, now=NOW, settles_at=settled)
    assert (first.gone, [each.ask_at for each in first.waiting]) == (False, [settled])
    again = missing(first.waiting, known=True, now=NOW + seconds(9), settles_at=settled)
    assert (again.gone, [each.ask_at for each in again.waiting]) == (False, [settled])
    assert missing(again.waiting, known=True, now=settled).gone


def test_a_state_that_the_row_had_before_satisfies_no_hint() -> None:
    behind = replace(row("2"), past_etags=("1",))
    after = answered([hint("3")], behind, "1", NOW)
    assert [each.ask_at for each in after.waiting] == [NOW + seconds(2)]


def test_hints_are_grouped_by_event_in_the_order_they_came() -> None:
    other = replace(hint("9"), event="e2")
    assert by_event([hint("2"), other, hint("3")]) == {
        "e1": (hint("2"), hint("3")),
        "e2": (other,),
    }

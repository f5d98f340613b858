from datetime import timedelta
from uuid import uuid4

from sync_worker.domain.absence import (
    Lacking,
    Standing,
    Window,
    after_missing,
    lacking,
    merged,
    to_ask,
)
from sync_worker.domain.alternatives import Slot

from .examples import HOUR, NOW


def standing(event_id: str, master_id: str | None = None) -> Standing:
    return Standing(uuid4(), event_id, master_id, NOW + HOUR)


def test_only_what_the_read_did_not_bring_is_lacking() -> None:
    rows = [standing("a"), standing("b")]
    assert lacking(rows, {rows[0].id}) == (rows[1],)


def test_a_series_that_lacks_as_a_whole_is_asked_for_by_its_master() -> None:
    whole = [standing("o1", "m"), standing("o2", "m")]
    partly = [standing("p1", "n"), standing("p2", "n")]
    single = standing("s")
    asked = to_ask([*whole, *partly, single], [*whole, partly[0], single], NOW)
    assert {each.event for each in asked} == {"m", "p1", "s"}


def test_a_question_under_way_keeps_its_first_404() -> None:
    owed = Lacking("a", NOW, gone_at=NOW)
    assert merged([owed], [Lacking("a", NOW), Lacking("b", NOW)]) == (owed, Lacking("b", NOW))


def test_the_second_404_counts_two_seconds_after_the_first() -> None:
    again = after_missing(Lacking("a", NOW), NOW)
    assert again is not None
    assert after_missing(again, NOW + timedelta(seconds=1)) == again
    assert after_missing(again, NOW + timedelta(seconds=2)) is None


def test_what_touches_a_border_need_not_be_listed() -> None:
    window = Window(NOW, NOW + HOUR)
    assert window.overlaps(Slot(NOW - HOUR, NOW + HOUR))
    assert not window.overlaps(Slot(NOW - HOUR, NOW))
    assert not window.overlaps(Slot(NOW + HOUR, NOW + 2 * HOUR))

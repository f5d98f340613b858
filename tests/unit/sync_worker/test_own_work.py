from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from sync_worker.domain.changes import Seen, withdrawn
from sync_worker.domain.work import Work
from sync_worker.handlers.errands import Errands
from sync_worker.handlers.own_work import leaving, may_be_ours, still_shown

from .examples import HOUR, MINUTE, NOW, content, intent, row, sighting

GONE = withdrawn(row(event_id="e1"), NOW)


@pytest.mark.parametrize(
    ("after", "answer", "kept"),
    [
        (timedelta(0), "accepted", True),
        (119 * MINUTE / 60, "accepted", True),
        (2 * MINUTE, "accepted", False),  # by now Graph shows what is: it came back
        (timedelta(0), "declined", False),
    ],
)
def test_what_we_took_away_does_not_come_back_from_an_old_copy(
    after: timedelta, answer: str, *, kept: bool
) -> None:
    seen = Seen(sighting("e1", responseStatus={"response": answer}))
    assert may_be_ours(Errands(Work()), [GONE], seen, NOW + after) is kept


@pytest.mark.parametrize(
    ("fields", "leaves"),
    [
        ({"step": "cancel"}, True),
        ({"step": "decline"}, True),
        ({"step": "delete", "path": "direct"}, True),
        ({"step": "cancel", "stage": "done"}, False),
        ({"step": "change"}, False),
    ],
)
def test_what_was_given_up_is_on_its_way_out_until_it_is_taken_away(
    fields: dict[str, Any], *, leaves: bool
) -> None:
    errands = Errands(Work(intents=(intent(**fields),)))
    assert leaving(errands, [GONE]) == ([GONE] if leaves else [])
    meeting = replace(GONE, id=UUID(int=2), series_id=GONE.id)
    assert leaving(errands, [meeting]) == ([meeting] if leaves else [])
    assert leaving(errands, [row(event_id="e1")]) == []  # it stands: a twin of it is leaving
    assert leaving(errands, [replace(GONE, id=UUID(int=2))]) == []


def test_what_is_on_its_way_out_shows_in_vain_until_it_shows_as_cancelled() -> None:
    assert still_shown([GONE], Seen(sighting("e1")))
    assert not still_shown([GONE], Seen(sighting("e1", isCancelled=True)))
    assert not still_shown([GONE], Seen(sighting("e2")))


def test_an_event_of_somebody_elses_is_published() -> None:
    assert not may_be_ours(Errands(Work()), [GONE], Seen(sighting("e2")), NOW)


def test_an_old_change_that_strikes_late_is_sent_over_again_unless_the_booking_is_parked() -> None:
    older = intent(step="change", stage="guarding", by_answer=False)
    newer = intent(
        id=UUID(int=2_000), step="change", stage="done",
        content=content(NOW + 5 * HOUR), created_at=NOW + MINUTE,
    )  # fmt: skip
    booking = row(starts=NOW + 5 * HOUR, origin="clearooms", when_ours=True)
    struck = Seen(sighting("e1"))
    for flips, kept in ((4, True), (5, False)):
        errands = Errands(Work(intents=(older, newer)))
        known = replace(booking, flips=(NOW,) * flips)
        assert may_be_ours(errands, [known], struck, NOW + 2 * MINUTE) is kept
        assert bool(errands.reappeared) is kept


def test_a_change_of_ours_whose_outcome_was_never_unknown_has_no_twin_that_strikes_late() -> None:
    older = intent(step="change", stage="guarding", by_answer=True, attempts=1)
    newer = intent(
        id=UUID(int=2_000), step="change", stage="done",
        content=content(NOW + 5 * HOUR), created_at=NOW + MINUTE,
    )  # fmt: skip
    booking = row(starts=NOW + 5 * HOUR, origin="clearooms", when_ours=True)
    errands = Errands(Work(intents=(older, newer)))
    assert not may_be_ours(errands, [booking], Seen(sighting("e1")), NOW + 2 * MINUTE)
    again = Errands(Work(intents=(replace(older, attempts=2), newer)))
    assert may_be_ours(again, [booking], Seen(sighting("e1")), NOW + 2 * MINUTE)

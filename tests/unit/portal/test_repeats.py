"""Recurrence as people say it, into rules that the sync reads back to the same days."""

from datetime import date, timedelta
from typing import Any

import pytest

from portal.domain.refusal import Refusal
from portal.domain.repeats import Repeats, in_words, rule
from sync_worker.domain.recurrence import days, read

THURSDAY = date(2026, 11, 26)


def asked(repeat: str, **more: Any) -> Repeats:
    return Repeats.model_validate({"repeat": repeat, **more})


@pytest.mark.parametrize(
    ("repeats", "first", "wanted", "words"),
    [
        (asked("no"), THURSDAY, None, ""),
        (asked("daily"), THURSDAY, "FREQ=DAILY;COUNT=10", "every day, 10 times"),
        (asked("weekdays", ends="never"), THURSDAY, "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
         "every weekday, Monday to Friday"),
        (asked("weekly", every="2", times="3"), THURSDAY,
         "FREQ=WEEKLY;BYDAY=TH;INTERVAL=2;COUNT=3", "every 2 weeks on Thursday, 3 times"),
        (asked("weekly", on_tu="1", on_th="1", ends="until", until="2026-12-31"), THURSDAY,
         "FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20261231",
         "every week on Tuesday and Thursday, until 2026-12-31"),
        (asked("monthly-day"), THURSDAY, "FREQ=MONTHLY;BYMONTHDAY=26;COUNT=10",
         "every month on day 26, 10 times"),
        (asked("monthly-nth"), THURSDAY, "FREQ=MONTHLY;BYDAY=4TH;COUNT=10",
         "every month on the fourth Thursday, 10 times"),
        (asked("monthly-last"), THURSDAY, "FREQ=MONTHLY;BYDAY=-1TH;COUNT=10",
         "every month on the last Thursday, 10 times"),
    ],
)  # fmt: skip
def test_what_is_chosen_becomes_a_rule(
    repeats: Repeats, first: date, wanted: str | None, words: str
) -> None:
    assert rule(repeats, first) == wanted
    assert in_words(repeats, first) == words


@pytest.mark.parametrize(
    ("repeats", "first", "field"),
    [
        (asked("weekdays"), date(2026, 11, 28), "day"),
        (asked("weekly", on_mo="1"), THURSDAY, "day"),
        (asked("monthly-day"), date(2026, 11, 30), "repeat"),
        (asked("monthly-nth"), date(2026, 11, 30), "repeat"),
        (asked("monthly-last"), date(2026, 11, 19), "repeat"),
        (asked("daily", ends="until"), THURSDAY, "until"),
        (asked("daily", ends="until", until="2026-11-25"), THURSDAY, "until"),
    ],
)
def test_what_has_no_such_first_day_or_no_end_is_refused_with_its_field(
    repeats: Repeats, first: date, field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        rule(repeats, first)
    assert [error.field for error in refused.value.errors] == [field]


@pytest.mark.parametrize(
    "repeat", ["daily", "weekdays", "weekly", "monthly-day", "monthly-nth", "monthly-last"]
)
def test_the_sync_takes_every_rule_that_is_made_here(repeat: str) -> None:
    made, day = 0, date(2026, 1, 1)
    while day.year == 2026:
        try:
            text = rule(asked(repeat), day)
        except Refusal:
            pass
        else:
            assert text is not None
            assert next(days(read(text, day))) == day
            made += 1
        day += timedelta(days=1)
    assert made > 40

"""How a series repeats, told from the days on which it meets."""

from datetime import date, timedelta

import pytest

from portal.domain.series_words import series_in_words

FIRST = date(2027, 1, 4)  # a Monday, the first of its month


def days(*numbers: int) -> list[date]:
    return [FIRST + timedelta(days=number) for number in numbers]


@pytest.mark.parametrize(
    ("met", "told"),
    [
        (days(0, 7, 14), "Every week on Monday, at least until 18 January 2027"),
        (days(0, 14, 28, 42), "Every 2 weeks on Monday, at least until 15 February 2027"),
        (days(0, 3, 7, 10, 14), "Every week on Monday and Thursday, at least until 18 January 2027"),
        (days(0, 1, 2, 3), "Every day, at least until 7 January 2027"),
        (days(0, 3, 6, 9), "Every 3 days, at least until 13 January 2027"),
        (days(0, 1, 2, 3, 4, 7, 8, 9), "Every weekday, Monday to Friday, at least until 13 January 2027"),
        ([date(2027, month, 4) for month in (1, 2, 3)], "Every month on day 4, at least until 4 March 2027"),
        ([date(2027, 1, 4), date(2027, 2, 1), date(2027, 3, 1), date(2027, 4, 5)],
         "Every month on the first Monday, at least until 5 April 2027"),
        ([date(2027, 1, 25), date(2027, 2, 22), date(2027, 3, 29), date(2027, 4, 26)],
         "Every month on the last Monday, at least until 26 April 2027"),
        ([date(2027, 1, 15), date(2027, 4, 15), date(2027, 7, 15)],
         "Every 3 months on day 15, at least until 15 July 2027"),
    ],
)  # fmt: skip
def test_a_rule_that_has_all_meetings_and_hardly_others_is_told(met: list[date], told: str) -> None:
    assert series_in_words(met) == told


def test_meetings_that_were_cancelled_do_not_hide_the_rule() -> None:
    assert series_in_words(days(0, 7, 21, 28, 42)).startswith("Every week on Monday, ")


@pytest.mark.parametrize(
    ("met", "told"),
    [
        (days(0, 7), "2 meetings are known, the last on 11 January 2027"),
        (days(0), "1 meeting is known, the last on 4 January 2027"),
        (days(0, 5, 23, 24, 91), "5 meetings are known, the last on 5 April 2027"),
        ([], ""),
    ],
)
def test_without_a_rule_it_is_told_how_many_are_known(met: list[date], told: str) -> None:
    assert series_in_words(met) == told

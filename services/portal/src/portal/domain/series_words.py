"""How an existing series repeats, in words, told from its meetings: the rule itself is Outlook's and never read."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from math import gcd
from typing import Final

from .repeats import DAYS, NAMES, every, joined, nth

_FEWEST: Final = 3  # two meetings are a week, a month and much else apart
_WEEK: Final = 7
_WORK: Final = frozenset(range(5))

Rule = Callable[[date], bool]


def series_in_words(days: Sequence[date]) -> str:
    """As in “Every week on Monday, at least until 3 March 2027”; only how many there are where no rule fits most of them."""
    known = sorted(set(days))
    if not known:
        return ""
    until = f"{known[-1].day} {known[-1]:%B %Y}"
    pattern = _pattern(known)
    if pattern is None:
        many = f"{len(known)} meetings are" if len(known) > 1 else "1 meeting is"
        return f"{many} known, the last on {until}"
    return f"{pattern[0].upper()}{pattern[1:]}, at least until {until}"


def _pattern(known: Sequence[date]) -> str | None:
    """The rule that has all of these days and the fewest others, which may have been cancelled."""
    if len(known) < _FEWEST:
        return None
    first, length = known[0], (known[-1] - known[0]).days + 1
    span = [first + timedelta(days=number) for number in range(length)]
    fits = [
        (len(known) / sum(map(rule, span)), words)
        for words, rule in _rules(known)
        if all(map(rule, known))
    ]
    share, words = max(fits, key=lambda fit: fit[0])
    return words if share > 1 / 2 else None


def _rules(known: Sequence[date]) -> Iterator[tuple[str, Rule]]:
    first = known[0]
    days = gcd(*((day - first).days for day in known))
    weeks = gcd(*(_week(day) - _week(first) for day in known)) or 1
    months = gcd(*(_month(day) - _month(first) for day in known)) or 1
    weekdays = {day.weekday() for day in known}
    names = joined([NAMES[each] for each in sorted(weekdays)])

    def in_month(day: date) -> bool:
        return (_month(day) - _month(first)) % months == 0

    if days % _WEEK:
        yield every(days, "day"), lambda day: (day - first).days % days == 0
    if weekdays == _WORK and weeks == 1:
        yield "every weekday, Monday to Friday", lambda day: day.weekday() in _WORK
    else:
        yield (
            f"{every(weeks, 'week')} on {names}",
            lambda day: day.weekday() in weekdays and (_week(day) - _week(first)) % weeks == 0,
        )
    yield (
        f"{every(months, 'month')} on day {first.day}",
        lambda day: day.day == first.day and in_month(day),
    )
    yield (
        f"{every(months, 'month')} on the {nth(first)} {names}",
        lambda day: day.weekday() == first.weekday() and nth(day) == nth(first) and in_month(day),
    )
    yield (
        f"{every(months, 'month')} on the last {names}",
        lambda day: day.weekday() == first.weekday() and _is_last(day) and in_month(day),
    )


def _week(day: date) -> int:
    return (day.toordinal() - 1) // len(DAYS)  # the first of all days was a Monday


def _month(day: date) -> int:
    return day.year * 12 + day.month


def _is_last(day: date) -> bool:
    return (day + timedelta(days=_WEEK)).month != day.month

"""How a booking repeats, as people say it, into the RFC 5545 rule that the sync takes."""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import Field

from .refusal import Refusal, invalid
from .wire import Body

Repeat = Literal["no", "daily", "weekdays", "weekly", "monthly-day", "monthly-nth", "monthly-last"]
Ends = Literal["times", "until", "never"]

DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
NAMES: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ORDINALS: Final = ("first", "second", "third", "fourth")
_LAST_SAFE_DAY: Final = 28


class Repeats(Body):
    """The choices of the form; a weekday is chosen when its field is there at all."""

    repeat: Repeat = "no"
    every: Annotated[int, Field(ge=1, le=99)] = 1
    on_mo: str = ""
    on_tu: str = ""
    on_we: str = ""
    on_th: str = ""
    on_fr: str = ""
    on_sa: str = ""
    on_su: str = ""
    ends: Ends = "times"
    times: Annotated[int, Field(ge=1, le=999)] = 10
    until: date | None = None

    @property
    def weekdays(self) -> list[str]:
        """Those chosen."""
        return [day for day in DAYS if getattr(self, f"on_{day.lower()}")]


def rule(asked: Repeats, first: date) -> str | None:
    """The rule of a series that begins on `first`, None for a single booking; refuses what has no such first day."""
    if asked.repeat == "no":
        return None
    parts = _pattern(asked, first)
    if asked.every > 1 and asked.repeat != "weekdays":
        parts.append(f"INTERVAL={asked.every}")
    match asked.ends:
        case "times":
            parts.append(f"COUNT={asked.times}")
        case "until":
            if asked.until is None:
                raise invalid("until", "must say the last day")
            if asked.until < first:
                raise invalid("until", "must not be before the first meeting")
            parts.append(f"UNTIL={asked.until:%Y%m%d}")
        case "never":
            pass
    return ";".join(parts)


def in_words(asked: Repeats, first: date) -> str:
    """As in “every 2 weeks on Monday and Thursday, 10 times”; empty for a single booking."""
    if asked.repeat == "no":
        return ""
    chosen = asked.weekdays or [DAYS[first.weekday()]]
    names = [NAMES[DAYS.index(day)] for day in chosen]
    text = {
        "daily": every(asked.every, "day"),
        "weekdays": "every weekday, Monday to Friday",
        "weekly": f"{every(asked.every, 'week')} on {joined(names)}",
        "monthly-day": f"{every(asked.every, 'month')} on day {first.day}",
        "monthly-nth": f"{every(asked.every, 'month')} on the {nth(first)} {NAMES[first.weekday()]}",
        "monthly-last": f"{every(asked.every, 'month')} on the last {NAMES[first.weekday()]}",
    }[asked.repeat]
    match asked.ends:
        case "times":
            return f"{text}, {asked.times} times" if asked.times > 1 else f"{text}, once"
        case "until":
            return f"{text}, until {asked.until}"
        case "never":
            return text


def nth(first: date) -> str:
    """Which of its month's days of this name it is: first to fourth, else fifth."""
    number = (first.day - 1) // 7
    return ORDINALS[number] if number < len(ORDINALS) else "fifth"


def _pattern(asked: Repeats, first: date) -> list[str]:
    today = DAYS[first.weekday()]
    match asked.repeat:
        case "daily":
            return ["FREQ=DAILY"]
        case "weekdays":
            if first.weekday() > DAYS.index("FR"):
                raise _begins("a Monday to Friday")
            return ["FREQ=WEEKLY", f"BYDAY={','.join(DAYS[:5])}"]
        case "weekly":
            chosen = asked.weekdays or [today]
            if today not in chosen:
                raise _begins(joined([NAMES[DAYS.index(day)] for day in chosen], "or"))
            return ["FREQ=WEEKLY", f"BYDAY={','.join(chosen)}"]
        case "monthly-day":
            if first.day > _LAST_SAFE_DAY:
                raise invalid(
                    "repeat",
                    "cannot be a day that some months lack: choose the last weekday of the month",
                )
            return ["FREQ=MONTHLY", f"BYMONTHDAY={first.day}"]
        case "monthly-nth":
            number = (first.day - 1) // 7 + 1
            if number > len(ORDINALS):
                raise invalid("repeat", "cannot be a fifth weekday: choose the last one")
            return ["FREQ=MONTHLY", f"BYDAY={number}{today}"]
        case _:
            if _has_another(first):
                raise invalid("repeat", f"must begin on the last {NAMES[first.weekday()]}")
            return ["FREQ=MONTHLY", f"BYDAY=-1{today}"]


def _has_another(first: date) -> bool:
    """Whether the same weekday comes once more in this month."""
    return date.fromordinal(first.toordinal() + 7).month == first.month


def _begins(day: str) -> Refusal:
    return invalid("day", f"must be {day}: the first meeting is one of the series")


def every(number: int, unit: str) -> str:
    """As in “every 2 weeks”."""
    return f"every {unit}" if number == 1 else f"every {number} {unit}s"


def joined(names: list[str], word: str = "and") -> str:
    """As in “Monday, Tuesday and Friday”."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"

"""The checks of a connection test as lines of a list, while it runs and after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from ..domain.checks import Check, Name
from ..domain.diagnosis import TestResult
from ..domain.trials import RunningTest

State = Literal["pass", "fail", "note", "unknown", "running", "waiting"]

_TITLES: Final[Mapping[Name, str]] = {
    "token": "Sign-in to Entra",
    "permissions": "Permissions",
    "consent": "Admin consent",
    "rooms": "Room mailboxes",
    "calendar": "Room calendars",
    "scope": "Reach of the app",
    "webhook": "Webhook",
    "write": "Write and undo",
    "room_subjects": "Meeting titles",
    "room_conflicts": "Double bookings",
}
_WORDS: Final[Mapping[State, str]] = {
    "pass": "Passed",
    "fail": "Failed",
    "note": "Please look",
    "unknown": "Not known",
    "running": "Checking",
    "waiting": "Waiting",
}
_NEVER_RED: Final = frozenset({"room_subjects", "room_conflicts"})
_UNTRIED: Final = "not tried"


@dataclass(frozen=True, slots=True)
class Line:
    """One check; `word` says what its sign shows."""

    title: str
    state: State
    word: str
    detail: str = ""


def result_rows(result: TestResult) -> list[Line]:
    """Every check of a test that has ended."""
    return [_line(check) for check in result.checks]


def progress_rows(run: RunningTest) -> list[Line]:
    """Every check from the beginning, so that nothing moves when one becomes known."""
    known = {check.name: check for check in run.checks}
    names: tuple[Name, ...] = get_args(Name)
    return [
        _line(known[name])
        if name in known
        else _pending(name, "running" if name == run.under_way else "waiting")
        for name in names
    ]


def _line(check: Check) -> Line:
    state: State = check.result
    if state == "fail" and check.name in _NEVER_RED:
        state = "note"
    word = "Not tried" if check.detail == _UNTRIED else _WORDS[state]
    detail = "" if check.detail == _UNTRIED else check.detail[:1].upper() + check.detail[1:]
    return Line(_TITLES[check.name], state, word, detail)


def _pending(name: Name, state: State) -> Line:
    return Line(_TITLES[name], state, _WORDS[state])

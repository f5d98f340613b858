"""A connection test as it goes on, and the last one that ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from .checks import Check, Name
from .diagnosis import TestResult
from .wire import Resource, Time

BROKE_OFF: Final = "The test broke off on our side, nothing is said about your settings: press Test Settings again."
CHANGED: Final = "The settings were changed while the test ran: press Test Settings again."
LONGEST: Final = timedelta(
    seconds=100
)  # a test takes 90 s at most; what says nothing after that is dead


class RunningTest(Resource):
    """What a test has shown so far, and the step that is under way."""

    started_at: Time
    under_way: Name
    checks: list[Check]


class TestSeen(Resource):
    """The test that runs now, or why the last one broke off, and the result of the last one that ended."""

    __test__ = False  # pytest: a resource, not a test case

    running: RunningTest | None
    problem: str | None
    tested_at: Time | None
    result: TestResult | None


@dataclass(frozen=True, slots=True)
class Trial:
    """A test that has begun and not ended, as stored; `problem` says why it never will."""

    run: RunningTest
    problem: str | None = None


def seen(
    trial: Trial | None, tested_at: datetime | None, result: TestResult | None, now: datetime
) -> TestSeen:
    """What is to be shown."""
    running = problem = None
    if trial is not None:
        problem = trial.problem
        if problem is None and now - trial.run.started_at > LONGEST:
            problem = BROKE_OFF
        running = trial.run if problem is None else None
    return TestSeen(running=running, problem=problem, tested_at=tested_at, result=result)

"""A connection test as it is watched: what is known at each step, and tests that never end."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from portal.domain.caller import Acting
from portal.domain.checks import IN_TURN, checks_before, checks_of
from portal.domain.diagnosis import TestResult
from portal.domain.evidence import Evidence, RoomsListed, TokenGranted
from portal.domain.integration import TestAsked
from portal.domain.refusal import conflict
from portal.domain.trials import BROKE_OFF, LONGEST, RunningTest, Trial, seen
from portal.handlers.probe import Telling
from portal.handlers.trials import Trials
from portal.pages.check_list import progress_rows

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ALL = frozenset({"Calendars.ReadWrite", "Directory.Read.All", "Place.Read.All"})
FAR = Evidence(TokenGranted(ALL), rooms=RoomsListed(7))


def running(since: timedelta) -> Trial:
    return Trial(RunningTest(started_at=NOW - since, under_way="rooms", checks=[]))


def test_every_check_has_its_turn() -> None:
    assert set(IN_TURN) == {check.name for check in checks_of(FAR)}


def test_what_comes_before_the_step_under_way_is_known_and_nothing_else() -> None:
    known = checks_before(FAR, "calendar")

    assert {check.name for check in known} == {"token", "permissions", "consent", "rooms"}
    assert all(check.result == "pass" for check in known)
    assert checks_before(FAR, "token") == []


def test_the_list_has_every_line_from_the_beginning() -> None:
    run = RunningTest(started_at=NOW, under_way="calendar", checks=checks_before(FAR, "calendar"))

    rows = progress_rows(run)

    assert [row.state for row in rows] == [*["pass"] * 4, "running", *["waiting"] * 5]


def test_a_test_that_says_nothing_for_too_long_has_broken_off() -> None:
    fresh = seen(running(LONGEST), None, None, NOW)
    dead = seen(running(LONGEST + timedelta(seconds=1)), None, None, NOW)

    assert (fresh.running is not None, fresh.problem) == (True, None)
    assert (dead.running, dead.problem) == (None, BROKE_OFF)


def test_why_a_test_broke_off_is_told_instead_of_its_progress() -> None:
    told = seen(Trial(running(timedelta()).run, "No secret."), NOW, None, NOW)

    assert (told.running, told.problem, told.tested_at) == (None, "No secret.", NOW)


class Row:
    """The organisation's row, in memory."""

    def __init__(self) -> None:
        self.trial: Trial | None = None
        self.noted = asyncio.Event()

    async def begin_test(self, _: UUID, run: RunningTest, *, dead_before: datetime) -> bool:
        free = self.trial is None or self.trial.problem is not None
        if free:
            self.trial = Trial(run)
        return free

    async def note_test(self, _: UUID, trial: Trial) -> None:
        self.trial = trial
        self.noted.set()

    async def last_test(self, _: UUID) -> tuple[Trial | None, datetime | None, TestResult | None]:
        return self.trial, None, None


class Silence:
    """A connection whose test never ends, or is refused."""

    def __init__(self, *, refused: bool = False) -> None:
        self.refused = refused
        self.pressed = 0
        self.asked = asyncio.Event()

    async def test(self, by: Acting, asked: TestAsked, tell: Telling) -> TestResult:
        self.pressed += 1
        self.asked.set()
        if self.refused:
            raise conflict("The stored client secret cannot be read any more: enter it again.")
        await asyncio.Event().wait()
        raise AssertionError


BY = Acting(UUID(int=1), "user:1")


async def test_a_stop_breaks_a_test_off_and_says_so_and_two_presses_start_one() -> None:
    row, silence, stop = Row(), Silence(), asyncio.Event()
    trials = Trials(silence, row, lambda: NOW)
    async with asyncio.timeout(10), asyncio.TaskGroup() as loops:
        loops.create_task(trials.run(stop))
        await asyncio.sleep(0)
        await trials.start(BY, TestAsked())
        await trials.start(BY, TestAsked())
        await silence.asked.wait()
        running = (await trials.show(BY)).running
        stop.set()
    told = await trials.show(BY)

    assert running is not None
    assert silence.pressed == 1
    assert (told.running, told.problem) == (None, BROKE_OFF)


async def test_a_refusal_before_the_first_step_is_told_in_its_own_words() -> None:
    row, stop = Row(), asyncio.Event()
    trials = Trials(Silence(refused=True), row, lambda: NOW)
    async with asyncio.timeout(10), asyncio.TaskGroup() as loops:
        loops.create_task(trials.run(stop))
        await asyncio.sleep(0)
        await trials.start(BY, TestAsked())
        await row.noted.wait()
        stop.set()

    assert (await trials.show(BY)).problem == (
        "The stored client secret cannot be read any more: enter it again."
    )

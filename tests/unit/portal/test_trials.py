"""A connection test as it is watched: what is known at each step, and tests that never end."""

from datetime import UTC, datetime, timedelta

from portal.domain.checks import IN_TURN, checks_before, checks_of
from portal.domain.evidence import Evidence, RoomsListed, TokenGranted
from portal.domain.trials import BROKE_OFF, LONGEST, RunningTest, Trial, seen
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

"""Seeded histories of the code that ships: every promise holds, and a seed repeats its history."""

import os
import sys

import pytest

from .kept_seeds import MENDED, OPEN
from .runner import outcomes
from .tally import Tally, told

HISTORIES = 5_000
FIRST = int(os.environ.get("SEED", "1"))


def test_fresh_seeds_break_no_promise(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally()
    for outcome in outcomes(range(FIRST, FIRST + HISTORIES)):
        tally.add(outcome)
    with capsys.disabled():
        sys.stdout.write("\n".join(("", f"seeds from {FIRST}", *tally.lines(), "")))
    broken = [each for each in tally.broken if each.seed not in OPEN]
    assert not broken, "\n".join(map(told, broken))


def test_mended_seeds_break_no_promise_any_more() -> None:
    broken = [each for each in outcomes(MENDED) if each.violations]
    assert not broken, "\n".join(map(told, broken))


def test_open_seeds_show_what_is_still_to_be_mended() -> None:
    mended = [each.seed for each in outcomes(OPEN) if not each.violations]
    assert not mended, f"no longer open: {mended}"


def test_a_seed_repeats_its_history_twice_and_in_another_process() -> None:
    seeds = (3, 118, 77)
    [first, again] = [[each.trace for each in outcomes(seeds * times)] for times in (1, 2)]
    assert again == first * 2
    assert len(set(first)) == len(seeds)


def test_faults_strike_and_people_edit_as_much_as_a_history_promises() -> None:
    lived = list(outcomes(range(40)))
    faults = sum((each.faults for each in lived), start=lived[0].faults.copy())
    assert min(each.edits for each in lived) >= 20
    struck = {"crashed", "frozen", "outage", "answer_lost", "message_duplicated"}
    assert struck | {"paused", "drained"} <= set(faults)

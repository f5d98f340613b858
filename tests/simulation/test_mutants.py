"""Planted bugs: each is told from the shipped code by the seed that is kept for it."""

from .mutants import MUTANTS
from .mutants.hunting import replayed
from .mutants.kept_seeds import KEPT

FEWEST = 40


def test_every_planted_bug_has_a_seed_that_catches_it() -> None:
    assert KEPT.keys() == MUTANTS.keys()
    assert len(MUTANTS) >= FEWEST


def test_a_kept_seed_breaks_a_promise_with_its_bug_and_none_without() -> None:
    missed = [name for name, violation in replayed(KEPT.items()) if violation is None]
    assert not missed

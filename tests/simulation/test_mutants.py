"""Planted bugs: each is told from the shipped code by the seed that is kept for it."""

from .crashes import perform
from .mutants import MUTANTS
from .mutants.focus import FOCUSES
from .mutants.hunting import replayed, spared
from .mutants.kept_seeds import EXCUSED, KEPT
from .mutants.kept_seeds import OPEN as OPEN_SEEDS
from .mutants.open_stories import MENDED, OPEN
from .oracles.kinds import KINDS, kind_of
from .tally import told

FEWEST = 40
OF_EACH_FOCUS = range(1, 3)


def test_every_planted_bug_has_a_seed_that_catches_it() -> None:
    assert KEPT.keys() == MUTANTS.keys()
    assert len(KEPT) >= FEWEST


def test_every_planted_bug_still_has_its_place_in_the_shipped_code() -> None:
    patches = [(name, patch) for name, each in MUTANTS.items() for patch in each.patches]
    assert not [name for name, patch in patches if patch.name not in vars(patch.owner)]


def test_a_kept_seed_breaks_a_promise_with_its_bug_and_none_without_and_each_oracle_fails() -> None:
    caught = dict(replayed(KEPT.items()))
    assert not [name for name, violations in caught.items() if not violations]
    seen = {kind_of(each) for violations in caught.values() for each in violations}
    assert not KINDS.keys() - seen


def test_the_shipped_code_breaks_no_promise_where_planted_bugs_are_hunted() -> None:
    places = {(each.name, seed) for each in FOCUSES for seed in OF_EACH_FOCUS}
    places |= {(name, seed) for name, seeds in EXCUSED.items() for seed in seeds}
    lived = spared(sorted(places - OPEN_SEEDS.keys()))
    broken = [(place, each) for place, each in lived if each.violations]
    assert not broken, "\n".join(f"{place}: {told(each)}" for place, each in broken)


def test_open_seeds_of_a_focus_show_what_is_still_to_be_mended() -> None:
    mended = [place for place, each in spared(OPEN_SEEDS) if not each.violations]
    assert not mended, f"no longer open: {mended}"


def test_mended_stories_break_no_promise_any_more() -> None:
    broken = [name for name, script in MENDED.items() if perform(script, "worker0", ()).violations]
    assert not broken


def test_open_stories_show_what_is_still_to_be_mended() -> None:
    mended = [
        name for name, (script, _) in OPEN.items() if not perform(script, "worker0", ()).violations
    ]
    assert not mended, f"no longer open: {mended}"

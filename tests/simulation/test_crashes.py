"""A process dies at each of its calls to the outside, before and after the effect: every promise holds all the same."""

import pytest

from .crashes import WHOLE, Ending, Point, pairs, played, singles

PAIRS = 150
COVERED = 0.95
"""Of the calls counted: the last ones of a story may come after its end when a crash has changed its course."""


def _broken(lived: list[tuple[Point, Ending]]) -> str:
    return "\n".join(
        f"{point}: {ending.violations}" for point, ending in lived if ending.violations
    )


def test_a_crash_at_any_call_or_at_two_of_them_breaks_no_promise(
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = list(played(WHOLE))
    assert not _broken(whole)
    once = list(played(singles(whole)))
    twice = list(played(pairs([point for point, _ in once], PAIRS, seed=1)))
    covered = sum(ending.deaths == 1 for _, ending in once)
    with capsys.disabled():
        print(f" {covered} crash points of {len(once)}, {len(twice)} pairs")  # noqa: T201 -- a figure to be seen
    assert covered >= COVERED * len(once)
    assert not _broken([*once, *twice])

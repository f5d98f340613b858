"""A process dies at each of its calls to the outside, before and after the effect: every promise holds all the same."""

import pytest

from .crashes import WHOLE, Ending, Point, pairs, played, singles

PAIRS = 300


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
    missed = [point for point, ending in once if ending.deaths != 1]
    with capsys.disabled():
        print(f" {len(once)} crash points, {len(twice)} pairs")  # noqa: T201 -- a figure to be seen
    assert not missed, "\n".join(map(str, missed))
    assert not _broken([*once, *twice])

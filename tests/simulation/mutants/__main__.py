"""`python -m tests.simulation.mutants [NAME ...]`: hunt every planted bug, or these, until a history tells it from the shipped code."""

import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence

from ..oracles.kinds import KINDS, kind_of
from . import MUTANTS
from .hunting import MOST_HISTORIES, hunt


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(names: list[str]) -> int:
    """Print for each how many histories it took and what broke, then what each oracle caught; how many survived."""
    begun, survived, most = time.monotonic(), 0, 0
    found = defaultdict[str, list[str]](list)
    for name, caught in hunt(names or MUTANTS):
        focus = MUTANTS[name].focus.name
        if caught is None:
            survived += 1
            _say(f"{name:<40} SURVIVED {MOST_HISTORIES} {focus}: {MUTANTS[name].removes}")
            continue
        most = max(most, caught.histories)
        _say(f"{name:<40} {caught.histories:>6} {focus:<14} {caught.violations[0][:90]}")
        for kind in {kind_of(each) or "a story's own" for each in caught.violations}:
            found[kind].append(name)
    _tell(found)
    seconds = time.monotonic() - begun
    _say(
        f"{len(names or MUTANTS)} mutants, {survived} survived, {most} histories at most, {seconds:.0f} s"
    )
    return survived


def _tell(found: Mapping[str, Sequence[str]]) -> None:
    _say("\nwhat each oracle caught")
    for kind in (*KINDS, "a story's own"):
        caught = found.get(kind, ())
        _say(f"{len(caught):>4}  {kind:<46} {', '.join(caught)[:100]}")


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)

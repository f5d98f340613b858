"""`python -m tests.simulation.mutants [NAME ...]`: hunt every planted bug, or these, until a history tells it from the shipped code."""

import sys
import time

from . import MUTANTS
from .hunting import MOST_HISTORIES, hunt


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(names: list[str]) -> int:
    """Print for each how many histories it took and what broke; how many survived."""
    begun, survived, most = time.monotonic(), 0, 0
    for name, caught in hunt(names or MUTANTS):
        if caught is None:
            survived += 1
            _say(f"{name:<40} SURVIVED {MOST_HISTORIES} histories: {MUTANTS[name].removes}")
            continue
        most = max(most, caught.histories)
        _say(f"{name:<40} {caught.histories:>6}  {caught.violation[:90]}")
    seconds = time.monotonic() - begun
    _say(
        f"{len(names or MUTANTS)} mutants, {survived} survived, {most} histories at most, {seconds:.0f} s"
    )
    return survived


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)

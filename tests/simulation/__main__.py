"""`python -m tests.simulation HISTORIES SEED`: live that many histories in two processes and say what they found."""

import sys
from typing import Final

from .runner import outcomes
from .tally import Tally, told

_PROGRESS: Final = 1_000
"""Histories between two lines that say how far it is."""


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(histories: int, first: int) -> int:
    """Print stories and figures; how many seeds found something."""
    tally = Tally()
    for lived, outcome in enumerate(outcomes(range(first, first + histories)), start=1):
        tally.add(outcome)
        if outcome.violations:
            _say(told(outcome))
        if lived % _PROGRESS == 0:
            sys.stderr.write(f"{lived} of {histories} lived, {len(tally.broken)} broke a promise\n")
    for line in tally.lines():
        _say(line)
    return len(tally.broken)


if __name__ == "__main__":
    sys.exit(1 if main(int(sys.argv[1]), int(sys.argv[2])) else 0)

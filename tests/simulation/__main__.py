"""`python -m tests.simulation HISTORIES SEED`: live that many histories in two processes and say what they found."""

import sys
import time
from collections import Counter

from .history import Outcome
from .runner import outcomes


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(histories: int, first: int) -> int:
    """Print stories and figures; how many seeds found something."""
    begun, faults, edits, found = time.monotonic(), Counter[str](), 0, 0
    longest = 0.0
    for outcome in outcomes(range(first, first + histories)):
        faults += outcome.faults
        edits += outcome.edits
        longest = max(longest, outcome.settled_after)
        if outcome.violations:
            found += 1
            _say("\n".join(_told(outcome)))
    seconds = time.monotonic() - begun
    _say(f"{histories} histories from seed {first} in {seconds:.0f} s: {histories / seconds:.1f}/s")
    _say(
        f"{edits} edits; longest way to quiet {longest:.0f} virtual s; {found} seeds with violations"
    )
    for kind, times in sorted(faults.items()):
        _say(f"  {kind:<28}{times:>10}")
    return found


def _told(outcome: Outcome) -> list[str]:
    return [
        f"seed {outcome.seed}:",
        *(f"  {each}" for each in outcome.violations),
        *(f"    {each}" for each in outcome.story),
        "",
    ]


if __name__ == "__main__":
    sys.exit(1 if main(int(sys.argv[1]), int(sys.argv[2])) else 0)

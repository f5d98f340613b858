"""What many histories came to: how many, how fast, what people did and what struck."""

import time
from collections import Counter
from collections.abc import Iterator

from .history import Outcome


class Tally:
    """Counts outcomes as they come."""

    def __init__(self) -> None:
        self.broken: list[Outcome] = []
        self._begun = time.monotonic()
        self._histories = 0
        self._edits = 0
        self._longest = 0.0
        self._faults = Counter[str]()
        self._crash_points = set[str]()

    def add(self, outcome: Outcome) -> None:
        """One more."""
        self._histories += 1
        self._edits += outcome.edits
        self._longest = max(self._longest, outcome.settled_after)
        self._faults += outcome.faults
        self._crash_points |= set(outcome.crash_points)
        if outcome.violations:
            self.broken.append(outcome)

    def lines(self) -> Iterator[str]:
        """The figures."""
        seconds = time.monotonic() - self._begun
        pace = self._histories / seconds
        yield f"{self._histories} histories in {seconds:.0f} s: {pace:.1f}/s"
        yield f"{self._edits} edits; longest way to quiet {self._longest:.0f} virtual s"
        yield f"{len(self._crash_points)} crash points; {len(self.broken)} seeds with violations"
        for kind, times in sorted(self._faults.items()):
            yield f"  {kind:<28}{times:>10}"


def told(outcome: Outcome) -> str:
    """What it broke, and how that came."""
    found = (f"  {each}" for each in outcome.violations)
    return "\n".join((f"seed {outcome.seed}:", *found, *outcome.story, ""))

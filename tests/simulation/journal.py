"""What happened in one history, in order: the trace that a seed repeats and the story that a failure tells."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

_WRITES = ("POST /v1.0/users", "PATCH /v1.0/users", "DELETE /v1.0/users")
_RARE = 5
_ENOUGH = 20.0
"""Strikes to be expected before their absence proves that a fault was never armed."""


@dataclass(frozen=True, slots=True)
class Line:
    """Who did what, so many virtual seconds after the start."""

    at: float
    who: str
    what: str


@dataclass(slots=True)
class Journal:
    """Lines in the order of their happening, and how often each fault struck."""

    now: Callable[[], float]
    lines: list[Line] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    expected: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    """How often each should have struck by now, on average."""
    acknowledged: dict[str, float] = field(default_factory=dict)
    """When the first copy of each command was."""

    def note(self, who: str, what: str) -> None:
        """Remember a line."""
        self.lines.append(Line(self.now(), who, what))

    def fault(self, kind: str, who: str = "", what: str = "") -> None:
        """Remember that a fault struck."""
        self.faults[kind] += 1
        self.note("fault", f"{kind} {who} {what}".rstrip())

    def expect(self, kind: str, times: float = _ENOUGH) -> None:
        """It should strike so often; by default for certain."""
        self.expected[kind] += times

    def unseen(self) -> Iterable[str]:
        """Faults that never struck, though they must have."""
        for kind, times in self.expected.items():
            if times >= _ENOUGH and not self.faults[kind]:
                yield f"witness: {kind} never struck"

    def trace(self) -> str:
        """One number for all of it: equal where two runs were equal."""
        text = "\n".join(f"{each.at:.6f} {each.who} {each.what}" for each in self.lines)
        return hashlib.sha256(text.encode()).hexdigest()

    def _rare(self, line: Line) -> bool:
        return line.who == "fault" and self.faults[line.what.split(" ", maxsplit=1)[0]] < _RARE

    def story(self, about: Collection[str], names: dict[str, str], most: int) -> Iterable[str]:
        """The lines that mention any of these words, writes, and rare faults; the last `most`."""
        told = [
            each
            for each in self.lines
            if any(word in each.what for word in about)
            or self._rare(each)
            or each.what.startswith(_WRITES)
        ]
        for each in told[-most:]:
            what = each.what
            for word, name in names.items():
                what = what.replace(word, name)
            yield f"{each.at:10.3f}  {each.who:<12} {what[:170]}"

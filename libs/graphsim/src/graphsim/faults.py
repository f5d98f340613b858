"""Faults put into the cloud's way: which call, what happens to it, how often; each counts."""

import re
from dataclasses import dataclass, field
from typing import Literal

When = Literal["before", "after"]


@dataclass(slots=True)
class Fault:
    """Answers matching calls wrongly, `times` times."""

    number: int
    method: str
    path: re.Pattern[str]
    status: int
    times: int
    retry_after: str | None = None
    body: object = None
    when: When = "before"
    drop: bool = False
    fired: int = field(default=0)

    def matches(self, method: str, path: str) -> bool:
        """Whether this call, its query included, is one of those it waits for."""
        return (
            self.fired < self.times
            and self.method in {"*", method}
            and self.path.search(path) is not None
        )


class Faults:
    """All faults of one simulator, in the order they were added."""

    def __init__(self) -> None:
        self.all: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Arms a fault."""
        self.all.append(fault)

    def strike(self, method: str, path: str) -> Fault | None:
        """The first fault that matches, now counted as fired."""
        for fault in self.all:
            if fault.matches(method, path):
                fault.fired += 1
                return fault
        return None

    def clear(self) -> None:
        """Disarms and forgets all."""
        self.all.clear()

    def report(self) -> list[dict[str, object]]:
        """Each fault with how often it fired."""
        return [
            {
                "number": one.number,
                "method": one.method,
                "path": one.path.pattern,
                "status": one.status,
                "when": one.when,
                "drop": one.drop,
                "times": one.times,
                "fired": one.fired,
            }
            for one in self.all
        ]

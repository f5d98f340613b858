"""Faults put into the cloud's way: which call, what happens to it, how often; each counts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

When = Literal["before", "after"]


@dataclass(slots=True)
class Fault:
    """Answers matching calls wrongly, `times` times."""

    number: int
    method: str
    path: re.Pattern[str]
    times: int
    status: int = 503
    retry_after: str | None = None
    body: object = None
    when: When = "before"
    drop: bool = False
    delay: float = 0.0
    """Seconds that the call's own answer waits after the effect, for a client's timeout."""
    fired: int = field(default=0)

    @classmethod
    def read(cls, number: int, body: Mapping[str, Any]) -> Self:
        """The fault of a `POST /_sim/faults` body; raises ValueError, TypeError."""
        match: Mapping[str, Any] = body.get("match") or {}
        retry_after, delay = body.get("retry_after"), float(body.get("delay") or 0)
        if delay and body.keys() & {"status", "body", "drop", "when", "retry_after"}:
            raise ValueError("a delayed call keeps its own answer")
        return cls(
            number=number,
            method=str(match.get("method") or "*").upper(),
            path=re.compile(str(match.get("path") or "")),
            times=int(body.get("times") or 1),
            status=int(body.get("status") or 503),
            retry_after=None if retry_after is None else str(retry_after),
            body=body.get("body"),
            when="after" if delay or body.get("when") == "after" else "before",
            drop=bool(body.get("drop")),
            delay=delay,
        )

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
                "status": None if one.delay else one.status,
                "when": one.when,
                "drop": one.drop,
                "delay": one.delay,
                "times": one.times,
                "fired": one.fired,
            }
            for one in self.all
        ]

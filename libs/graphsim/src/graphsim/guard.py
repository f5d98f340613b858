"""Watches what clients ask of events: content beyond the allowed fields is a violation."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from . import properties

ALLOWED = frozenset(
    {
        "@odata.etag", "id", "subject", "start", "end", "organizer", "iCalUId", "type",
        "seriesMasterId", "originalStart", "originalStartTimeZone", "originalEndTimeZone",
        "isAllDay", "isCancelled", "showAs", "sensitivity", "responseStatus",
    }
)  # fmt: skip
"""What a client of minimal data may read of an event; anything else is content or a link to it."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One request or answer beyond the allowed fields; field `*` is a read without $select."""

    route: str
    field: str
    how: str


class Guard:
    """Counts violations and reads; several thousands of either are fine."""

    def __init__(self, allowed: Collection[str] = ALLOWED) -> None:
        self.allowed = frozenset(allowed)
        self._violations: Counter[Violation] = Counter()
        self.event_gets: Counter[str] = Counter()
        self.event_misses: Counter[str] = Counter()
        self.instance_reads: Counter[str] = Counter()
        self.window_reads: Counter[str] = Counter()
        self.marker_reads: Counter[str] = Counter()
        """Reads that asked for extended properties, which only recovery needs."""

    def asked(self, route: str, fields: Iterable[str] | None) -> None:
        """A read's $select; None where it had none."""
        if fields is None:
            self._violations[Violation(route, "*", "read without $select")] += 1
            return
        for field in fields:
            if field not in self.allowed:
                self._violations[Violation(route, field, "asked for")] += 1

    def expanded(self, route: str, expand: str) -> None:
        """A read's $expand, which never is minimal, but for extended properties (marker_reads)."""
        self._violations[
            Violation(route, expand.split("(", maxsplit=1)[0], "asked for by $expand")
        ] += 1

    def returned(self, route: str, shown: dict[str, object]) -> None:
        """One event that a read has returned."""
        for field in shown.keys() - self.allowed - {properties.SINGLE, properties.MULTI}:
            self._violations[Violation(route, field, "returned")] += 1

    def violations(self) -> list[dict[str, object]]:
        """What was seen, each with how often."""
        return [
            {"route": one.route, "field": one.field, "how": one.how, "times": times}
            for one, times in sorted(self._violations.items(), key=lambda item: str(item[0]))
        ]

    def reasks(self) -> dict[str, int]:
        """Per (event, etag) the successful reads by id beyond the first."""
        return {key: times - 1 for key, times in self.event_gets.items() if times > 1}

    def reset(self) -> None:
        """Forgets everything counted."""
        for counted in (
            self._violations, self.event_gets, self.event_misses, self.instance_reads,
            self.window_reads, self.marker_reads,
        ):  # fmt: skip
            counted.clear()

"""The $expand of events: extended properties, and a series' exceptions (graph-calendar §1.5).

Source: Graph's singleValueLegacyExtendedProperty and multiValueLegacyExtendedProperty, get; event, get, example
"expand a series master event".
"""

import re
from dataclasses import dataclass
from typing import Self

from . import properties

EXCEPTIONS = "exceptionOccurrences"

_PARTS = re.compile(r"\s*(\w+)\s*(?:\(((?:[^()']|'(?:[^']|'')*')*)\))?\s*(?:,|$)")
_OPTION = re.compile(r"\s*\$(filter|select)\s*=(.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a read asks for beside an event's own properties; ids are in lower case."""

    single: frozenset[str] = frozenset()
    multi: frozenset[str] = frozenset()
    exceptions: bool = False
    of_exceptions: tuple[str, ...] = ()
    """What the $select inside names; without one exceptions show what the master does."""

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The expansion of a text; None where it asks for anything else."""
        known = {one.lower(): one for one in (properties.SINGLE, properties.MULTI, EXCEPTIONS)}
        found: dict[str, tuple[str, str]] = {}
        end = 0
        while end < len(text):
            part = _PARTS.match(text, end)
            name = part and known.get(part[1].lower())
            if part is None or name is None:
                return None
            option = _OPTION.fullmatch(part[2] or "")
            if option is None and (part[2] or name != EXCEPTIONS):
                return None
            found[name] = (option[1].lower(), option[2]) if option else ("", "")
            end = part.end()
        single = _ids(found.get(properties.SINGLE))
        multi = _ids(found.get(properties.MULTI))
        kind, inside = found.get(EXCEPTIONS, ("", ""))
        if single is None or multi is None or kind == "filter":
            return None
        names = tuple(one.strip() for one in inside.split(",")) if kind else ()
        return cls(single, multi, EXCEPTIONS in found, names)


def _ids(option: tuple[str, str] | None) -> frozenset[str] | None:
    if option is None:
        return frozenset()
    kind, text = option
    return properties.ids(text) if kind == "filter" else None


NOTHING = Expansion()
"""No $expand at all."""

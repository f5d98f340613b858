"""The `$filter` of a subscription: which items it tells of, and as what (graph-notifications §4.4).

Source: outlook-change-notifications-overview, "Refine the conditions for a notification"; its sample compares
a message's properties with `eq` and `and`. A `ge` on `start/dateTime` was refused (Microsoft Q&A 1153294).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Self

from .changes import Change, ChangeKind
from .events import Appearance, whole
from .views import PROPERTIES, Lens

_ONE = re.compile(
    r"(?P<path>\w+(?:/\w+)*)\s+(?P<how>eq|ne)\s+(?:'(?P<text>(?:[^']|'')*)'|(?P<word>true|false|null))",
    re.IGNORECASE,
)
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}
_BY_LOWER = {name.lower(): name for name in PROPERTIES}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One property with one value; texts are equal in any case."""

    path: tuple[str, ...]
    equal: bool
    value: str | bool | None

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises ValueError for anything but `eq` and `ne` of a property that events have."""
        match = _ONE.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"The filter '{text.strip()}' is not supported in a subscription.")
        first, *rest = match["path"].lower().split("/")
        if first not in _BY_LOWER:
            raise ValueError(f"Could not find a property named '{first}'.")
        given = match["text"]
        value = _WORDS[match["word"].lower()] if given is None else given.replace("''", "'").lower()
        return cls((_BY_LOWER[first], *rest), match["how"].lower() == "eq", value)

    def holds(self, one: Appearance, lens: Lens) -> bool:
        """Whether an item, as the subscription would see it, is so."""
        first, *rest = self.path
        found = PROPERTIES[first](one, lens)
        for step in rest:
            inner = found if isinstance(found, dict) else {}
            found = next((inner[name] for name in inner if name.lower() == step), None)
        value = found.lower() if isinstance(found, str) else found
        return (value == self.value) is self.equal


@dataclass(slots=True)
class Condition:
    """Comparisons joined by `and`, and those by `or`, with the items that met them last."""

    alternatives: tuple[tuple[Comparison, ...], ...]
    _inside: dict[tuple[int, date | None], bool] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Self:
        """The condition of a $filter without parentheses; raises ValueError."""
        return cls(
            tuple(
                tuple(Comparison.read(one) for one in _split("and", each))
                for each in _split("or", text)
            )
        )

    def begin(self, lens: Lens) -> None:
        """Remembers which items meet it now."""
        for event in lens.mailbox.events.values():
            self._inside[event.key, None] = self._met(whole(event), lens)

    def told(self, change: Change, lens: Lens) -> ChangeKind | None:
        """As what a change is told of: who comes in is created, who leaves deleted; None: not at all."""
        key = change.ref.key, change.ref.day
        was = self._inside.get(key, self._inside.get((change.ref.key, None), False))
        one = None if change.kind == "deleted" else lens.mailbox.at(change.ref)
        met = self._inside[key] = one is not None and self._met(one, lens)
        if was and met:
            return change.kind
        if met:
            return "created"
        return "deleted" if was else None

    def _met(self, one: Appearance, lens: Lens) -> bool:
        return any(all(each.holds(one, lens) for each in every) for every in self.alternatives)


def _split(word: str, text: str) -> list[str]:
    """The parts between a word that stands outside quotes."""
    outside = rf"\s+{word}\s+(?=(?:[^']*'[^']*')*[^']*$)"
    return re.split(outside, text, flags=re.IGNORECASE)

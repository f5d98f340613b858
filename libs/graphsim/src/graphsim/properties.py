"""Extended properties of events: their ids, and the $filter and $expand that ask for them.

Source: Graph's singleValueLegacyExtendedProperty and multiValueLegacyExtendedProperty, create and get.
"""

import re
from collections.abc import Collection, Mapping

from .events import Event, Value

SINGLE, MULTI = "singleValueExtendedProperties", "multiValueExtendedProperties"

_GUID = r"\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}"
_ID = re.compile(rf"[a-z]+ {_GUID} (?:name \S.*|id 0x[0-9a-f]+)", re.IGNORECASE)
_QUOTED = r"'((?:[^']|'')*)'"
_ONE = re.compile(rf"\s*id\s+eq\s+{_QUOTED}\s*", re.IGNORECASE)
_FILTER = re.compile(
    rf"\s*{SINGLE}/any\(\s*(\w+)\s*:\s*\1/id\s+eq\s+{_QUOTED}\s+and\s+\1/value\s+eq\s+{_QUOTED}\s*\)\s*",
    re.IGNORECASE,
)


def is_id(text: str) -> bool:
    """Whether this is a property id such as `String {GUID} Name marker`."""
    return _ID.fullmatch(text) is not None


def merged(known: Mapping[str, Value], sent: Mapping[str, Value]) -> dict[str, Value]:
    """The properties after a write of some; an id in another spelling is the same one."""
    replaced = {one.lower() for one in sent}
    return {one: value for one, value in known.items() if one.lower() not in replaced} | dict(sent)


def ids(text: str) -> frozenset[str] | None:
    """The ids, in lower case, that the $filter in an $expand names; None for any other filter."""
    parts = re.split(r"\s+or\s+", text, flags=re.IGNORECASE)
    found = [_ONE.fullmatch(part) for part in parts]
    return frozenset(_unquoted(one[1]).lower() for one in found if one) if all(found) else None


def filtered(text: str) -> tuple[str, str] | None:
    """The id, in lower case, and the value that a $filter wants; None for any other filter."""
    match = _FILTER.fullmatch(text)
    return (_unquoted(match.group(2)).lower(), _unquoted(match.group(3))) if match else None


def held(event: Event, ids: Collection[str]) -> list[dict[str, Value]]:
    """Those of the named properties (ids in lower case) that an event has, as Graph shows them."""
    return [
        {"id": one, "value": value} for one, value in event.properties.items() if one.lower() in ids
    ]


def of_kind(event: Event, kind: str, ids: Collection[str]) -> list[dict[str, Value]]:
    """The same of one kind, SINGLE or MULTI."""
    return [one for one in held(event, ids) if isinstance(one["value"], str) == (kind == SINGLE)]


def _unquoted(text: str) -> str:
    return text.replace("''", "'")

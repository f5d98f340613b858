"""Extended properties of events: their ids, and the $filter and $expand that ask for them.

Source: Graph's singleValueLegacyExtendedProperty, create and get.
"""

import re
from collections.abc import Collection, Mapping

from .events import Event

NAME = "singleValueExtendedProperties"

_GUID = r"\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}"
_ID = re.compile(rf"[a-z]+ {_GUID} (?:name \S.*|id 0x[0-9a-f]+)", re.IGNORECASE)
_QUOTED = r"'((?:[^']|'')*)'"
_ONE = re.compile(rf"\s*id\s+eq\s+{_QUOTED}\s*", re.IGNORECASE)
_EXPAND = re.compile(rf"\s*{NAME}\s*\(\s*\$filter=([^()]*)\)\s*", re.IGNORECASE)
_FILTER = re.compile(
    rf"\s*{NAME}/any\(\s*(\w+)\s*:\s*\1/id\s+eq\s+{_QUOTED}\s+and\s+\1/value\s+eq\s+{_QUOTED}\s*\)\s*",
    re.IGNORECASE,
)


def is_id(text: str) -> bool:
    """Whether this is a property id such as `String {GUID} Name marker`."""
    return _ID.fullmatch(text) is not None


def merged(known: Mapping[str, str], sent: Mapping[str, str]) -> dict[str, str]:
    """The properties after a write of some; an id in another spelling is the same one."""
    replaced = {one.lower() for one in sent}
    return {one: value for one, value in known.items() if one.lower() not in replaced} | dict(sent)


def expanded(text: str) -> frozenset[str] | None:
    """The ids, in lower case, that an $expand asks for; None where it asks for anything else."""
    match = _EXPAND.fullmatch(text)
    if match is None:
        return None
    parts = re.split(r"\s+or\s+", match.group(1), flags=re.IGNORECASE)
    ids = [_ONE.fullmatch(part) for part in parts]
    return frozenset(_unquoted(one.group(1)).lower() for one in ids if one) if all(ids) else None


def filtered(text: str) -> tuple[str, str] | None:
    """The id, in lower case, and the value that a $filter wants; None for any other filter."""
    match = _FILTER.fullmatch(text)
    return (_unquoted(match.group(2)).lower(), _unquoted(match.group(3))) if match else None


def held(event: Event, ids: Collection[str]) -> list[dict[str, str]]:
    """Those of the named properties (ids in lower case) that an event has, as Graph shows them."""
    return [
        {"id": one, "value": value} for one, value in event.properties.items() if one.lower() in ids
    ]


def _unquoted(text: str) -> str:
    return text.replace("''", "'")

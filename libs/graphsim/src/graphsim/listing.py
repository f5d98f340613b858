"""How the directory answers: $select, $filter by equality, pages and their context (§3, §6)."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from .applications import base64url
from .wire import Answer, Call, Refused

Row = dict[str, object]

_PAGE = 100
_MOST = 999
_EQUALS = re.compile(r"(\w+)\s+eq\s+'((?:[^']|'')*)'", re.IGNORECASE)


def wanted(call: Call, *names: str) -> tuple[str, str] | None:
    """The name and the lower-cased value that `$filter` compares; raises Refused for any other."""
    given = call.query.get("$filter")
    if given is None:
        return None
    match = _EQUALS.fullmatch(given.strip())
    name = match and next((one for one in names if one.lower() == match[1].lower()), None)
    if not match or not name:
        raise Refused(400, "Request_UnsupportedQuery", "Unsupported or invalid query.")
    return name, match[2].replace("''", "'").lower()


def selected(call: Call, whole: Row, hidden: frozenset[str] = frozenset()) -> Row:
    """What `$select` asks for; without it everything but the hidden properties."""
    asked = call.query.get("$select")
    if not asked:
        return {name: value for name, value in whole.items() if name not in hidden}
    names = {name.strip().lower() for name in asked.split(",")}
    return {name: value for name, value in whole.items() if name.lower() in names}


def entity(call: Call, row: Row, what: str) -> Answer:
    """One object."""
    return Answer(200, {"@odata.context": _context(call, what) + "/$entity", **row})


def page(
    call: Call,
    rows: Sequence[Any],
    what: str,
    cursor: str = "$skiptoken",
    show: Callable[[Any], Row] = dict,
) -> Answer:
    """The asked-for part of a list, with a link to the rest; places take `$skip` as cursor.

    `show` makes a row of what the list has, for this page alone.
    """
    top, first = call.query.get("$top", str(_PAGE)), _first(call, cursor)
    if not top.isdecimal() or not int(top) or first is None:
        raise Refused(400, "BadRequest", "Invalid paging parameters.")
    end = first + min(int(top), _MOST)
    payload: Row = {
        "@odata.context": _context(call, what),
        "value": [show(one) for one in rows[first:end]],
    }
    if call.query.get("$count", "").lower() == "true":
        payload["@odata.count"] = len(rows)
    if end < len(rows):
        pairs = [
            f"{quote(name, safe='')}={quote(value, safe='')}"
            for name, value in call.query.items()
            if name != cursor
        ]
        text = str(end) if cursor == "$skip" else base64url(str(end).encode())
        link = "&".join([*pairs, f"{quote(cursor)}={text}"])
        payload["@odata.nextLink"] = f"{call.origin}{call.path}?{link}"
    return Answer(200, payload)


def missing(key: str) -> Refused:
    """No such object (§2.8)."""
    return Refused(
        404,
        "Request_ResourceNotFound",
        f"Resource '{key}' does not exist or one of its queried reference-property objects "
        "are not present.",
    )


def _context(call: Call, what: str) -> str:
    asked = call.query.get("$select")
    fields = f"({asked.replace(' ', '')})" if asked else ""
    return f"{call.origin}/v1.0/$metadata#{what}{fields}"


def _first(call: Call, cursor: str) -> int | None:
    text = call.query.get(cursor)
    if text is None:
        return 0
    try:
        return int(text if cursor == "$skip" else urlsafe_b64decode(text + "=="))
    except ValueError:
        return None

"""How a list is cut into pages: $top, $skip, odata.maxpagesize, nextLink (graph-calendar §1.1)."""

from urllib.parse import quote

from .wire import Call, Refused

_PAGE = 10
_MOST_PAGE = 1000


def bounds(call: Call) -> tuple[int, int]:
    """Where the asked-for page begins and ends; raises Refused."""
    preferred = call.prefer.get("odata.maxpagesize", "")
    size = int(preferred) if preferred.isdecimal() else 0
    skip = _number(call, "$skip", 0, 0, 10_000_000)
    return skip, skip + _number(call, "$top", min(size, _MOST_PAGE) or _PAGE, 1, _MOST_PAGE)


def next_link(call: Call, skip: int) -> str:
    """The same call for what comes after `skip` rows."""
    shown = {"startdatetime": "startDateTime", "enddatetime": "endDateTime"}
    pairs = [
        f"{quote(shown.get(name, name), safe='')}={quote(value, safe='')}"
        for name, value in call.query.items()
        if name not in {"$skip", "$skiptoken"}
    ]
    return f"{call.origin}{call.path}?{'&'.join([*pairs, f'%24skip={skip}'])}"


def _number(call: Call, name: str, default: int, least: int, most: int) -> int:
    text = call.query.get(name)
    if text is None:
        return default
    if not text.isdecimal() or not least <= int(text) <= most:
        message = f"The query parameter '{name}' must be between {least} and {most}."
        raise Refused(400, "ErrorInvalidUrlQuery", message)
    return int(text)

"""What never reaches a log: secrets by the key or the shape, people and subjects by the key (law 2)."""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

from pydantic import SecretStr

HIDDEN: Final = "[hidden]"

# A key is hidden when one of its words is here …
WORDS: Final = frozenset({
    "secret", "secrets", "token", "tokens", "password", "passwords", "authorization", "cookie", "credentials",
    "clientstate", "subject", "subjects", "organizer", "organiser", "attendees", "body", "email", "mail", "dsn",
    "apikey", "pin", "sealed",
})  # fmt: skip
# … or the whole of it is here …
KEYS: Final = frozenset({
    "client_state", "display_name", "person", "location", "private_key", "api_key", "secret_keys", "client_state_keys",
})  # fmt: skip
# … unless it ends like a fact about the thing and not the thing.
FACTS: Final = ("_at", "_days", "_count", "_id", "_ms", "_seconds", "_set", "_bytes")

SHAPES: Final = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}"), r"\1 " + HIDDEN),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), HIDDEN),
    (re.compile(r"\bv1\.[A-Za-z0-9_-]{1,16}\.[A-Za-z0-9_-]{40,}\.[A-Za-z0-9_-]{16,}"), HIDDEN),
    (re.compile(r"(?<=://)[^\s/@]+@"), HIDDEN + "@"),
    (
        re.compile(r"(?i)\b((?:client_)?secret|password|client_?state|assertion)([\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;}]+"),
        r"\1\2" + HIDDEN,
    ),
    (re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"), HIDDEN),
)  # fmt: skip

DEEPEST: Final = 6


def redact(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor: the same event without what must not be kept."""
    for key, value in event.items():
        event[key] = _clean(key, value, DEEPEST)
    return event


def _hides(key: str) -> bool:
    lowered = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower().replace("-", "_")
    if lowered.endswith(FACTS):
        return False
    return lowered in KEYS or not WORDS.isdisjoint(lowered.split("_"))


def _clean(key: str, value: Any, deepest: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if _hides(key) or isinstance(value, SecretStr):
        return HIDDEN
    return _clean_value(value, deepest)


def _clean_value(value: Any, deepest: int) -> Any:
    match value:
        case str():
            return clean_text(value)
        case bytes() | bytearray() | memoryview():
            return f"<{len(value)} bytes>"
        case _ if deepest == 0:
            return f"<{type(value).__name__}>"
        case Mapping():
            return {str(key): _clean(str(key), each, deepest - 1) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_clean("", each, deepest - 1) for each in value]
        case _:
            return clean_text(str(value))


def clean_text(text: str) -> str:
    """The text with everything that has the shape of a secret or an address taken out."""
    for shape, instead in SHAPES:
        text = shape.sub(instead, text)
    return text

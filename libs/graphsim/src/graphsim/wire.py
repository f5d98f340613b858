"""A request and its answer as the simulated services see them, apart from any HTTP library."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote, unquote_plus
from uuid import UUID

import msgspec


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls Graph, as the token says."""

    tenant: UUID
    app: UUID
    roles: frozenset[str]
    expires: datetime


@dataclass(slots=True)
class Call:
    """One request below a service's root; `segments` are decoded, `query` names lower-cased."""

    method: str
    path: str
    segments: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    origin: str
    now: datetime
    prefer: Mapping[str, str] = field(default_factory=dict)
    principal: Principal | None = None
    request_id: str = ""

    @property
    def caller(self) -> Principal:
        """The authenticated caller."""
        if self.principal is None:
            raise LookupError("this call was not authenticated")
        return self.principal

    def json(self) -> Any:
        """The decoded body; raises Refused with 400 when it is no JSON."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            raise Refused(400, "BadRequest", "Unable to read JSON request payload.") from None


@dataclass(slots=True)
class Answer:
    """What goes back: `payload` is encoded as JSON, None is an empty body."""

    status: int
    payload: object = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    """Close the connection instead of answering."""


class Refused(Exception):
    """A service refuses a call with this status and error body."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
        details: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.details = dict(details or {})
        """What the error object says beside code and message."""


def segments_of(path: str) -> tuple[str, ...]:
    """The decoded segments of an encoded path; an encoded slash stays inside its segment."""
    parts = filter(None, path.split("/"))
    return tuple(map(unquote, parts) if "%" in path else parts)


def query_of(text: str) -> dict[str, str]:
    """The decoded query, names in lower case; of a repeated name the last."""
    pairs = (pair.partition("=") for pair in text.split("&") if pair)
    return {unquote_plus(name).lower(): unquote_plus(value) for name, _, value in pairs}


def prefer_of(values: list[str]) -> dict[str, str]:
    """The preferences of all Prefer headers, names in lower case, values unquoted (§1.2)."""
    found: dict[str, str] = {}
    for value in values:
        for part in value.split(","):
            name, _, given = part.strip().partition("=")
            found[name.strip().lower()] = given.strip().strip('"')
    return found

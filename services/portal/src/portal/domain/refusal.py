"""Why the portal does not do what it was asked: carries data, the edge makes it a problem document."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from contracts.events import Alternative, CommandResult, RejectionReason

from .wire import Resource


class Reason(StrEnum):
    """What went wrong, by what the caller can do."""

    MALFORMED = "malformed"
    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    CONFLICT = "conflict"
    TOO_LARGE = "too-large"
    UNSUPPORTED_MEDIA = "unsupported-media"
    TOO_MANY = "too-many"
    GRAPH = "graph"
    UNAVAILABLE = "unavailable"
    BUG = "bug"


class FieldError(Resource):
    """One field and what is wrong with it; never its value."""

    field: str
    message: str


class ProblemDocument(Resource):
    """RFC 9457, plus `errors` per field, the test result of a refused secret, and why the sync refused a booking."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[FieldError, ...] = ()
    test: dict[str, Any] | None = None
    reason: RejectionReason | None = None
    alternatives: tuple[Alternative, ...] | None = None


class Refusal(Exception):
    """Raised anywhere below the edge; `retry_after` in seconds."""

    def __init__(
        self,
        reason: Reason,
        detail: str,
        errors: tuple[FieldError, ...] = (),
        *,
        retry_after: int | None = None,
        test: Mapping[str, Any] | None = None,
        rejection: CommandResult | None = None,
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.errors = errors
        self.retry_after = retry_after
        self.test = test
        self.rejection = rejection


def not_found(what: str) -> Refusal:
    """The same answer for what never was, what is gone and what belongs to others."""
    return Refusal(Reason.NOT_FOUND, f"There is no such {what}.")


def invalid(name: str, message: str) -> Refusal:
    """One field is not acceptable."""
    return Refusal(
        Reason.INVALID, "A field is not acceptable.", (FieldError(field=name, message=message),)
    )


def conflict(detail: str) -> Refusal:
    """What is asked contradicts what is stored."""
    return Refusal(Reason.CONFLICT, detail)

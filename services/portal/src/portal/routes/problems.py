"""Refusals and mishaps as problem documents (RFC 9457)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aiohttp import web
from pydantic import ValidationError

from ..domain.refusal import FieldError, ProblemDocument, Reason, Refusal

HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
)

_STATUS: Final[Mapping[Reason, tuple[int, str]]] = MappingProxyType(
    {
        Reason.MALFORMED: (400, "The request cannot be read"),
        Reason.INVALID: (422, "The request is not acceptable"),
        Reason.UNAUTHENTICATED: (401, "Not signed in"),
        Reason.FORBIDDEN: (403, "Not allowed"),
        Reason.NOT_FOUND: (404, "Not found"),
        Reason.METHOD_NOT_ALLOWED: (405, "Method not allowed"),
        Reason.CONFLICT: (409, "Conflict"),
        Reason.TOO_LARGE: (413, "Too large"),
        Reason.UNSUPPORTED_MEDIA: (415, "Unsupported media type"),
        Reason.TOO_MANY: (429, "Too many attempts"),
        Reason.GRAPH: (502, "Microsoft Graph does not help"),
        Reason.UNAVAILABLE: (503, "Try again shortly"),
        Reason.BUG: (500, "Our mistake"),
    }
)
_MOST_ERRORS: Final = 20


def status_of(refusal: Refusal) -> int:
    """Return the HTTP status that says the same."""
    return _STATUS[refusal.reason][0]


def problem(refusal: Refusal) -> web.Response:
    """Return the answer that carries the refusal."""
    status, title = _STATUS[refusal.reason]
    rejection = refusal.rejection
    document = ProblemDocument(
        type=f"urn:clearooms:problem:{refusal.reason}",
        title=title,
        status=status,
        detail=refusal.detail,
        errors=refusal.errors,
        test=dict(refusal.test) if refusal.test is not None else None,
        reason=rejection.reason if rejection else None,
        alternatives=rejection.alternatives if rejection else None,
    )
    headers = dict(HEADERS)
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    if refusal.reason is Reason.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    return web.Response(
        body=document.model_dump_json(exclude_none=True).encode(),
        status=status,
        content_type="application/problem+json",
        headers=headers,
    )


def unacceptable(error: ValidationError) -> Refusal:
    """Name the fields and what is wrong with each, never their values."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    if any(each["type"] == "json_invalid" for each in found):
        return Refusal(Reason.MALFORMED, "The body is not JSON.")
    return Refusal(
        Reason.INVALID,
        "Fields are not acceptable.",
        tuple(
            FieldError(
                field=".".join(str(part) for part in each["loc"])[:100],
                message=each["msg"].removeprefix("Value error, "),
            )
            for each in found[:_MOST_ERRORS]
        ),
    )

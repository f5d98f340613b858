"""From the evidence of a connection test to exactly the causes it leaves open: one where it allows, never a guess."""

from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from .causes import Cause, Code, cause
from .evidence import (
    CalendarOpened,
    CallRefused,
    Evidence,
    MailboxUnusable,
    NotTried,
    RoomsListed,
    Throttled,
    TokenGranted,
    TokenRefused,
    Unreachable,
    missing_roles,
)
from .wire import Resource

Scope = Literal["tenant", "rooms", "unknown"]

# graph-calendar §7.4. 700016 says "not in this directory": Entra itself leaves both open.
_AADSTS: dict[int, tuple[Code, ...]] = {
    90002: (Code.WRONG_TENANT,),
    900023: (Code.WRONG_TENANT,),
    700016: (Code.WRONG_CLIENT, Code.WRONG_TENANT),
    7000229: (Code.WRONG_TENANT, Code.CONSENT_MISSING),
    7000222: (Code.SECRET_EXPIRED,),
    7000112: (Code.APP_DISABLED,),
    53003: (Code.ACCESS_BLOCKED,),
    90055: (Code.THROTTLED,),
    50196: (Code.THROTTLED,),
    90033: (Code.GRAPH_UNREACHABLE,),
}
_WRONG_SECRET = 7000215


class Check(Resource):
    """One step of the test."""

    name: Literal["token", "permissions", "rooms", "calendar"]
    result: Literal["pass", "fail", "unknown"]
    detail: str


class TestResult(Resource):
    """Green or red; red with its causes. `diagnosis` is text to hand on: codes and request ids, never the secret."""

    __test__ = False  # pytest: a resource, not a test case

    ok: bool
    causes: list[Cause]
    rooms: int | None
    diagnosis: str
    checks: list[Check]


def scope_of(evidence: Evidence) -> Scope:
    """How far the app reaches, as far as the evidence shows."""
    match evidence.token, evidence.calendar:
        case TokenGranted(roles), _ if "Calendars.ReadWrite" in roles:
            return "tenant"
        case TokenGranted(), CalendarOpened():
            return "rooms"
        case _:
            return "unknown"


def causes_of(evidence: Evidence) -> list[Cause]:
    """The causes that the evidence leaves open; empty when everything needed is proven."""
    match evidence.token:
        case TokenRefused(aadsts=number):
            return [
                cause(code, missing=missing_roles(frozenset()))
                for code in _refusal(number, evidence.secret_is_guid)
            ]
        case Throttled():
            return [cause(Code.THROTTLED)]
        case Unreachable():
            return [cause(Code.GRAPH_UNREACHABLE)]
        case TokenGranted(roles):
            missing = _missing(roles, evidence)
            return _of_permissions(missing, evidence) if missing else _of_rooms(evidence)
        case unknown:
            assert_never(unknown)


def diagnose(evidence: Evidence, *, tenant_id: UUID, client_id: UUID, now: datetime) -> TestResult:
    """The answer to Test Settings."""
    causes = causes_of(evidence)
    checks = _checks(evidence)
    found = evidence.rooms.count if isinstance(evidence.rooms, RoomsListed) else None
    lines = [
        f"Clearooms connection test {now:%Y-%m-%dT%H:%M:%SZ}",
        f"tenant {tenant_id}, client {client_id}",
        *(f"{check.name}: {check.result}, {check.detail}" for check in checks),
        f"causes: {', '.join(c.code for c in causes) or 'none'}",
    ]
    return TestResult(
        ok=not causes, causes=causes, rooms=found, diagnosis="\n".join(lines), checks=checks
    )


def _refusal(number: int | None, secret_is_guid: bool) -> tuple[Code, ...]:
    if number == _WRONG_SECRET:
        return (Code.SECRET_ID_PASTED,) if secret_is_guid else (Code.WRONG_SECRET,)
    return _AADSTS.get(number or 0, (Code.UNRECOGNISED,))


def _missing(roles: frozenset[str], evidence: Evidence) -> tuple[str, ...]:
    """Missing permissions; a room that opens without any Calendars role proves a limited grant in its place."""
    proven = isinstance(evidence.calendar, CalendarOpened)
    return tuple(
        name for name in missing_roles(roles) if not (proven and name == "Calendars.ReadWrite")
    )


def _of_permissions(missing: tuple[str, ...], evidence: Evidence) -> list[Cause]:
    open_causes: tuple[Code, ...] = (Code.CONSENT_MISSING, Code.PERMISSION_DELEGATED)
    if missing == ("Calendars.ReadWrite",):
        # A grant limited to rooms is not in the token (graph-calendar §10): only a room's calendar can tell.
        match evidence.rooms, evidence.calendar:
            case (_, Throttled()) | (Throttled(), _):
                return [cause(Code.THROTTLED)]
            case (_, Unreachable()) | (Unreachable(), _):
                return [cause(Code.GRAPH_UNREACHABLE)]
            case CallRefused(), _:
                return [cause(Code.GRAPH_REFUSED)]
            case RoomsListed(count=0), _:
                open_causes = (Code.NO_ROOMS_YET, *open_causes)
            case _, MailboxUnusable():
                open_causes = (Code.MAILBOX_UNSUPPORTED, *open_causes)
            case _, CallRefused():
                open_causes = (*open_causes, Code.ROOM_OUTSIDE_SCOPE)
            case _:
                pass
    return [cause(code, missing=missing) for code in open_causes]


def _of_rooms(evidence: Evidence) -> list[Cause]:
    match evidence.rooms:
        case RoomsListed(count=0):
            return [cause(Code.NO_ROOMS_YET)]
        case RoomsListed():
            return []
        case CallRefused():
            return [cause(Code.GRAPH_REFUSED)]
        case Throttled():
            return [cause(Code.THROTTLED)]
        case Unreachable() | NotTried():
            return [cause(Code.GRAPH_UNREACHABLE)]
        case unknown:
            assert_never(unknown)


def _checks(evidence: Evidence) -> list[Check]:
    return [
        _check("token", evidence.token),
        _permissions(evidence),
        _check("rooms", evidence.rooms),
        _calendar(evidence),
    ]


def _permissions(evidence: Evidence) -> Check:
    match evidence.token:
        case TokenGranted(roles):
            missing = missing_roles(roles)
            if not missing:
                return Check(name="permissions", result="pass", detail="all three are granted")
            limited = missing == ("Calendars.ReadWrite",) and isinstance(
                evidence.calendar, CalendarOpened
            )
            return Check(
                name="permissions",
                result="pass" if limited else "fail",
                detail=f"not in the token: {', '.join(missing)}"
                + ("; calendars are limited to rooms" if limited else ""),
            )
        case _:
            return Check(name="permissions", result="unknown", detail="there is no token")


def _calendar(evidence: Evidence) -> Check:
    if isinstance(evidence.calendar, NotTried) and scope_of(evidence) == "tenant":
        return Check(name="calendar", result="pass", detail="the token carries Calendars.ReadWrite")
    return _check("calendar", evidence.calendar)


def _check(  # noqa: PLR0911 — one line per kind of evidence
    name: Literal["token", "rooms", "calendar"],
    seen: TokenGranted
    | TokenRefused
    | RoomsListed
    | CalendarOpened
    | CallRefused
    | MailboxUnusable
    | Throttled
    | Unreachable
    | NotTried,
) -> Check:
    match seen:
        case TokenGranted():
            return Check(name=name, result="pass", detail="Entra issued a token")
        case TokenRefused(aadsts=number, error=error, request_id=request):
            code = f"AADSTS{number}" if number is not None else error
            return Check(name=name, result="fail", detail=_told(code, request))
        case RoomsListed(count):
            return Check(name=name, result="pass", detail=f"{count} room mailboxes listed")
        case CalendarOpened():
            return Check(name=name, result="pass", detail="a room's calendar answered")
        case CallRefused(status, code, request):
            return Check(
                name=name, result="fail", detail=_told(f"{status} {code or ''}".strip(), request)
            )
        case MailboxUnusable(code, request):
            return Check(name=name, result="unknown", detail=_told(code or "no mailbox", request))
        case Throttled(request_id=request):
            return Check(name=name, result="unknown", detail=_told("throttled", request))
        case Unreachable(status, request):
            answer = f"answer {status}" if status is not None else "no answer"
            return Check(name=name, result="unknown", detail=_told(answer, request))
        case NotTried():
            return Check(name=name, result="unknown", detail="not tried")
        case unknown:
            assert_never(unknown)


def _told(what: str, request_id: str | None) -> str:
    return f"{what}, request {request_id}" if request_id else what

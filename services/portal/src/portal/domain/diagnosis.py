"""From the evidence of a connection test to exactly the causes it leaves open: one where it allows, never a guess."""

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never
from uuid import UUID

from .causes import Cause, Code, cause
from .checks import Check, checks_of
from .evidence import (
    CALENDARS,
    NEEDED,
    AddressRefused,
    BackendUnknown,
    CalendarsTried,
    CallRefused,
    Evidence,
    Grants,
    GrantsRead,
    NotTried,
    OutsideOpened,
    RoomsListed,
    Throttled,
    TokenGranted,
    TokenRefused,
    Unreachable,
    WriteLost,
    missing_roles,
    reads_everywhere,
)
from .scope import proven, scope_of
from .wire import Resource

# graph-calendar §7.4. 700016 says "not in this directory": Entra itself leaves both open.
_AADSTS: dict[int, tuple[Code, ...]] = {
    90002: (Code.WRONG_TENANT,),
    900023: (Code.WRONG_TENANT,),
    700016: (Code.WRONG_CLIENT, Code.WRONG_TENANT),
    7000229: (Code.WRONG_TENANT, Code.CONSENT_MISSING),
    7000222: (Code.SECRET_EXPIRED,),
    700027: (Code.WRONG_CERTIFICATE,),
    1000502: (Code.CERTIFICATE_EXPIRED,),
    7000112: (Code.APP_DISABLED,),
    53003: (Code.ACCESS_BLOCKED,),
    90055: (Code.THROTTLED,),
    50196: (Code.THROTTLED,),
    90033: (Code.GRAPH_UNREACHABLE,),
}
_WRONG_SECRET = 7000215
_CONSENT_OR_TYPE = (Code.CONSENT_MISSING, Code.PERMISSION_DELEGATED)


class TestResult(Resource):
    """Green or red; red with its causes. `diagnosis` is text to hand on: codes and request ids, never the secret."""

    __test__ = False  # pytest: a resource, not a test case

    ok: bool
    causes: list[Cause]
    rooms: int | None
    diagnosis: str
    checks: list[Check]


def causes_of(evidence: Evidence) -> list[Cause]:
    """The causes that the evidence leaves open; empty when everything needed is proven."""
    match evidence.token:
        case TokenRefused(aadsts=number):
            refused = _refusal(number, evidence.secret_is_guid)
            return [cause(code, missing=missing_roles(frozenset())) for code in refused]
        case Throttled():
            return [cause(Code.THROTTLED)]
        case Unreachable():
            return [cause(Code.GRAPH_UNREACHABLE)]
        case TokenGranted(roles):
            missing = tuple(
                name
                for name in missing_roles(roles)
                if name != CALENDARS or not proven(evidence, roles)
            )
            if missing:
                return _of_permissions(missing, evidence)
            return [cause(code) for code in dict.fromkeys(_of_calls(evidence, roles))]
        case unknown:
            assert_never(unknown)


def diagnose(evidence: Evidence, *, tenant_id: UUID, client_id: UUID, now: datetime) -> TestResult:
    """The answer to Test Settings."""
    causes = causes_of(evidence)
    checks = checks_of(evidence)
    found = evidence.rooms.count if isinstance(evidence.rooms, RoomsListed) else None
    lines = [
        f"Clearooms connection test {now:%Y-%m-%dT%H:%M:%SZ}",
        f"tenant {tenant_id}, client {client_id}",
        f"scope: {scope_of(evidence)}",
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


def _of_permissions(missing: tuple[str, ...], evidence: Evidence) -> list[Cause]:
    before: tuple[Code, ...] = ()
    after: tuple[Code, ...] = ()
    if missing == (CALENDARS,):
        # A grant limited to rooms is not in the token (graph-calendar §10): only a room's calendar can tell.
        match evidence.rooms, evidence.calendars:
            case (_, Throttled()) | (Throttled(), _):
                return [cause(Code.THROTTLED)]
            case (_, Unreachable()) | (Unreachable(), _):
                return [cause(Code.GRAPH_UNREACHABLE)]
            case CallRefused(), NotTried():
                return [cause(Code.GRAPH_REFUSED)]
            case RoomsListed(count=0), NotTried():
                before = (Code.NO_ROOMS_YET,)
            case _, CalendarsTried(opened=0, refused=0):
                before = (Code.MAILBOX_UNSUPPORTED,)
            case _, CalendarsTried(opened=0):
                after = (Code.ROOM_OUTSIDE_SCOPE,)
            case _:
                pass
    about: dict[Code, list[str]] = {}
    for name in missing:
        for code in _why(name, evidence.grants):
            about.setdefault(code, []).append(name)
    return [
        *(cause(code) for code in before),
        *(cause(code, missing=tuple(about[code])) for code in Code if code in about),
        *(cause(code) for code in after),
    ]


def _why(name: str, grants: Grants) -> tuple[Code, ...]:
    """Why a permission is not in the token, as far as the directory tells (graph-calendar §6.2, §7.5)."""
    if not isinstance(grants, GrantsRead):
        return _CONSENT_OR_TYPE
    enough = NEEDED[name]
    if grants.granted & enough:
        # The directory shows changes late, and so may Entra: taken back, or granted, a moment ago.
        return (Code.CONSENT_MISSING, Code.CONSENT_TOO_NEW)
    if grants.asked_application is None or grants.asked_delegated is None:
        return _CONSENT_OR_TYPE
    if grants.asked_application & enough:
        return (Code.CONSENT_MISSING,)
    if (grants.asked_delegated | grants.delegated) & enough:
        return (Code.PERMISSION_DELEGATED,)
    return (Code.PERMISSION_NOT_ADDED,)


def _of_calls(evidence: Evidence, roles: frozenset[str]) -> Iterator[Code]:
    for seen in (evidence.rooms, evidence.calendars, evidence.outside, evidence.webhook):
        yield from _passing(seen)
    yield from _passing(evidence.write)
    yield from _of_rooms(evidence)
    if isinstance(evidence.outside, OutsideOpened) and not reads_everywhere(roles):
        yield Code.SCOPE_TOO_WIDE
    match evidence.webhook:
        case AddressRefused():
            yield Code.WEBHOOK_UNREACHABLE
        case BackendUnknown():
            yield from (Code.GRAPH_UNREACHABLE, Code.MAILBOX_UNSUPPORTED)
        case CallRefused(status=401 | 403):
            yield from (Code.SUBSCRIPTION_REFUSED, Code.TOO_MANY_SUBSCRIPTIONS)
        case CallRefused(status=404):
            yield Code.MAILBOX_UNSUPPORTED
        case CallRefused():
            yield Code.UNRECOGNISED
        case _:
            pass
    match evidence.write:
        case CallRefused(status=401 | 403):
            yield Code.WRITE_REFUSED
        case CallRefused():
            yield Code.UNRECOGNISED
        case _:
            pass


def _of_rooms(evidence: Evidence) -> Iterator[Code]:
    match evidence.rooms:
        case RoomsListed(count=0) if isinstance(evidence.calendars, NotTried):
            yield Code.NO_ROOMS_YET
        case CallRefused():
            yield Code.GRAPH_REFUSED
        case _:
            pass
    match evidence.calendars:
        case CalendarsTried(opened=0, refused=0):
            yield Code.MAILBOX_UNSUPPORTED
        case CalendarsTried(opened=0):
            # With the permission in the token: an access policy, or consent that Exchange does not know yet.
            yield from (Code.ROOM_OUTSIDE_SCOPE, Code.GRAPH_REFUSED)
        case CalendarsTried(refused_imported=refused) if refused:
            yield Code.ROOM_OUTSIDE_SCOPE
        case _:
            pass


def _passing(seen: object) -> Iterator[Code]:
    match seen:
        case Throttled():
            yield Code.THROTTLED
        case Unreachable() | WriteLost():
            yield Code.GRAPH_UNREACHABLE
        case _:
            pass

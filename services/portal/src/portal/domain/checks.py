"""The steps of a connection test, each with what it showed."""

from datetime import datetime
from typing import Final, Literal

from .evidence import (
    CALENDARS,
    AddressRefused,
    BackendUnknown,
    CalendarsTried,
    CallRefused,
    Evidence,
    GrantsRead,
    NoAddress,
    NotTried,
    OutsideOpened,
    OutsideRefused,
    OutsideUnknown,
    RoomsListed,
    Throttled,
    TokenGranted,
    TokenRefused,
    Unreachable,
    Validated,
    WriteLost,
    WroteAndUndid,
    missing_roles,
    reads_everywhere,
)
from .scope import proven, scope_of
from .wire import Resource

Name = Literal[
    "token",
    "permissions",
    "consent",
    "rooms",
    "calendar",
    "scope",
    "webhook",
    "write",
    "room_subjects",
    "room_conflicts",
]
Result = Literal["pass", "fail", "unknown"]

IN_TURN: Final[tuple[Name, ...]] = (
    "token",
    "permissions",
    "consent",
    "rooms",
    "calendar",
    "write",
    "scope",
    "webhook",
    "room_subjects",
    "room_conflicts",
)
"""The order in which a test comes to know them; `checks_of` lists them in that of their weight."""


class Check(Resource):
    """One step of the test."""

    name: Name
    result: Result
    detail: str


def checks_of(evidence: Evidence) -> list[Check]:
    """Every step, in order, also those that were not tried."""
    steps: list[tuple[Name, tuple[Result, str]]] = [
        ("token", _token(evidence)),
        ("permissions", _permissions(evidence)),
        ("consent", _consent(evidence)),
        ("rooms", _rooms(evidence)),
        ("calendar", _calendar(evidence)),
        ("scope", _scope(evidence)),
        ("webhook", _webhook(evidence)),
        ("write", _write(evidence)),
        ("room_subjects", _subjects(evidence)),
        ("room_conflicts", _conflicts(evidence)),
    ]
    return [Check(name=name, result=result, detail=detail) for name, (result, detail) in steps]


def checks_before(evidence: Evidence, under_way: Name) -> list[Check]:
    """What is known when this step begins; steps that were passed over are known to be."""
    known = IN_TURN[: IN_TURN.index(under_way)]
    return [check for check in checks_of(evidence) if check.name in known]


def _token(evidence: Evidence) -> tuple[Result, str]:
    match evidence.token:
        case TokenGranted():
            return "pass", "Entra issued a token"
        case TokenRefused(aadsts=number, error=error, request_id=request):
            return "fail", _told(f"AADSTS{number}" if number is not None else error, request)
        case other:
            return _otherwise(other)


def _permissions(evidence: Evidence) -> tuple[Result, str]:
    if not isinstance(evidence.token, TokenGranted):
        return "unknown", "there is no token"
    missing = missing_roles(evidence.token.roles)
    if not missing:
        return "pass", "all three are granted"
    text = f"not in the token: {', '.join(missing)}"
    if missing == (CALENDARS,) and proven(evidence, evidence.token.roles):
        return "pass", f"{text}; calendars are granted in Exchange"
    return "fail", text


def _consent(evidence: Evidence) -> tuple[Result, str]:
    match evidence.token, evidence.grants:
        case TokenGranted(roles), NotTried() if not missing_roles(roles):
            return "pass", "the token carries all three"
        case _, GrantsRead(granted, delegated, asked, asked_delegated):
            lists = (
                "the registration is in another directory"
                if asked is None or asked_delegated is None
                else f"asked for as Application: {_names(asked)}, as Delegated: {_names(asked_delegated)}"
            )
            return (
                "pass",
                f"granted as Application: {_names(granted)}, as Delegated: {_names(delegated)}; {lists}",
            )
        case _, other:
            return _otherwise(other)


def _rooms(evidence: Evidence) -> tuple[Result, str]:
    match evidence.rooms:
        case RoomsListed(count):
            return "pass", f"{count} room mailboxes listed"
        case other:
            return _otherwise(other)


def _calendar(evidence: Evidence) -> tuple[Result, str]:
    match evidence.calendars:
        case CalendarsTried(opened, refused, refused_imported, unusable, told):
            parts = [f"{opened} opened"]
            if refused:
                parts.append(f"{refused} refused ({refused_imported} of them imported)")
            if unusable:
                parts.append(f"{unusable} without a mailbox in Exchange Online")
            text = f"of the rooms tried: {', '.join(parts)}"
            if told is not None:
                text = _told(f"{text}; {_code(told)}", told.request_id)
            if opened and not refused_imported:
                return "pass", text
            return ("fail" if refused else "unknown"), text
        case other:
            return _otherwise(other)


def _scope(evidence: Evidence) -> tuple[Result, str]:  # noqa: PLR0911 — one text per case
    everywhere = isinstance(evidence.token, TokenGranted) and reads_everywhere(evidence.token.roles)
    match scope_of(evidence), evidence.outside:
        case "tenant", OutsideOpened():
            return (
                "pass",
                "tenant-wide: the mailbox named as outside can be read, as can every other",
            )
        case "tenant", OutsideUnknown():
            return (
                "pass",
                "tenant-wide; the mailbox named as outside is not one of Exchange Online",
            )
        case "tenant", _:
            return "pass", "tenant-wide: every mailbox can be read; that can be limited to rooms"
        case "rooms", OutsideRefused(status, code, request):
            return "pass", _told(
                f"limited: the mailbox named as outside is refused, {status} {code or ''}".strip(),
                request,
            )
        case "rooms", OutsideUnknown():
            return (
                "unknown",
                "limited; the mailbox named as outside has none in Exchange Online: name another",
            )
        case "rooms", _:
            return "unknown", "limited, not proven: name a mailbox that must be out of reach"
        case "unknown", OutsideOpened() if not everywhere:
            return (
                "fail",
                "the mailbox named as outside can be read, although no consent for calendars shows",
            )
        case _:
            return "unknown", "no calendar opened"


def _webhook(evidence: Evidence) -> tuple[Result, str]:
    match evidence.webhook:
        case Validated(removed):
            left = "" if removed else "; it could not be deleted and ends by itself within an hour"
            return "pass", f"Microsoft reached our address for a throw-away subscription{left}"
        case NoAddress():
            return "unknown", "this deployment has no webhook address: rooms are read at intervals"
        case AddressRefused(code, request):
            return "fail", _told(f"our address did not answer Microsoft, {code or '400'}", request)
        case BackendUnknown(status, request):
            return "unknown", _told(f"the mailbox's server is not found, {status}", request)
        case other:
            return _otherwise(other)


def _write(evidence: Evidence) -> tuple[Result, str]:
    match evidence.write:
        case WroteAndUndid(removed=True):
            return "pass", "a marked event was written into a room's calendar and deleted again"
        case WroteAndUndid(at=at):
            return "fail", f"a test event was written and could not be deleted: {_where(at)}"
        case WriteLost(at, request):
            return "unknown", _told(f"no answer; if a test event is left, {_where(at)}", request)
        case other:
            return _otherwise(other)


def _where(at: datetime) -> str:
    return (
        f"look at {at:%Y-%m-%d %H:%M} UTC in the rooms' calendars"
        " for the subject “Clearooms connection test” and delete it in Outlook"
    )


def _subjects(evidence: Evidence) -> tuple[Result, str]:
    match evidence.settings.subjects:
        case "kept":
            return "pass", "meetings keep their subjects"
        case "replaced":
            return (
                "fail",
                (
                    "a room replaces subjects by the organiser's name, so bookings made in Outlook show that name;"
                    " Set-CalendarProcessing -DeleteSubject $false -AddOrganizerToSubject $false keeps them"
                ),
            )
        case "unknown":
            return "unknown", "the meetings seen do not show it"


def _conflicts(evidence: Evidence) -> tuple[Result, str]:
    if not evidence.settings.overlap:
        return "unknown", "no overlapping meetings seen; the setting itself cannot be read"
    return (
        "fail",
        (
            "a room has accepted meetings that overlap: Set-CalendarProcessing -AllowConflicts $false,"
            " unless somebody accepted one by hand"
        ),
    )


def _otherwise(seen: object) -> tuple[Result, str]:
    match seen:
        case CallRefused(request_id=request) as refused:
            return "fail", _told(_code(refused), request)
        case Throttled(request_id=request):
            return "unknown", _told("throttled", request)
        case Unreachable(status, request):
            return "unknown", _told(
                f"answer {status}" if status is not None else "no answer", request
            )
        case _:
            return "unknown", "not tried"


def _code(refused: CallRefused) -> str:
    return f"{refused.status} {refused.code or ''}".strip()


def _names(permissions: frozenset[str]) -> str:
    return ", ".join(sorted(permissions)) or "none"


def _told(what: str, request_id: str | None) -> str:
    return f"{what}, request {request_id}" if request_id else what

"""Signing in and out."""

from typing import Final
from urllib.parse import urlencode

from ..domain.accounts import Session, SignIn
from ..domain.caller import Access
from ..domain.microsoft import LONGEST_TO, Failure
from ..domain.refusal import Reason, Refusal
from ..handlers.microsoft import Departure, MicrosoftSignIns
from ..handlers.sessions import LASTS, Sessions
from .edge import SIGN_IN
from .table import Answer, Page, Redirect, View, Visit

MICROSOFT: Final = f"{SIGN_IN}/microsoft"
BACK: Final = f"{MICROSOFT}/back"
"""Where Microsoft sends people back to: the operator registers PORTAL_URL with this path."""


class SigningIn:
    """The sign-in page, by password and where it is set up with Microsoft; whoever is signed in already goes on."""

    def __init__(self, sessions: Sessions, microsoft: MicrosoftSignIns | None) -> None:
        self._sessions = sessions
        self._microsoft = microsoft

    def pages(self) -> list[Page]:
        """Return the table of these pages."""
        table = [
            Page("GET", SIGN_IN, Access.ANYONE, self._show),
            Page("POST", SIGN_IN, Access.ANYONE, self._enter),
            Page("POST", "/sign-out", Access.MEMBER, self._leave),
        ]
        if self._microsoft is not None:
            table += _WithMicrosoft(self._microsoft).pages()
        return table

    async def _show(self, visit: Visit) -> Answer:
        if visit.given_person is not None:
            return Redirect(_wanted(visit))
        return self._form(visit, None)

    async def _enter(self, visit: Visit) -> Answer:
        try:
            given = visit.form(SignIn, email=visit.typed.get("email", ""))
            session = await self._sessions.sign_in(given, visit.client)
        except Refusal as refusal:
            return self._form(visit, refusal)
        return _entered(_wanted(visit), session)

    async def _leave(self, visit: Visit) -> Answer:
        await self._sessions.sign_out(visit.person)
        return Redirect(SIGN_IN, say="Signed out.", leave=True)

    def _form(self, visit: Visit, refusal: Refusal | None) -> View:
        to = _wanted(visit)
        values = {
            "action": _address(SIGN_IN, to),
            "microsoft": _address(MICROSOFT, to) if self._microsoft else "",
            "email": visit.typed.get("email", ""),
            "failure": _told(visit) if refusal is None else None,
        }
        return View("sign_in.html", values, refusal)


class _WithMicrosoft:
    def __init__(self, microsoft: MicrosoftSignIns) -> None:
        self._microsoft = microsoft

    def pages(self) -> list[Page]:
        return [
            Page("GET", MICROSOFT, Access.ANYONE, self._start),
            Page("GET", BACK, Access.ANYONE, self._return),
        ]

    async def _start(self, visit: Visit) -> Answer:
        to = _wanted(visit)
        if visit.given_person is not None:
            return Redirect(to)
        departure = await self._microsoft.start(to, visit.client)
        if isinstance(departure, Departure):
            return Redirect(departure.address, away=departure.kept)
        return Redirect(_address(SIGN_IN, to, departure))

    async def _return(self, visit: Visit) -> Answer:
        arrival = await self._microsoft.finish(visit.away, visit.query, visit.client)
        to = _ours(arrival.to)
        if isinstance(arrival.outcome, Failure):
            return Redirect(_address(SIGN_IN, to, arrival.outcome), away="")
        return _entered(to, arrival.outcome)


def _entered(to: str, session: Session) -> Redirect:
    return Redirect(to, session=(session.token, int(LASTS.total_seconds())), away="")


def _wanted(visit: Visit) -> str:
    return _ours(visit.query.get("to", "/"))


def _address(path: str, to: str, failure: Failure | None = None) -> str:
    query = ({} if to == "/" else {"to": to}) | ({} if failure is None else {"microsoft": failure})
    return f"{path}?{urlencode(query)}" if query else path


def _told(visit: Visit) -> Refusal | None:
    """What the address says of a sign-in with Microsoft that ended without one."""
    named = visit.query.get("microsoft")
    if named not in set(Failure):
        return None
    return Refusal(Reason.UNAUTHENTICATED, Failure(named).words)


def _ours(path: str) -> str:
    """The path if it is one of ours, else the start: nobody is sent to another site."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if ours and "\\" not in path and len(path) <= LONGEST_TO else "/"

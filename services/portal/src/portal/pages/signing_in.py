"""Signing in and out."""

from urllib.parse import quote

from ..domain.accounts import SignIn
from ..domain.caller import Access
from ..domain.refusal import Refusal
from ..handlers.sessions import LASTS, Sessions
from .edge import SIGN_IN
from .table import Answer, Page, Redirect, View, Visit


class SigningIn:
    """The sign-in page; whoever is signed in already goes on."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def pages(self) -> list[Page]:
        """Return the table of these pages."""
        return [
            Page("GET", SIGN_IN, Access.ANYONE, self._show),
            Page("POST", SIGN_IN, Access.ANYONE, self._enter),
            Page("POST", "/sign-out", Access.MEMBER, self._leave),
        ]

    async def _show(self, visit: Visit) -> Answer:
        if visit.given_person is not None:
            return Redirect(_ours(visit.query.get("to", "/")))
        return self._form(visit, None)

    async def _enter(self, visit: Visit) -> Answer:
        try:
            given = visit.form(SignIn, email=visit.typed.get("email", ""))
            session = await self._sessions.sign_in(given, visit.client)
        except Refusal as refusal:
            return self._form(visit, refusal)
        return Redirect(
            _ours(visit.query.get("to", "/")),
            session=(session.token, int(LASTS.total_seconds())),
        )

    async def _leave(self, visit: Visit) -> Answer:
        await self._sessions.sign_out(visit.person)
        return Redirect(SIGN_IN, say="Signed out.", leave=True)

    def _form(self, visit: Visit, refusal: Refusal | None) -> View:
        to = _ours(visit.query.get("to", "/"))
        action = SIGN_IN if to == "/" else f"{SIGN_IN}?to={quote(to, safe='')}"
        values = {"action": action, "email": visit.typed.get("email", "")}
        return View("sign_in.html", values, refusal)


def _ours(path: str) -> str:
    """The path if it is one of ours, else the start: nobody is sent to another site."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if ours and "\\" not in path else "/"

"""The session cookie of the pages, and whether a request that carries it is one of theirs."""

import secrets
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from ..domain.csrf import csrf_holds, csrf_token
from ..domain.microsoft import LASTS_SECONDS
from ..domain.refusal import Reason, Refusal

CSRF_HEADER: Final = "X-CSRF-Token"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST: Final = 512
_PLAIN: Final = "session"
_AWAY: Final = "away"
_MOST_AWAY: Final = 4096
_HOST: Final = "__Host-session"  # browsers take it over TLS only, for this very host


class Cookies:
    """Sets and reads the session's cookie; over plain HTTP (a test, a demo) under a name without promises."""

    def __init__(self, portal_url: str) -> None:
        self._secure = portal_url.startswith("https:")
        self._name = _HOST if self._secure else _PLAIN
        self._away = f"__Host-{_AWAY}" if self._secure else _AWAY
        self._host = urlsplit(portal_url).netloc

    @property
    def secure(self) -> bool:
        """Whether the portal is reached by TLS."""
        return self._secure

    def session(self, request: web.Request) -> str:
        """Return the session's token; empty when there is none."""
        token = request.cookies.get(self._name, "")
        return token if len(token) <= _MOST else ""

    def set(self, response: web.StreamResponse, token: str, seconds: int) -> None:
        """Have the browser keep the session."""
        response.set_cookie(
            self._name, token, max_age=seconds, path="/", secure=self._secure, httponly=True,
            samesite="Lax",
        )  # fmt: skip

    def clear(self, response: web.StreamResponse) -> None:
        """Have the browser forget the session."""
        response.del_cookie(
            self._name, path="/", secure=self._secure, httponly=True, samesite="Lax"
        )

    def away(self, request: web.Request) -> str:
        """Return what the browser keeps while its person is at Microsoft; empty when it keeps nothing."""
        kept = request.cookies.get(self._away, "")
        return kept if len(kept) <= _MOST_AWAY else ""

    def set_away(self, response: web.StreamResponse, kept: str) -> None:
        """Have the browser keep it for as long as it is good; an empty text is forgotten."""
        response.set_cookie(
            self._away, kept, max_age=LASTS_SECONDS if kept else 0, path="/", secure=self._secure,
            httponly=True, samesite="Lax",
        )  # fmt: skip

    def check_origin(self, request: web.Request) -> None:
        """Refuse what another site's page sends."""
        origin = request.headers.get("Origin")
        site = request.headers.get("Sec-Fetch-Site", "none")
        ours = {request.host, self._host}
        if site not in {"same-origin", "none"} or (
            origin is not None and urlsplit(origin).netloc not in ours
        ):
            raise Refusal(Reason.FORBIDDEN, "This came from another site. Open the page here.")

    def check_csrf(self, request: web.Request, session: str, token: str) -> None:
        """Refuse a change that does not prove to come from a page of this session."""
        self.check_origin(request)
        if not csrf_holds(session, token):
            raise Refusal(
                Reason.FORBIDDEN,
                "The page is older than your session. Load it again, then repeat.",
            )


def fresh_csrf(session: str) -> str:
    """Return a token for one page of this session."""
    return csrf_token(session, secrets.token_bytes(32))

"""A door into the portal: who comes through it is signed in there as the demo's administrator."""

from dataclasses import dataclass

from aiohttp import web

from .connecting import Account
from .portal_client import Portal

PATH = "/portal"
_COOKIE = "session"  # the portal's, where it is reached without TLS; browsers share cookies over a host's ports


@dataclass(slots=True)
class Entrance:
    """Opens a session of its own for each visit, so that signing out ends nobody else's."""

    nobody: Portal
    account: Account

    async def open(self, request: web.Request) -> web.Response:
        """Lead to the portal's start, signed in; raises `PortalRefused`."""
        if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
            raise web.HTTPForbidden(text="Open this address yourself, not from another site.")
        signed_in = await self.nobody.call(
            "POST",
            "/api/session",
            {"email": self.account.email, "password": self.account.password},
        )
        response = web.Response(status=303, headers={"Location": self.nobody.origin + "/"})
        response.set_cookie(_COOKIE, signed_in["token"], path="/", httponly=True, samesite="Lax")
        return response

"""`GET /api/stream`: server-sent events, one CloudEvent each, of the session's organisation alone."""

import asyncio
from contextlib import suppress
from typing import Final

from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from ..domain.caller import Access, Caller, Person
from ..domain.refusal import Reason, Refusal
from ..handlers.feed import Feed, Seat
from ..handlers.sessions import Sessions
from .edge import Edge
from .problems import HEADERS

PATH: Final = "/api/stream"
_HEARTBEAT_SECONDS: Final = 15.0
_SEND_SECONDS: Final = 10.0
_RECHECK_SECONDS: Final = 15.0


class Stream:
    """Serves the feed; ends when the session ends, when the client does not read, and at shutdown."""

    def __init__(self, edge: Edge, sessions: Sessions, feed: Feed) -> None:
        self._edge = edge
        self._sessions = sessions
        self._feed = feed

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Follow until either side ends."""
        caller, named = await self._edge.admitted(request, Access.MEMBER, inside=True)
        organisation_id = caller.organisation_id if isinstance(caller, Person) else named
        if caller is None or organisation_id is None:
            raise Refusal(Reason.UNAUTHENTICATED, "A bearer token is needed.")
        # Seated before the headers go out: what happens after the client sees them is not missed.
        with self._feed.seat(organisation_id) as seat:
            async with sse_response(
                request,
                headers=HEADERS,
                send_timeout=_SEND_SECONDS,
                ping_interval=_HEARTBEAT_SECONDS,
            ) as response:
                with suppress(ConnectionError, TimeoutError):
                    # One comment at once, so that proxies and pages see the stream open.
                    await response.write(b": open\r\n\r\n")
                    await self._follow(seat, response, caller)
        return response

    async def _follow(self, seat: Seat, response: EventSourceResponse, caller: Caller) -> None:
        clock = asyncio.get_running_loop().time
        checked = clock()
        while response.is_connected():
            try:
                async with asyncio.timeout(_RECHECK_SECONDS):
                    happening = await seat.get()
            except TimeoutError:
                pass
            else:
                if happening is None:
                    return
                await response.send(happening.body, id=happening.id, event=happening.name)
            if clock() - checked >= _RECHECK_SECONDS:
                checked = clock()
                if not await self._sessions.lives(caller):
                    return

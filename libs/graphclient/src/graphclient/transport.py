"""Requests over the wire: the given aiohttp session, time-outs, size caps, a few retries of one read."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Hashable
from uuid import uuid4
from weakref import WeakValueDictionary

import aiohttp
from yarl import URL

from . import protocol
from .auth import TokenSource
from .errors import Malformed, Unavailable
from .models import EVENT_SELECT
from .protocol import Answer, Request

MOST_IN_FLIGHT = (
    3  # per mailbox; Graph admits four (graph-calendar §11) and somebody else may ask, too
)
_MOST_BYTES = 8 << 20
_PAUSES = (0.2, 0.4)  # seconds at most, before the second and the third attempt
_TIMED_OUT = "timeout"
_LONGEST_WAIT = (
    2.0  # seconds; whoever is told to wait longer gets the error: long waits belong to the caller
)

_Send = Callable[[Request, str], Awaitable[Answer]]


class Transport:
    """Carries one request at a time per caller over a session it was given and does not close.

    A 429 is raised at once, however short its Retry-After: the pass that asked holds a lease and decides.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._places: WeakValueDictionary[Hashable, asyncio.Semaphore] = WeakValueDictionary()

    async def send(self, request: Request, token: str) -> Answer:
        """The answer, whatever its status; raises Unavailable without one, Malformed for one that is too large."""
        places = self._places_of(request.mailbox)
        async with places:
            return await self._exchange(request, token)

    def _places_of(self, mailbox: str | None) -> asyncio.Semaphore:
        if mailbox is None:
            return asyncio.Semaphore(1)
        name = mailbox.lower()  # an address means the same mailbox in any case
        places = self._places.get(name)
        if places is None:
            places = self._places[name] = asyncio.Semaphore(MOST_IN_FLIGHT)
        return places

    async def _exchange(self, request: Request, token: str) -> Answer:
        ours = str(uuid4())
        try:
            async with (
                asyncio.timeout(request.seconds),
                self._session.request(
                    request.method,
                    URL(request.url, encoded=True),
                    data=request.body,
                    headers=protocol.headers_of(request, token, ours),
                    allow_redirects=False,
                ) as response,
            ):
                body = await _read(response, ours)
                if response.status >= 500:
                    response.close()  # back off on a new connection (graph-notifications §8.1)
                headers = {name.lower(): value for name, value in response.headers.items()}
                headers.setdefault("request-id", ours)
                return Answer(response.status, headers, body)
        except TimeoutError as error:
            raise Unavailable(
                "Graph does not answer in time", request_id=ours, code=_TIMED_OUT
            ) from error
        except (aiohttp.ClientPayloadError, aiohttp.ClientResponseError) as error:
            raise Unavailable("Graph's answer broke off", request_id=ours) from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable("Graph cannot be reached", request_id=ours) from error


async def _read(response: aiohttp.ClientResponse, request_id: str) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_chunked(1 << 16):
        size += len(piece)
        if size > _MOST_BYTES:
            response.close()
            raise Malformed(
                "the answer is too large", request_id=request_id, status=response.status
            )
        pieces.append(piece)
    return b"".join(pieces)


class Wire:
    """A transport that signs in as one app: what the calls of a tenant are made with."""

    def __init__(
        self,
        transport: Transport,
        tokens: TokenSource,
        service: protocol.Service,
        select: str = EVENT_SELECT,
    ) -> None:
        """`select` is what is asked for of events."""
        self._transport = transport
        self._tokens = tokens
        self.service = service
        self.select = select

    async def read(self, request: Request) -> Answer:
        """A successful answer to a request that changes nothing, asked up to three times while Graph is in trouble."""
        return await self._signed_in(request, self._send_patiently)

    async def write(self, request: Request) -> Answer:
        """A successful answer to a request that is made once, and once more only where its token was refused."""
        return await self._signed_in(request, self._transport.send)

    async def _signed_in(self, request: Request, send: _Send) -> Answer:
        answer = await send(request, await self._tokens.token())
        if protocol.token_refused(answer) and self._tokens.forget(unless_just_issued=True):
            answer = await send(request, await self._tokens.token())
        protocol.check(answer)
        return answer

    async def _send_patiently(self, request: Request, token: str) -> Answer:
        # A loop and no library: where nothing is repeated, that took a quarter of a request's CPU.
        for longest in _PAUSES:
            told = None
            try:
                answer = await self._transport.send(request, token)
            except Unavailable as error:
                if error.code == _TIMED_OUT:
                    raise
            else:
                if not _in_trouble(answer):
                    return answer
                told = protocol.told_wait(answer)
            pause = random.uniform(0, longest)  # noqa: S311 -- spreads requests, no secret
            await asyncio.sleep(pause if told is None else told)
        return await self._transport.send(request, token)


def _in_trouble(answer: Answer) -> bool:
    """503 or 504 that tells no wait, or a short one; never a throttling, which uses 503 as well."""
    if answer.status not in {503, 504} or protocol.throttles(answer):
        return False
    return (protocol.told_wait(answer) or 0.0) <= _LONGEST_WAIT

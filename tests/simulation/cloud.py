"""Microsoft's cloud in this process: the simulator answers what the shipped graphclient asks, and posts to the shipped ingress."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import cache
from random import Random
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

import aiohttp
import msgspec
from multidict import CIMultiDict
from yarl import URL

from graphclient import Credentials, Tenant
from graphclient.auth import TokenSource
from graphclient.protocol import Service
from graphclient.transport import Transport
from graphsim import Options, Simulator
from graphsim.clock import Clock
from graphsim.events import Event
from graphsim.keys import Keys
from graphsim.wire import Answer, Call, Refused, prefer_of, query_of, segments_of

from .journal import Journal
from .processes import Fuse

ORIGIN = "https://graph.test"
SERVICE = Service.at(f"{ORIGIN}/v1.0")
_TOKEN_LASTS = 3_000.0  # seconds; an app may use one for nearly an hour
_encoder = msgspec.json.Encoder()

Sight = Callable[[str, Call], Awaitable[None]]


class Cloud:
    """One simulated cloud; `before` and `after` see every call of our services."""

    def __init__(
        self, options: Options, clock: Callable[[], datetime], journal: Journal, random: Random
    ) -> None:
        self.simulator = Simulator(options, clock=Clock(clock))
        # Making keys takes longer than a whole history: all clouds of a process sign with the same ones.
        self.simulator.gateway._tokens.keys = _keys()  # noqa: SLF001 -- no other way in
        self.journal = journal
        self.random = random
        self.latency = (0.02, 0.25)
        self.before: Sight | None = None
        self.after: Callable[[str, Call, int], None] | None = None
        self._clock = clock
        self._tokens: dict[tuple[UUID, UUID], tuple[float, str]] = {}
        self.flying = 0
        """Calls whose effect is still to come."""
        self._tasks: asyncio.TaskGroup | None = None

    def open(self, tasks: asyncio.TaskGroup) -> None:
        """Calls run in this group: what was asked for happens, whatever becomes of who asked."""
        self._tasks = tasks

    async def control(self, method: str, path: str, body: object = None) -> Any:
        """The control API: what people and tests do; AssertionError unless it succeeds."""
        path, _, query = path.partition("?")
        content = b"" if body is None else _encoder.encode(body)
        call = Call(
            method, f"/_sim/{path}", segments_of(f"/_sim/{path}"), query_of(query), {}, content,
            ORIGIN, self._clock(),
        )  # fmt: skip
        answer = await self.simulator.handle(call)
        if answer.status >= 300:
            raise Refused(answer.status, "control", f"{method} {path}: {answer.payload}")
        return answer.payload

    def event(self, mailbox_id: UUID, event_id: str) -> Event | None:
        """What is stored under the id by which a mailbox knows an event."""
        owned = self.simulator.state.owner_of(mailbox_id)
        read = owned[1].mint.read(event_id) if owned else None
        return owned[1].events.get(read[0].key) if owned and read else None

    async def answer(self, who: str, call: Call) -> Answer:
        """What the simulator says to one of our services."""
        if self.before is not None:
            await self.before(who, call)
        call.now = self._clock()
        self.flying += 1
        try:
            answer = await self.simulator.handle(call)
        except Refused as refused:
            answer = Answer(refused.status, {"error": refused.message})
        finally:
            self.flying -= 1
        self.journal.note(
            who, f"{call.method} {call.path} {answer.status}{' lost' if answer.drop else ''}"
        )
        if self.after is not None:
            self.after(who, call, answer.status)
        return answer

    def begin(self, who: str, call: Call) -> "asyncio.Task[Answer]":
        """Answer, whether or not anybody waits for it."""
        if self._tasks is None:
            raise RuntimeError("the cloud is not open")
        return self._tasks.create_task(self.answer(who, call))

    async def token(self, credentials: Credentials) -> str:
        """An access token, a new one every fifty minutes."""
        name = (credentials.tenant_id, credentials.client_id)
        now = asyncio.get_running_loop().time()
        held = self._tokens.get(name)
        if held is None or now - held[0] > _TOKEN_LASTS:
            path = f"/{credentials.tenant_id}/oauth2/v2.0/token"
            form = {
                "grant_type": "client_credentials",
                "client_id": str(credentials.client_id),
                "client_secret": credentials.secret,
                "scope": "https://graph.microsoft.com/.default",
            }
            headers = CIMultiDict({"Content-Type": "application/x-www-form-urlencoded"})
            call = Call("POST", path, segments_of(path), {}, headers, urlencode(form).encode(), ORIGIN, self._clock())  # fmt: skip
            answer = await self.simulator.handle(call)
            assert answer.status == 200, answer.payload
            payload = cast("dict[str, Any]", answer.payload)
            held = self._tokens[name] = (now, str(payload["access_token"]))
        return held[1]


@cache
def _keys() -> Keys:
    keys = Keys(None)
    keys.after(0)
    return keys


class _Tokens:
    """graphclient's TokenSource without msal and threads."""

    def __init__(self, cloud: Cloud, credentials: Credentials) -> None:
        self._cloud = cloud
        self._credentials = credentials

    async def token(self) -> str:
        return await self._cloud.token(self._credentials)

    def forget(self, *, unless_just_issued: bool = False) -> bool:
        """A token's roles never change here: there is no better one to be had."""
        return False


class SignIn:
    """graphclient's Graph for one process: its transport over a line of its own."""

    def __init__(self, cloud: Cloud, who: str, fuse: Fuse) -> None:
        self._cloud = cloud
        line = cast("aiohttp.ClientSession", _Line(cloud, who, fuse))
        self._transport = Transport(line)
        self._tenants: dict[tuple[UUID, UUID], Tenant] = {}

    def tenant(self, credentials: Credentials) -> Tenant:
        """As graphclient.Graph."""
        name = (credentials.tenant_id, credentials.client_id)
        if name not in self._tenants:
            tokens = cast("TokenSource", _Tokens(self._cloud, credentials))
            self._tenants[name] = Tenant(self._transport, tokens, SERVICE)
        return self._tenants[name]


class _Line:
    """What Transport needs of an aiohttp session."""

    def __init__(self, cloud: Cloud, who: str, fuse: Fuse) -> None:
        self._cloud = cloud
        self._who = who
        self._fuse = fuse

    def request(
        self,
        method: str,
        url: URL,
        *,
        data: bytes | None,
        headers: Mapping[str, str],
        allow_redirects: bool,
    ) -> "_Asked":
        assert not allow_redirects
        return _Asked(self._cloud, self._who, self._fuse, method, url, data or b"", headers)


class _Asked:
    """One request on its way."""

    def __init__(
        self,
        cloud: Cloud,
        who: str,
        fuse: Fuse,
        method: str,
        url: URL,
        data: bytes,
        headers: Mapping[str, str],
    ) -> None:
        self._cloud = cloud
        self._who = who
        self._fuse = fuse
        self._call = Call(
            method,
            url.raw_path,
            segments_of(url.raw_path),
            query_of(url.raw_query_string),
            CIMultiDict(headers),
            data,
            ORIGIN,
            cloud._clock(),  # noqa: SLF001 -- the same module
            prefer_of([headers["Prefer"]]),
        )

    async def __aenter__(self) -> "_Response":
        return await self._fuse.call(self._exchanged)

    async def __aexit__(self, *_: object) -> None:
        return None

    async def _exchanged(self) -> "_Response":
        cloud = self._cloud
        there = cloud.random.uniform(*cloud.latency)
        await asyncio.sleep(there)
        answer = await asyncio.shield(cloud.begin(self._who, self._call))
        await asyncio.sleep(there / 2)
        if answer.drop:
            raise aiohttp.ServerDisconnectedError
        return _Response(answer, cloud._clock())  # noqa: SLF001 -- the same module


class _Response:
    """An answer as Transport reads it."""

    def __init__(self, answer: Answer, now: datetime) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self._body = b"" if answer.payload is None else _encoder.encode(answer.payload)
        if "Retry-After" in answer.headers:
            self.headers = {"Date": now.strftime("%a, %d %b %Y %H:%M:%S GMT"), **answer.headers}

    @property
    def content(self) -> "_Response":
        return self

    async def iter_chunked(self, _: int) -> Any:
        yield self._body

    def close(self) -> None:
        return None


Receive = Callable[[URL, bytes], Awaitable[tuple[int, str, bytes]]]


class Outward:
    """What the simulator's courier needs of an aiohttp session: posts go to `receive`."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive

    def post(self, url: URL, *, data: bytes, **_: object) -> "_Posted":
        """As aiohttp's."""
        return _Posted(self._receive, url, data)


class _Posted:
    def __init__(self, receive: Receive, url: URL, data: bytes) -> None:
        self._receive = receive
        self._url = url
        self._data = data
        self.status = 0
        self.content_type = ""
        self._body = b""

    async def __aenter__(self) -> "_Posted":
        self.status, self.content_type, self._body = await self._receive(self._url, self._data)
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def read(self) -> bytes:
        return self._body

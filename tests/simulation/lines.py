"""The lines between our processes and the cloud: what graphclient and the simulator take for HTTP sessions."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

import aiohttp
import msgspec
from multidict import CIMultiDict
from yarl import URL

from graphclient import Credentials, Tenant
from graphclient.auth import TokenSource
from graphclient.protocol import Service
from graphclient.transport import Transport
from graphsim.wire import Answer, Call, prefer_of, query_of, segments_of

from .cloud import ORIGIN, Cloud
from .processes import Fuse

SERVICE = Service.at(f"{ORIGIN}/v1.0")
_encoder = msgspec.json.Encoder()
# Our services ask the same things again and again; the simulator changes nothing of what it is given.
_segments = lru_cache(maxsize=4_096)(segments_of)
_query = lru_cache(maxsize=4_096)(query_of)


@lru_cache(maxsize=64)
def _prefer(value: str) -> Mapping[str, str]:
    return prefer_of([value])


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
            _segments(url.raw_path),
            _query(url.raw_query_string),
            CIMultiDict(headers),
            data,
            ORIGIN,
            cloud.clock(),
            _prefer(headers["Prefer"]),
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
        return _Response(answer, cloud.clock())


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

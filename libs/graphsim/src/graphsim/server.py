"""Serves a simulator over HTTPS on loopback: the only module that knows an HTTP server."""

import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import msgspec
from aiohttp import web

from .certificates import server_context
from .simulator import Simulator
from .trace import Trace
from .wire import Answer, Call, Refused, prefer_of, query_of, segments_of

_COMPRESS_FROM = 2_048
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Address:
    """Where a simulator listens and which CA its certificate is from."""

    host: str
    port: int
    ca_file: Path

    @property
    def origin(self) -> str:
        """The value of ENTRA_URL; GRAPH_URL is this with `/v1.0`."""
        return f"https://{self.host}:{self.port}"


@asynccontextmanager
async def serve(
    simulator: Simulator, port: int = 0, host: str = "127.0.0.1"
) -> AsyncIterator[Address]:
    """Serves until the block ends; port 0 takes a free one."""
    async with AsyncExitStack() as resources:
        folder = simulator.state_dir
        if folder is None:
            folder = Path(resources.enter_context(tempfile.TemporaryDirectory()))
        tls = server_context(folder)
        trust = ssl.create_default_context()
        trust.load_verify_locations(folder / "ca.pem")
        session = await resources.enter_async_context(
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=trust, limit=0),
                trust_env=False,
                trace_configs=[_posts(simulator.trace)],
            )
        )
        await resources.enter_async_context(simulator.running(session))
        runner = web.ServerRunner(
            web.Server(_Edge(simulator).answer), access_log=None, shutdown_timeout=1.0
        )
        await runner.setup()
        resources.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, host, port, ssl_context=tls)
        await site.start()
        bound = runner.addresses[0][1]
        yield Address(host, bound, folder / "ca.pem")


class _Edge:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        headers = request.headers
        call = Call(
            method=request.method,
            path=path,
            segments=segments_of(path),
            query=query_of(query),
            headers=headers,
            body=await request.content.read() if request.body_exists else b"",
            origin=f"https://{request.host}",
            now=self._simulator.clock.now(),
            prefer=prefer_of(headers.getall("Prefer", [])),
        )
        try:
            answer = await self._simulator.handle(call)
        except Refused as refused:
            answer = Answer(refused.status, {"error": refused.message})
        if answer.drop and request.transport is not None:
            request.transport.close()
        body = b"" if answer.payload is None else _encoder.encode(answer.payload)
        self._simulator.trace.answered(call, answer.status, body)
        return _response(answer, body)


def _posts(trace: Trace) -> aiohttp.TraceConfig:
    """Counts what is posted to notification URLs; a challenge has no body."""

    async def sent(_: object, __: object, chunk: aiohttp.TraceRequestChunkSentParams) -> None:
        if chunk.chunk:
            trace.posted(chunk.url.raw_path_qs, chunk.chunk)

    config = aiohttp.TraceConfig()
    config.on_request_chunk_sent.append(sent)
    return config


def _response(answer: Answer, body: bytes) -> web.Response:
    if answer.payload is None:
        return web.Response(status=answer.status, headers=answer.headers)
    response = web.Response(
        status=answer.status,
        body=body,
        headers={"Content-Type": "application/json; charset=utf-8", **answer.headers},
    )
    if len(body) >= _COMPRESS_FROM:
        response.enable_compression()
    return response

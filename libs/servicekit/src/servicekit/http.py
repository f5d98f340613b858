"""An HTTP listener that slow, greedy or lying clients cannot hold."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from aiohttp import web
from aiohttp.http_parser import HttpRequestParser, HttpRequestParserPy
from typing_extensions import override

from .address import parse_address

log = structlog.get_logger()

# Longer than the idle timeout of the proxies in front (60 s): who closes first must be the proxy,
# else it may send a request into a connection that we are closing.
IDLE_SECONDS: Final = 75.0
FIRST_REQUEST_SECONDS: Final = 5.0
LINGERING_SECONDS: Final = 2.0
DRAIN_SECONDS: Final = 10.0
MOST_CONNECTIONS: Final = 10_000
MOST_LINE_BYTES: Final = 16_384  # holds a validation token of 4 KiB with every byte escaped


class _Refusal(asyncio.Protocol):
    """Closes at once what is beyond the limit."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


@asynccontextmanager
async def serve_http(
    app: web.Application,
    listen: str,
    *,
    first_request_seconds: float = FIRST_REQUEST_SECONDS,
    most_connections: int = MOST_CONNECTIONS,
) -> AsyncIterator[tuple[str, int]]:
    """Serve the application on `host:port`, yield the bound address; leaving drains what is in flight.

    Bodies are not decompressed: a compressed one reaches the handler as it came.
    """
    if HttpRequestParser is HttpRequestParserPy:
        raise RuntimeError("aiohttp came without its C parser, whose strictness we rely on")
    address = parse_address(listen)
    loop = asyncio.get_running_loop()
    runner = web.AppRunner(
        app,
        access_log=None,
        keepalive_timeout=IDLE_SECONDS,
        lingering_time=LINGERING_SECONDS,
        max_line_size=MOST_LINE_BYTES,
        auto_decompress=False,
        shutdown_timeout=DRAIN_SECONDS,
    )
    await runner.setup()
    connections = runner.server
    assert connections is not None  # noqa: S101 — set by setup()

    def accept() -> asyncio.Protocol:
        if len(connections.connections) >= most_connections:
            log.warning("connection_refused", most=most_connections)
            return _Refusal()
        protocol = connections()
        loop.call_later(first_request_seconds, _close_if_silent, protocol)
        return protocol

    try:
        server = await loop.create_server(accept, address.host or None, address.port, backlog=1024)
        try:
            host, port = server.sockets[0].getsockname()[:2]
            yield str(host), int(port)
        finally:
            server.close()
    finally:
        await runner.cleanup()


def _close_if_silent(protocol: web.RequestHandler) -> None:
    # aiohttp has one limit for an idle connection and for a header that never ends; we want two.
    # Nothing public tells whether a connection has had its first request.
    if protocol._request_count == 0 and protocol.transport is not None:  # noqa: SLF001
        protocol.force_close()

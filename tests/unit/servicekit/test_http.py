import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from servicekit.http import serve_http


class Hall:
    """A handler that tells when it was entered and waits to be let go."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.leave = asyncio.Event()

    def app(self) -> web.Application:
        async def wait(_request: web.Request) -> web.Response:
            self.entered.set()
            await self.leave.wait()
            return web.Response(text="done")

        async def quick(request: web.Request) -> web.Response:
            return web.Response(body=await request.read())

        app = web.Application()
        app.router.add_get("/wait", wait)
        app.router.add_post("/quick", quick)
        return app


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    async with asyncio.timeout(20):
        yield Hall()


async def exchange(port: int, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    try:
        return await reader.read()
    finally:
        writer.close()


async def test_leaving_waits_for_the_request_in_flight_and_accepts_no_new_one(hall: Hall) -> None:
    async with asyncio.TaskGroup() as tasks:
        async with serve_http(hall.app(), "127.0.0.1:0") as (_, port):
            sent = b"GET /wait HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            answer = tasks.create_task(exchange(port, sent))
            await hall.entered.wait()
            asyncio.get_running_loop().call_later(0.1, hall.leave.set)
        assert (await answer).endswith(b"done")
        with pytest.raises(ConnectionError):
            await exchange(port, sent)


@pytest.mark.parametrize("sent", [b"", b"GET /wa", b"GET /wait HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_a_header_that_never_ends_is_cut_off(hall: Hall, sent: bytes) -> None:
    async with serve_http(hall.app(), "127.0.0.1:0", first_request_seconds=0.2) as (_, port):
        assert await exchange(port, sent) == b""
    assert not hall.entered.is_set()


async def test_a_slow_handler_is_not_taken_for_a_slow_client(hall: Hall) -> None:
    async with (
        serve_http(hall.app(), "127.0.0.1:0", first_request_seconds=0.05) as (_, port),
        asyncio.TaskGroup() as tasks,
    ):
        sent = b"GET /wait HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        answer = tasks.create_task(exchange(port, sent))
        await hall.entered.wait()
        asyncio.get_running_loop().call_later(0.2, hall.leave.set)
        assert (await answer).endswith(b"done")


async def test_connections_beyond_the_limit_are_closed_at_once(hall: Hall) -> None:
    async with serve_http(hall.app(), "127.0.0.1:0", most_connections=1) as (_, port):
        _, first = await asyncio.open_connection("127.0.0.1", port)
        first.write(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
        await hall.entered.wait()
        assert await exchange(port, b"") == b""
        hall.leave.set()
        first.close()


async def test_a_compressed_body_is_handed_over_as_it_came(hall: Hall) -> None:
    body = b"\x1f\x8b not really gzip"
    sent = (
        b"POST /quick HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Encoding: gzip\r\n"
        b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
    )
    async with serve_http(hall.app(), "127.0.0.1:0") as (_, port):
        answer = await exchange(port, sent)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(body)

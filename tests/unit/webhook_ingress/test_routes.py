import asyncio
import gzip
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from prometheus_client import REGISTRY

from eventbus import NotConfirmed
from servicekit.http import serve_http
from webhook_ingress.app import add_ingress

from .outbox import KEYS, RememberingBus, change, clock, delivery

MIB = 1024 * 1024


class Door:
    """The ingress on loopback, spoken to in raw bytes."""

    def __init__(self, port: int, bus: RememberingBus) -> None:
        self.port = port
        self.bus = bus

    async def say(self, *parts: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for part in parts:
                writer.write(part)
            async with asyncio.timeout(15):
                return await _answer(reader)
        finally:
            writer.close()

    async def post(self, body: bytes, *headers: str, path: str = "/graph/notifications") -> int:
        return status(await self.say(request(body, *headers, path=path)))


def request(
    body: bytes, *headers: str, path: str = "/graph/notifications", method: str = "POST"
) -> bytes:
    given = "".join(f"{header}\r\n" for header in headers)
    if not any(header.lower().startswith(("content-length", "transfer")) for header in headers):
        given += f"Content-Length: {len(body)}\r\n"
    head = f"{method} {path} HTTP/1.1\r\nHost: hooks.example\r\nContent-Type: application/json\r\n"
    return f"{head}{given}\r\n".encode() + body


async def _answer(reader: asyncio.StreamReader) -> bytes:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as cut:
        return cut.partial
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return head + await reader.readexactly(int(length[1]) if length else 0)


def status(answer: bytes) -> int:
    return int(answer[9:12]) if answer else 0


def counted(of: str, outcome: str) -> float:
    labels = {"of": of, "outcome": outcome}
    return REGISTRY.get_sample_value("clearooms_ingress_outcomes_total", labels) or 0.0


@asynccontextmanager
async def open_door() -> AsyncIterator[Door]:
    bus, app = RememberingBus(), web.Application()
    add_ingress(app, bus, lambda: KEYS, clock, body_seconds=0.5)
    async with serve_http(app, "127.0.0.1:0", first_request_seconds=0.5) as (_, port):
        yield Door(port, bus)


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with open_door() as opened:
        yield opened


@pytest.mark.parametrize("path", ["/graph/notifications", "/graph/lifecycle"])
async def test_either_path_accepts_and_publishes(door: Door, path: str) -> None:
    before = counted("item", "change")
    assert await door.post(delivery(change("A")), path=path) == 202
    assert door.bus.events() == ["A"]
    assert counted("item", "change") == before + 1


@pytest.mark.parametrize("path", ["/graph/notifications", "/graph/lifecycle"])
@pytest.mark.parametrize("broker_away", [False, True])
async def test_the_handshake_returns_the_decoded_token_and_nothing_else(
    door: Door, path: str, broker_away: bool
) -> None:
    if broker_away:
        door.bus.refusal = NotConfirmed("away")
    token = "Validation: Testing client <b>+%"
    encoded = "Validation%3a+Testing+client+%3Cb%3E%2B%25"
    answer = await door.say(request(b"", path=f"{path}?x=1&validationToken={encoded}"))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert status(answer) == 200
    assert body == token.encode()
    assert b"Content-Type: text/plain" in head
    assert b"X-Content-Type-Options: nosniff" in head
    assert door.bus.confirmed == []


async def test_a_token_of_4_kib_is_echoed_however_it_is_escaped_and_a_longer_one_refused(
    door: Door,
) -> None:
    path = "/graph/notifications?validationToken="
    answer = await door.say(request(b"", path=path + "%41" * 4096))
    assert answer.endswith(b"\r\n\r\n" + b"A" * 4096)
    assert await door.post(b"", path=path + "A" * 4097) == 400


async def test_only_post_on_the_two_paths_exists(door: Door) -> None:
    for method in ("GET", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"):
        assert status(await door.say(request(b"", method=method))) == 405, method
    for path in ("/", "/metrics", "/livez", "/graph/notifications/", "/graph", "/graph/../metrics"):
        assert await door.post(b"{}", path=path) == 404, path


@pytest.mark.parametrize(
    ("body", "headers", "expected", "outcome"),
    [
        (b"{", (), 400, "malformed"),
        (b"[" * 100_000, (), 400, "malformed"),
        (b"\x00" * 10, (), 400, "malformed"),
        (b"", (), 400, "malformed"),
        (gzip.compress(delivery(change())), ("Content-Encoding: gzip",), 415, "encoded"),
        (delivery(change()), ("Content-Encoding: identity",), 415, "encoded"),
        (delivery(change()), ("content-encoding: br",), 415, "encoded"),
        (b" " * (MIB + 1), (), 413, "oversized"),
        (b"x", (f"Content-Length: {10**12}",), 413, "oversized"),
    ],
    ids=lambda value: repr(value)[:30],
)
async def test_a_bad_request_has_its_status_is_counted_and_does_no_harm(
    door: Door, body: bytes, headers: tuple[str, ...], expected: int, outcome: str
) -> None:
    before = counted("request", outcome)
    assert await door.post(body, *headers) == expected
    assert counted("request", outcome) == before + 1
    assert door.bus.confirmed == []
    assert await door.post(delivery(change())) == 202


async def test_a_body_of_exactly_1_mib_is_read(door: Door) -> None:
    body = delivery(change("LARGE"))
    assert await door.post(body + b" " * (MIB - len(body))) == 202
    assert door.bus.events() == ["LARGE"]


async def test_a_bomb_is_refused_without_being_unpacked(door: Door) -> None:
    bomb = gzip.compress(b" " * (64 * MIB))
    loop = asyncio.get_running_loop()
    started = loop.time()
    assert await door.post(bomb, "Content-Encoding: gzip") == 415
    assert loop.time() - started < 0.5


async def test_a_chunked_body_is_read_and_an_endless_one_refused(door: Door) -> None:
    body = delivery(change("CHUNKED"))
    half = len(body) // 2
    chunks = [b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:half], body[half:])]
    head = request(b"", "Transfer-Encoding: chunked")
    assert status(await door.say(head, *chunks, b"0\r\n\r\n")) == 202
    assert door.bus.events() == ["CHUNKED"]
    endless = [b"10000\r\n" + b" " * 65536 + b"\r\n"] * 17
    assert status(await door.say(head, *endless)) == 413


@pytest.mark.parametrize(
    "sent",
    [
        request(b"0\r\n\r\n", "Content-Length: 5", "Transfer-Encoding: chunked"),
        request(b"{}", "Content-Length: 2", "Content-Length: 3"),
        request(b"{}", "Transfer-Encoding: chunked, identity"),
        request(b"zz\r\n", "Transfer-Encoding: chunked"),
        request(b"{}", "Content-Length: -1"),
        request(b"{}", "X-Folded: a\r\n b"),
        request(b"{}", "X-Nul: \x00"),
        request(b"{}", f"X-Large: {'x' * 20_000}"),
        b"POST /graph/notifications HTTP/1.1\nHost: x\nContent-Length: 2\n\n{}",
        b"\x16\x03\x01\x02\x00 this is TLS",
    ],
    ids=lambda sent: repr(sent[-60:]),
)
async def test_an_ambiguous_request_is_refused_with_400(door: Door, sent: bytes) -> None:
    assert status(await door.say(sent)) == 400
    assert door.bus.confirmed == []
    assert await door.post(delivery(change())) == 202


async def test_slow_clients_are_cut_off_and_good_requests_answered_meanwhile(door: Door) -> None:
    slow_body = request(b'{"value":', "Content-Length: 100")
    endless = request(b"1\r\n \r\n", "Transfer-Encoding: chunked")
    slow_header = b"POST /graph/notifications HTTP/1.1\r\nHost: x\r\nX-"
    before = counted("request", "slow")
    async with asyncio.TaskGroup() as tasks:
        slow = [tasks.create_task(door.say(slow_body)) for _ in range(50)]
        slow += [tasks.create_task(door.say(endless)) for _ in range(50)]
        cut = [tasks.create_task(door.say(slow_header)) for _ in range(50)]
        for _ in range(20):
            assert await door.post(delivery(change())) == 202
        assert not any(task.done() for task in slow)
    assert {status(task.result()) for task in slow} == {408}
    assert {task.result() for task in cut} == {b""}
    assert counted("request", "slow") == before + 100


async def test_a_client_that_leaves_in_the_middle_is_counted_and_forgotten(door: Door) -> None:
    before = counted("request", "broken")
    _, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(request(b'{"value":', "Content-Length: 100"))
    await writer.drain()
    assert await door.post(delivery(change())) == 202  # the first one is being read by now
    writer.close()
    for _ in range(50):
        assert await door.post(delivery(change())) == 202
        if counted("request", "broken") > before:
            break
    assert counted("request", "broken") == before + 1


@pytest.mark.parametrize("cause", ["away", "refused", "unroutable", "full", "late"])
async def test_without_a_confirm_the_answer_is_503_with_retry_after(door: Door, cause: str) -> None:
    door.bus.refusal = NotConfirmed(cause)  # type: ignore[arg-type] # pytest hands over a plain str
    answer = await door.say(request(delivery(change())))
    assert status(answer) == 503
    assert b"Retry-After: " in answer
    door.bus.refusal = None
    assert await door.post(delivery(change())) == 202


async def test_a_broker_that_says_nothing_costs_less_than_2_5_seconds(door: Door) -> None:
    door.bus.gate.clear()
    loop = asyncio.get_running_loop()
    started = loop.time()
    async with asyncio.TaskGroup() as tasks:
        answers = [tasks.create_task(door.post(delivery(change()))) for _ in range(20)]
    assert {answer.result() for answer in answers} == {503}
    assert loop.time() - started < 2.5


async def test_pipelined_requests_are_answered_in_order(door: Door) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(request(delivery(change("A"))) + request(b"{") + request(delivery(change("B"))))
    statuses = [status(await _answer(reader)) for _ in range(3)]
    writer.close()
    assert statuses == [202, 400, 202]
    assert sorted(door.bus.events()) == ["A", "B"]

"""An HTTP client that costs a tenth of the servers it measures: prepared bytes, kept connections."""

import asyncio
import statistics
import time
from collections import deque
from dataclasses import dataclass, field

from typing_extensions import override


@dataclass(slots=True)
class Result:
    """What came back: statuses by number, latencies in seconds, the client's share of its core."""

    seconds: float
    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    client_busy: float = 0.0

    @property
    def rate(self) -> float:
        """Accepted requests per second."""
        return self.statuses.get(202, 0) / self.seconds

    def quantile(self, share: float) -> float:
        """The latency that this share of the requests stayed below, in milliseconds."""
        return statistics.quantiles(self.latencies, n=1000)[round(share * 1000) - 1] * 1000

    @property
    def refused(self) -> int:
        """Requests that were answered otherwise than 202."""
        return sum(count for status, count in self.statuses.items() if status != 202)


class _Caller(asyncio.Protocol):
    def __init__(self, request: bytes, result: Result, *, at_once: bool) -> None:
        self._request = request
        self._result = result
        self._at_once = at_once
        self._received = b""
        self._sent = 0.0
        self._transport: asyncio.Transport | None = None
        self.running = True
        self.busy = False
        self.lost = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def call(self) -> None:
        assert self._transport is not None
        self.busy = True
        self._sent = time.perf_counter()
        self._transport.write(self._request)

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        head = self._received.find(b"\r\n\r\n")
        if head < 0:
            return
        headers = self._received[:head].lower()
        at = headers.find(b"content-length:")
        length = int(headers[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._received) < head + 4 + length:
            return
        status = int(self._received[9:12])
        self._received = b""
        self._result.latencies.append(time.perf_counter() - self._sent)
        self._result.statuses[status] = self._result.statuses.get(status, 0) + 1
        self.busy = False
        if self.running and self._at_once:
            self.call()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if self.busy:  # an answer that never came
            self.busy = False
            self._result.statuses[0] = self._result.statuses.get(0, 0) + 1


def post(port: int, path: str, body: bytes) -> bytes:
    """The bytes of one POST of JSON."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def load(
    port: int, request: bytes, *, connections: int, seconds: float, rate: float | None = None
) -> Result:
    """Send the request over and over: as fast as the answers come, or `rate` times a second."""
    result = Result(seconds)
    loop = asyncio.get_running_loop()
    callers = []
    for _ in range(connections):
        _, caller = await loop.create_connection(
            lambda: _Caller(request, result, at_once=rate is None), "127.0.0.1", port
        )
        callers.append(caller)
    began = time.perf_counter()
    used = time.process_time()
    if rate is None:
        for caller in callers:
            caller.call()
        await asyncio.sleep(seconds)
    else:
        await _steadily(callers, result, began, seconds, rate)
    for caller in callers:
        caller.running = False
    result.seconds = time.perf_counter() - began
    result.client_busy = (time.process_time() - used) / result.seconds
    async with asyncio.timeout(10):
        while any(caller.busy for caller in callers):  # noqa: ASYNC110 - the last answers, once per run
            await asyncio.sleep(0.01)
    for caller in callers:
        assert caller._transport is not None  # noqa: SLF001 - its own module's class
        caller._transport.close()  # noqa: SLF001
    return result


async def _steadily(
    callers: list[_Caller], result: Result, began: float, seconds: float, rate: float
) -> None:
    sent = 0
    line = deque(callers)
    while (elapsed := time.perf_counter() - began) < seconds:
        for _ in range(len(line)):
            if sent >= elapsed * rate:
                break
            line.rotate(-1)  # in turn, so that no connection looks idle to the server
            if not (line[0].busy or line[0].lost):
                line[0].call()
                sent += 1
        await asyncio.sleep(0.001)
    # What should have been sent and could not be counts as refused: nobody was there to take it.
    missing = int(seconds * rate) - sent
    if missing > rate * 0.05:
        result.statuses[0] = result.statuses.get(0, 0) + missing

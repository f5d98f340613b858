"""The wire between a browser and the product, which can be cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

_CHUNK = 65_536


class Wire:
    """Hands bytes on in both directions; while it is cut every connection ends and no new one lives."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._ends: set[asyncio.StreamWriter] = set()
        self._cut = False
        self.origin = ""

    def cut(self) -> None:
        """Lose every connection."""
        self._cut = True
        for end in list(self._ends):
            end.transport.abort()

    def mend(self) -> None:
        """Let connections through again."""
        self._cut = False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self._ends.add(writer)
        try:
            if self._cut:
                return
            there, back = await asyncio.open_connection(self._host, self._port)
            self._ends.add(back)
            try:
                async with asyncio.TaskGroup() as ways:
                    ways.create_task(_flow(reader, back))
                    ways.create_task(_flow(there, writer))
            finally:
                self._ends.discard(back)
                back.close()
        finally:
            self._ends.discard(writer)
            writer.close()


async def _flow(source: asyncio.StreamReader, drain: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await source.read(_CHUNK):
            drain.write(chunk)
            await drain.drain()
    with suppress(OSError):
        if drain.can_write_eof():
            drain.write_eof()


@asynccontextmanager
async def open_wire(target: str) -> AsyncIterator[Wire]:
    """A wire to this origin; `origin` is its near end."""
    wire = Wire(target)
    server = await asyncio.start_server(wire.carry, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    wire.origin = f"http://127.0.0.1:{port}"
    try:
        yield wire
    finally:
        server.close()
        wire.cut()

"""LISTEN on a connection of its own, which outlives the server's restarts."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import asyncpg
import structlog

from .connecting import Connect, RawConnection
from .errors import PgstoreError

log = structlog.get_logger()

_HEARTBEAT_SECONDS = 15.0
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_LOST = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    PgstoreError,
    OSError,
)


async def follow_channel(
    connect: Connect, channel: str, notify: Callable[[str], None], stop: asyncio.Event
) -> None:
    """Call `notify` with each payload on `channel` until `stop`, and with "" after each (re)connect."""
    pause = _FIRST_PAUSE_SECONDS
    while not stop.is_set():
        try:
            connection = await connect()
            try:
                await connection.add_listener(channel, lambda *said: notify(str(said[3])))
                notify("")
                pause = _FIRST_PAUSE_SECONDS
                await _until_lost(connection, stop)
            finally:
                connection.terminate()
        except _LOST as error:
            log.warning("listen_lost", channel=channel, error=str(error))
        if not stop.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await stop.wait()
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


async def _until_lost(connection: RawConnection, stop: asyncio.Event) -> None:
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    async with asyncio.TaskGroup() as waits:
        beating = waits.create_task(_beat(connection, lost))
        stopping = waits.create_task(stop.wait())
        _, pending = await asyncio.wait({beating, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()


async def _beat(connection: RawConnection, lost: asyncio.Event) -> None:
    # A silent network loss ends no socket: only asking shows it.
    while not lost.is_set():
        try:
            async with asyncio.timeout(_HEARTBEAT_SECONDS):
                await lost.wait()
        except TimeoutError:
            try:
                await connection.execute("select 1", timeout=5)
            except _LOST:
                return

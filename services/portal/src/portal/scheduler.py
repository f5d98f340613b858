"""Edge: time in. What the portal does without being asked."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from pgstore import DatabaseUnavailable

log = structlog.get_logger()


async def keep_resealing(
    run: Callable[[], Awaitable[None]], stop: asyncio.Event, *, seconds: float
) -> None:
    """Look every so many seconds until `stop`, whatever becomes of one look."""
    while not stop.is_set():
        try:
            await run()
        except* DatabaseUnavailable:
            log.warning("database_unavailable")
        except* Exception:
            log.exception("resealing_failed")
        try:
            async with asyncio.timeout(seconds):
                await stop.wait()
        except TimeoutError:
            continue

"""Waiting for a state that can only be asked for: a row, a queue or another server sets no event here."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(holds: Callable[[], Awaitable[bool]], *, seconds: float = 30) -> None:
    """Return as soon as it holds; raises TimeoutError after so many seconds."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 -- see above
            await asyncio.sleep(0.05)

"""What the cloud posts to the outside world, under deadlines on the simulator's clock."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import aiohttp
from yarl import URL

from .clock import Clock


@dataclass(frozen=True, slots=True)
class Reply:
    """What an endpoint answered."""

    status: int
    kind: str
    body: bytes


class Courier:
    """Posts bodies; advancing the clock runs out the deadlines of what is under way."""

    def __init__(
        self,
        clock: Clock,
        session: Callable[[], aiohttp.ClientSession],
        user_agent: str | None,
    ) -> None:
        self._clock = clock
        self._session = session
        self._headers = {} if user_agent is None else {"User-Agent": user_agent}
        self._running: dict[asyncio.Timeout, datetime] = {}
        clock.on_move(self._moved)

    async def post(self, url: str, kind: str, body: bytes, seconds: float) -> Reply:
        """The answer within so many seconds, the URL sent to the letter and no redirect followed.

        Raises TimeoutError, aiohttp.ClientError, OSError.
        """
        async with (
            self._within(seconds),
            self._session().post(
                URL(url, encoded=True),
                data=body,
                headers={"Content-Type": f"{kind}; charset=utf-8", **self._headers},
                skip_auto_headers=("User-Agent",),
                allow_redirects=False,
            ) as answer,
        ):
            return Reply(answer.status, answer.content_type, await answer.read())

    @asynccontextmanager
    async def _within(self, seconds: float) -> AsyncIterator[None]:
        async with asyncio.timeout(seconds) as timer:
            self._running[timer] = self._clock.now() + timedelta(seconds=seconds)
            try:
                yield
            finally:
                del self._running[timer]

    def _moved(self) -> None:
        if not self._running:
            return
        now, loop_now = self._clock.now(), asyncio.get_running_loop().time()
        for timer, due in self._running.items():
            if not timer.expired():
                timer.reschedule(loop_now + max(0.0, (due - now).total_seconds()))

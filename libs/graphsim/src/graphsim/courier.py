"""What the cloud posts to the outside world, under deadlines on the simulator's clock."""

from collections.abc import Callable
from dataclasses import dataclass

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

    async def post(self, url: str, kind: str, body: bytes, seconds: float) -> Reply:
        """The answer within so many seconds, the URL sent to the letter and no redirect followed.

        Raises TimeoutError, aiohttp.ClientError, OSError.
        """
        async with (
            self._clock.within(seconds),
            self._session().post(
                URL(url, encoded=True),
                data=body,
                headers={"Content-Type": f"{kind}; charset=utf-8", **self._headers},
                skip_auto_headers=("User-Agent",),
                allow_redirects=False,
            ) as answer,
        ):
            return Reply(answer.status, answer.content_type, await answer.read())

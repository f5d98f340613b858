"""The platform's side as anybody outside sees it: the portal's REST and its live stream."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import aiohttp

_REST_SECONDS = 30.0
_SILENCE_SECONDS = 60.0


class PortalRefused(Exception):
    """The portal answered with a problem; carries its status, its text and the rest of the document."""

    def __init__(
        self, status: int, detail: str, problem: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail
        self.problem = problem


@dataclass(slots=True)
class Portal:
    """REST calls with one bearer token."""

    session: aiohttp.ClientSession
    origin: str
    token: str

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Return the decoded answer; raises `PortalRefused`, `aiohttp.ClientError`, `TimeoutError`."""
        async with (
            asyncio.timeout(_REST_SECONDS),
            self.session.request(
                method,
                self.origin + path,
                json=body,
                headers={"Authorization": f"Bearer {self.token}"},
            ) as answer,
        ):
            data = await answer.json(content_type=None) if answer.status != 204 else None
            if answer.status >= 400:
                problem = data if isinstance(data, dict) else {}
                raise PortalRefused(answer.status, str(problem.get("detail") or data), problem)
            return data

    async def items(self, path: str) -> list[dict[str, Any]]:
        """Return every item of a list, page after page."""
        found: list[dict[str, Any]] = []
        page = await self.call("GET", path)
        while True:
            found += page["items"]
            following = page.get("next")
            if not following:
                return found
            page = await self.call("GET", following)

    async def stream(self) -> AsyncIterator[tuple[str, str]]:
        """Yield (event, data) of the live stream until it ends; first ("open", "") when it is connected."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=_SILENCE_SECONDS)
        async with self.session.get(
            self.origin + "/api/stream",
            headers={"Authorization": f"Bearer {self.token}", "Accept": "text/event-stream"},
            timeout=timeout,
        ) as answer:
            if answer.status != 200:
                raise PortalRefused(answer.status, "the stream is refused")
            yield "open", ""
            event, data = "message", list[str]()
            async for raw in answer.content:
                line = raw.decode().rstrip("\r\n")
                if not line:
                    if data:
                        yield event, "\n".join(data)
                    event, data = "message", []
                elif line.startswith("event:"):
                    event = line[6:].strip()
                elif line.startswith("data:"):
                    data.append(line[5:].removeprefix(" "))

"""Microsoft's cloud in this process: the simulator answers what the shipped graphclient asks, and posts to the shipped ingress."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import cache
from random import Random
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from multidict import CIMultiDict

from graphclient import Credentials
from graphsim import Options, Simulator
from graphsim.clock import Clock
from graphsim.events import Event
from graphsim.keys import Keys
from graphsim.wire import Answer, Call, Refused, query_of, segments_of

from .journal import Journal

ORIGIN = "https://graph.test"
_TOKEN_LASTS = 3_000.0  # seconds; an app may use one for nearly an hour
_encoder = msgspec.json.Encoder()

Sight = Callable[[str, Call], Awaitable[None]]


class Cloud:
    """One simulated cloud; `before` and `after` see every call of our services."""

    def __init__(
        self, options: Options, clock: Callable[[], datetime], journal: Journal, random: Random
    ) -> None:
        self.simulator = Simulator(options, clock=Clock(clock))
        # Making keys takes longer than a whole history: all clouds of a process sign with the same ones.
        self.simulator.gateway._tokens.keys = _keys()  # noqa: SLF001 -- no other way in
        self.journal = journal
        self.random = random
        self.latency = (0.02, 0.25)
        self.before: Sight | None = None
        self.after: Callable[[str, Call, int], None] | None = None
        self.clock = clock
        self._tokens: dict[tuple[UUID, UUID], tuple[float, str]] = {}
        self.flying = 0
        """Calls whose effect is still to come."""
        self._tasks: asyncio.TaskGroup | None = None

    def open(self, tasks: asyncio.TaskGroup) -> None:
        """Calls run in this group: what was asked for happens, whatever becomes of who asked."""
        self._tasks = tasks

    async def control(self, method: str, path: str, body: object = None) -> Any:
        """The control API: what people and tests do; AssertionError unless it succeeds."""
        path, _, query = path.partition("?")
        content = b"" if body is None else _encoder.encode(body)
        call = Call(
            method, f"/_sim/{path}", segments_of(f"/_sim/{path}"), query_of(query), {}, content,
            ORIGIN, self.clock(),
        )  # fmt: skip
        answer = await self.simulator.handle(call)
        if answer.status >= 300:
            raise Refused(answer.status, "control", f"{method} {path}: {answer.payload}")
        return answer.payload

    def event(self, mailbox_id: UUID, event_id: str) -> Event | None:
        """What is stored under the id by which a mailbox knows an event."""
        owned = self.simulator.state.owner_of(mailbox_id)
        read = owned[1].mint.read(event_id) if owned else None
        return owned[1].events.get(read[0].key) if owned and read else None

    async def answer(self, who: str, call: Call) -> Answer:
        """What the simulator says to one of our services."""
        if self.before is not None:
            await self.before(who, call)
        call.now = self.clock()
        self.flying += 1
        try:
            answer = await self.simulator.handle(call)
        except Refused as refused:
            answer = Answer(refused.status, {"error": refused.message})
        finally:
            self.flying -= 1
        self.journal.note(
            who, f"{call.method} {call.path} {answer.status}{' lost' if answer.drop else ''}"
        )
        if self.after is not None:
            self.after(who, call, answer.status)
        return answer

    def begin(self, who: str, call: Call) -> "asyncio.Task[Answer]":
        """Answer, whether or not anybody waits for it."""
        if self._tasks is None:
            raise RuntimeError("the cloud is not open")
        return self._tasks.create_task(self.answer(who, call))

    async def token(self, credentials: Credentials) -> str:
        """An access token, a new one every fifty minutes."""
        name = (credentials.tenant_id, credentials.client_id)
        now = asyncio.get_running_loop().time()
        held = self._tokens.get(name)
        if held is None or now - held[0] > _TOKEN_LASTS:
            path = f"/{credentials.tenant_id}/oauth2/v2.0/token"
            form = {
                "grant_type": "client_credentials",
                "client_id": str(credentials.client_id),
                "client_secret": credentials.secret,
                "scope": "https://graph.microsoft.com/.default",
            }
            headers = CIMultiDict({"Content-Type": "application/x-www-form-urlencoded"})
            call = Call("POST", path, segments_of(path), {}, headers, urlencode(form).encode(), ORIGIN, self.clock())  # fmt: skip
            answer = await self.simulator.handle(call)
            assert answer.status == 200, answer.payload
            payload = cast("dict[str, Any]", answer.payload)
            held = self._tokens[name] = (now, str(payload["access_token"]))
        return held[1]


@cache
def _keys() -> Keys:
    keys = Keys(None)
    keys.after(0)
    return keys

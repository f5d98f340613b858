"""Graph's front door: who calls, which handler, faults, limits, error envelopes, request ids."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from uuid import UUID

from .access import Access
from .calendar import Calendar
from .directory import Directory
from .faults import Fault, Faults
from .options import Options
from .subscribing import Subscribing
from .throttling import MailboxLimits
from .tokens import Tokens
from .wire import Answer, Call, Refused
from .writing import Writing

Handler = Callable[[Call], Awaitable[Answer]]

_CALENDARS = ("users/{id}", "users/{id}/calendar", "users/{id}/calendars/{calendar}")


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a pattern of segments; None stands for anything."""

    method: str
    pattern: tuple[str | None, ...]
    name: str
    handler: Handler

    def matches(self, method: str, lower: tuple[str, ...]) -> bool:
        """Whether a call's method and lower-cased segments fit."""
        return self.method == method and all(
            want is None or want == have for want, have in zip(self.pattern, lower, strict=True)
        )


class Gateway:
    """Everything below `/v1.0`."""

    def __init__(
        self,
        options: Options,
        tokens: Tokens,
        faults: Faults,
        access: Access,
        calendar: Calendar,
        writing: Writing,
        directory: Directory,
        subscribing: Subscribing,
        start: int,
    ) -> None:
        self._options = options
        self._tokens = tokens
        self._faults = faults
        self._access = access
        self.limits = MailboxLimits(enforced=options.throttle)
        self.counts: Counter[str] = Counter()
        self._random = Random(f"{options.seed}/{start}")  # noqa: S311 -- ids repeatable by seed
        self._routes: dict[int, list[Route]] = {}
        self._add_calendar(calendar)
        self._add_writing(writing)
        self._add_directory(directory)
        self._add_subscriptions(subscribing)

    def new_id(self) -> str:
        """A GUID that depends on the seed, the start and the order of calls alone."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    async def handle(self, call: Call) -> Answer:
        """Answers one call, whatever happens."""
        call.request_id = self.new_id()
        name = f"{call.method} ?"
        try:
            fault = self._faults.strike(call.method, _target(call))
            if fault is not None and fault.when == "before":
                self.counts[f"{name} fault {fault.status}"] += 1
                return _struck(fault, call)
            call.principal = self._tokens.read(call.headers.get("authorization", ""), call.now)
            route = self._find(call)
            name = f"{call.method} {route.name}"
            answer = await self._limited(call, route, fault.delay if fault else 0.0)
            if fault is not None and not fault.delay:
                answer = _struck(fault, call)
        except Refused as refused:
            answer = refusal(call, refused)
        self.counts[f"{name} {answer.status}"] += 1
        answer.headers["request-id"] = call.request_id
        if "client-request-id" in call.headers:
            answer.headers["client-request-id"] = call.headers["client-request-id"]
        return answer

    async def _limited(self, call: Call, route: Route, delay: float) -> Answer:
        if call.segments[0].lower() != "users" or len(call.segments) < 3:
            return await self._timed(call, route, delay)
        mailbox = self._access.tenant(call).mailbox(call.segments[1])
        if mailbox is None:
            return await self._timed(call, route, delay)
        with self.limits.call(call.caller.app, mailbox.id, call.now):
            return await self._timed(call, route, delay)

    async def _timed(self, call: Call, route: Route, delay: float) -> Answer:
        if self._options.latency > 0:
            await asyncio.sleep(self._options.latency)
        answer = await route.handler(call)
        if delay > 0:
            await asyncio.sleep(delay)
        return answer

    def _find(self, call: Call) -> Route:
        lower = tuple(segment.lower() for segment in call.segments)
        for route in self._routes.get(len(lower), ()):
            if route.matches(call.method, lower):
                return route
        message = f"Resource not found for the segment '{call.segments[-1] if lower else ''}'."
        raise Refused(400, "BadRequest", message)

    def _add(self, method: str, path: str, handler: Handler) -> None:
        pattern = tuple(None if part.startswith("{") else part.lower() for part in path.split("/"))
        self._routes.setdefault(len(pattern), []).append(Route(method, pattern, path, handler))

    def _add_calendar(self, calendar: Calendar) -> None:
        for prefix in _CALENDARS:
            self._add("GET", f"{prefix}/calendarView", calendar.view)
            self._add("GET", f"{prefix}/events", calendar.events)
            self._add("GET", f"{prefix}/events/{{event}}", calendar.event)
            self._add("GET", f"{prefix}/events/{{event}}/instances", calendar.instances)
        self._add("GET", "users/{id}/calendar", calendar.calendar)

    def _add_writing(self, writing: Writing) -> None:
        for prefix in _CALENDARS:
            event = f"{prefix}/events/{{event}}"
            self._add("POST", f"{prefix}/events", writing.create)
            self._add("PATCH", event, writing.change)
            self._add("DELETE", event, writing.delete)
            self._add("POST", f"{event}/cancel", writing.cancel)
            self._add("POST", f"{event}/accept", writing.accept)
            self._add("POST", f"{event}/tentativelyAccept", writing.tentatively_accept)
            self._add("POST", f"{event}/decline", writing.decline)

    def _add_directory(self, directory: Directory) -> None:
        self._add("GET", "places/microsoft.graph.room", directory.rooms)
        self._add("GET", "places/{id}", directory.place)
        self._add("GET", "users", directory.users)
        self._add("GET", "users/{id}", directory.user)

    def _add_subscriptions(self, subscribing: Subscribing) -> None:
        self._add("POST", "subscriptions", subscribing.create)
        self._add("GET", "subscriptions", subscribing.listed)
        self._add("GET", "subscriptions/{id}", subscribing.read)
        self._add("PATCH", "subscriptions/{id}", subscribing.renew)
        self._add("DELETE", "subscriptions/{id}", subscribing.delete)
        self._add("POST", "subscriptions/{id}/reauthorize", subscribing.reauthorize)


def refusal(call: Call, refused: Refused) -> Answer:
    """The error envelope of graph-calendar §2.8."""
    inner = {
        "date": call.now.strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": call.request_id,
        "client-request-id": call.headers.get("client-request-id", call.request_id),
    }
    error = {"code": refused.code, "message": refused.message, **refused.details}
    return Answer(refused.status, {"error": {**error, "innerError": inner}}, dict(refused.headers))


def _target(call: Call) -> str:
    query = "&".join(f"{name}={value}" for name, value in call.query.items())
    return re.sub(r"^/v1\.0", "", call.path) + (f"?{query}" if query else "")


def _struck(fault: Fault, call: Call) -> Answer:
    headers = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
    if fault.body is not None:
        return Answer(fault.status, fault.body, headers, drop=fault.drop)
    code = {429: "TooManyRequests", 503: "ServiceNotAvailable"}.get(fault.status, "UnknownError")
    answer = refusal(call, Refused(fault.status, code, "A simulated fault.", headers))
    answer.drop = fault.drop
    return answer

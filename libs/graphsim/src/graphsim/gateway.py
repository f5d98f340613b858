"""Graph's front door: who calls, which handler, faults, limits, error envelopes, request ids."""

import asyncio
import re
from collections import Counter
from random import Random
from uuid import UUID

from .access import Access
from .calendar import Calendar
from .directory import Directory
from .faults import Fault, Faults
from .options import Options
from .quotas import Quotas
from .registrations import Registrations, keyed
from .routing import Route, Routes
from .subscribing import Subscribing
from .throttling import MailboxLimits
from .tokens import Tokens
from .wire import Answer, Call, Refused
from .writing import Writing

_JSON = (
    "application/json;odata.metadata=minimal;odata.streaming=true;"
    "IEEE754Compatible=false;charset=utf-8"
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
        self.limits = MailboxLimits(options)
        self._quotas = Quotas(options)
        self.counts: Counter[str] = Counter()
        self._random = Random(f"{options.seed}/{start}")  # noqa: S311 -- ids repeatable by seed
        registrations = Registrations(access, options)
        self._routes = Routes(calendar, writing, directory, registrations, subscribing)

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
                return self._named(call, self._struck(fault, call))
            call.principal = self._tokens.read(call.headers.get("authorization", ""), call.now)
            call.segments = keyed(call.segments)
            route = self._routes.find(call)
            name = f"{call.method} {route.name}"
            answer = await self._limited(call, route, fault.delay if fault else 0.0)
            if fault is not None and not fault.delay:
                answer = self._struck(fault, call)
        except Refused as refused:
            answer = self._refusal(call, refused)
        self.counts[f"{name} {answer.status}"] += 1
        return self._named(call, answer)

    def _named(self, call: Call, answer: Answer) -> Answer:
        answer.headers["request-id"] = call.request_id
        if "client-request-id" in call.headers:
            answer.headers["client-request-id"] = call.headers["client-request-id"]
        if answer.status < 300 and answer.payload is not None:
            answer.headers.setdefault("Content-Type", _JSON)
        return answer

    async def _limited(self, call: Call, route: Route, delay: float) -> Answer:
        self._quotas.count(call)
        if route.quota is not None:
            self._quotas.take(call, route.quota)
        if route.units:
            users = len(self._access.tenant(call).mailboxes)
            headers = self._quotas.read_directory(call, route.units, users)
            answer = await self._timed(call, route, delay)
            answer.headers.update(headers)
            return answer
        if call.segments[0].lower() != "users" or len(call.segments) < 3:
            return await self._timed(call, route, delay)
        mailbox = self._access.found(self._access.tenant(call), call.segments[1])
        if mailbox is None:
            return await self._timed(call, route, delay)
        with self.limits.call(call.caller.app, mailbox.id, call.now, len(call.body)):
            return await self._timed(call, route, delay)

    async def _timed(self, call: Call, route: Route, delay: float) -> Answer:
        if self._options.latency > 0:
            await asyncio.sleep(self._options.latency)
        answer = await route.handler(call)
        if delay > 0:
            await asyncio.sleep(delay)
        return answer

    def _refusal(self, call: Call, refused: Refused) -> Answer:
        """The error envelope of graph-calendar §2.8, in either spelling."""
        inner = {"date": call.now.strftime("%Y-%m-%dT%H:%M:%S"), "request-id": call.request_id}
        if self._options.error_envelope == "innerError":
            named = call.headers.get("client-request-id", call.request_id)
            inner["client-request-id"] = named
        if refused.code == "TooManyRequests":
            inner |= {"code": "429", "message": "Please retry after", "status": "429"}
        error = {"code": refused.code, "message": refused.message, **refused.details}
        payload = {"error": {**error, self._options.error_envelope: inner}}
        return Answer(refused.status, payload, dict(refused.headers))

    def _struck(self, fault: Fault, call: Call) -> Answer:
        headers = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
        if fault.body is not None:
            return Answer(fault.status, fault.body, headers, drop=fault.drop)
        codes = {429: "TooManyRequests", 503: "ServiceNotAvailable"}
        code = codes.get(fault.status, "UnknownError")
        answer = self._refusal(call, Refused(fault.status, code, "A simulated fault.", headers))
        answer.drop = fault.drop
        return answer


def _target(call: Call) -> str:
    query = "&".join(f"{name}={value}" for name, value in call.query.items())
    return re.sub(r"^/v1\.0", "", call.path) + (f"?{query}" if query else "")

"""Graph's front door: who calls, which handler, faults, limits, error envelopes, request ids."""

from collections import Counter
from random import Random

from .access import Access
from .calendar import Calendar
from .calendars import Calendars
from .clock import Clock
from .directory import Directory
from .faults import Fault, Faults
from .ids import random_guid
from .lag import Lag
from .options import Options
from .page_faults import spoil
from .places import Places
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
        clock: Clock,
        tokens: Tokens,
        faults: Faults,
        lag: Lag,
        access: Access,
        calendar: Calendar,
        writing: Writing,
        directory: Directory,
        subscribing: Subscribing,
        start: int,
    ) -> None:
        self._options = options
        self._clock = clock
        self._tokens = tokens
        self._faults = faults
        self._lag = lag
        self._access = access
        self.limits = MailboxLimits(options)
        self._quotas = Quotas(options)
        self.counts: Counter[str] = Counter()
        self._random = Random(f"{options.seed}/{start}")  # noqa: S311 -- ids repeatable by seed
        registrations = Registrations(access, options)
        self._routes = Routes(
            Calendars(access),
            calendar,
            writing,
            Places(access),
            directory,
            registrations,
            subscribing,
        )

    def new_id(self) -> str:
        """A GUID that depends on the seed, the start and the order of calls alone."""
        return random_guid(self._random.getrandbits(128))

    async def handle(self, call: Call) -> Answer:
        """Answers one call, whatever happens."""
        call.request_id = self.new_id()
        name = f"{call.method} ?"
        try:
            fault = self._strike(call)
            if fault is not None and fault.document.latency:
                await self._clock.sleep(fault.document.latency)
                call.now = self._clock.now()
            if fault is not None and fault.when == "before":
                self.counts[f"{name} fault {fault.status}"] += 1
                return self._named(call, self._struck(fault, call))
            call.principal = self._tokens.read(call.headers.get("authorization", ""), call.now)
            call.segments = keyed(call.segments)
            route = self._routes.find(call)
            name = f"{call.method} {route.name}"
            answer = await self._limited(call, route, fault)
            if fault is not None and fault.when == "after":
                answer = self._struck(fault, call)
            elif fault is not None and fault.document.page is not None:
                spoil(call, answer, fault.document.page)
        except Refused as refused:
            answer = self._refusal(call, refused)
        self.counts[f"{name} {answer.status}"] += 1
        return self._named(call, answer)

    def _strike(self, call: Call) -> Fault | None:
        if not self._faults.all:
            return None
        try:
            principal = self._tokens.read(call.headers.get("authorization", ""), call.now)
            tenant = str(principal.tenant)
        except Refused:
            tenant = ""
        return self._faults.strike(call.method, _target(call), tenant)

    def _named(self, call: Call, answer: Answer) -> Answer:
        answer.headers["request-id"] = call.request_id
        if "client-request-id" in call.headers:
            answer.headers["client-request-id"] = call.headers["client-request-id"]
        if answer.status < 300 and answer.payload is not None:
            answer.headers.setdefault("Content-Type", _JSON)
        return answer

    async def _limited(self, call: Call, route: Route, fault: Fault | None) -> Answer:
        self._quotas.count(call)
        if route.quota is not None:
            self._quotas.take(call, route.quota)
        if route.units:
            users = len(self._access.tenant(call).mailboxes)
            headers = self._quotas.read_directory(call, route.units, users)
            answer = await self._timed(call, route, fault)
            answer.headers.update(headers)
            return answer
        if call.segments[0].lower() != "users" or len(call.segments) < 3:
            return await self._timed(call, route, fault)
        mailbox = self._access.found(self._access.tenant(call), call.segments[1])
        if mailbox is None:
            return await self._timed(call, route, fault)
        with self.limits.call(call.caller.app, mailbox.id, call.now, len(call.body)):
            return await self._timed(call, route, fault)

    async def _timed(self, call: Call, route: Route, fault: Fault | None) -> Answer:
        await self._clock.sleep(self._options.latency)
        if fault is None:
            return await route.handler(call)
        with self._lag.longer(fault.document.lag):
            answer = await route.handler(call)
        await self._clock.sleep(fault.delay)
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
        if fault.body is not None:
            return Answer(fault.status, fault.body, fault.headers, drop=fault.drop)
        codes = {429: "TooManyRequests", 503: "ServiceNotAvailable"}
        code = codes.get(fault.status, "UnknownError")
        refused = Refused(fault.status, code, "A simulated fault.", fault.headers)
        answer = self._refusal(call, refused)
        answer.drop = fault.drop
        return answer


def _target(call: Call) -> str:
    query = "&".join(f"{name}={value}" for name, value in call.query.items())
    return call.path.removeprefix("/v1.0") + (f"?{query}" if query else "")

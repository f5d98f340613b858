"""Faults put into the cloud's way: which call, what happens to it, how often; each counts."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import Meta

from .clock import Clock
from .wire import Answer, Call

When = Literal["before", "after"]
Page = Literal["partial", "unlinked", "sliding", "repeating", "endless"]

_Seconds = Annotated[float, Meta(ge=0)]
_OWN_ANSWER = ("delay", "page", "lag")
"""What leaves a call its own status, body and connection."""
_GRAPHS_OWN = ("page", "lag")
"""What only Graph's lists and writes have."""
_SIGN_IN = re.compile(r"oauth2|openid|well-known|discovery", re.IGNORECASE)
"""How a path names where tokens and keys are fetched."""


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which calls a fault strikes; `since` and `until` are seconds after it was armed."""

    method: str = "*"
    path: str = ""
    tenant: str | None = None
    nth: Annotated[int, Meta(ge=1)] = 1
    """The first of the matching calls that is struck."""
    share: Annotated[float, Meta(gt=0, le=1)] = 1.0
    since: _Seconds = msgspec.field(default=0.0, name="from")
    until: _Seconds | None = None


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fault as it is ordered: the body of `POST /_sim/faults` and a member of a scenario."""

    match: Match = Match()
    times: Annotated[int, Meta(ge=1)] | None = 1
    """None is for ever."""
    status: Annotated[int, Meta(ge=200, le=599)] | None = None
    retry_after: str | int | float | None = None
    headers: dict[str, str] = {}
    body: Any = None
    when: When | None = None
    drop: bool = False
    latency: _Seconds = 0.0
    """Before the call is looked at; `delay` is between its effect and its answer."""
    delay: _Seconds = 0.0
    lag: _Seconds = 0.0
    """How long reads go on showing what was before this write."""
    page: Page | None = None


@dataclass(slots=True)
class Fault:
    """Spoils matching calls, `times` times."""

    number: int
    document: Document
    path: re.Pattern[str]
    armed: datetime
    met: int = field(default=0)
    fired: int = field(default=0)

    @classmethod
    def read(cls, number: int, body: object, armed: datetime) -> Self:
        """The fault of a document; raises ValueError that names the field."""
        try:
            document = msgspec.convert(body, Document)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from None
        kept = [name for name in _OWN_ANSWER if getattr(document, name)]
        spoils = document.status or document.body is not None or document.drop or document.when
        if kept and (spoils or document.retry_after is not None or document.headers):
            raise ValueError(f"a call with `{kept[0]}` keeps its own answer - at `$.{kept[0]}`")
        graphs = [name for name in _GRAPHS_OWN if getattr(document, name)]
        if graphs and _SIGN_IN.search(document.match.path):
            raise ValueError(
                f"nothing to `{graphs[0]}` where tokens and keys are fetched - at `$.{graphs[0]}`"
            )
        try:
            path = re.compile(document.match.path)
        except re.error as error:
            raise ValueError(f"no regular expression: {error} - at `$.match.path`") from None
        return cls(number, document, path, armed)

    @property
    def status(self) -> int:
        """The status of a spoiled answer."""
        return self.document.status or 503

    @property
    def retry_after(self) -> str | None:
        """The value of Retry-After, as it was ordered."""
        given = self.document.retry_after
        return None if given is None else str(given)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a spoiled answer."""
        waits = {} if self.retry_after is None else {"Retry-After": self.retry_after}
        return waits | self.document.headers

    @property
    def body(self) -> object:
        """The body of a spoiled answer; None asks for the service's own."""
        return self.document.body

    @property
    def drop(self) -> bool:
        """Whether the connection is closed instead of answering."""
        return self.document.drop

    @property
    def delay(self) -> float:
        """Seconds that the call's own answer waits after the effect, for a client's timeout."""
        return self.document.delay

    @property
    def when(self) -> When | None:
        """Whether the answer is spoiled before or after the effect; None leaves it as it is."""
        document = self.document
        if any(getattr(document, name) for name in _OWN_ANSWER):
            return None
        ordered = document.status or document.body is not None or document.drop or document.when
        return (document.when or "before") if ordered or not document.latency else None

    def matches(self, method: str, path: str, tenant: str, now: datetime) -> bool:
        """Whether this call, its query included, is one of those it waits for."""
        match = self.document.match
        age = (now - self.armed).total_seconds()
        return (
            (self.document.times is None or self.fired < self.document.times)
            and (match.method == "*" or match.method.upper() == method)
            and match.since <= age
            and (match.until is None or age < match.until)
            and (match.tenant is None or match.tenant.lower() == tenant)
            and self.path.search(path) is not None
        )

    def report(self) -> Mapping[str, object]:
        """What it does and how often it did."""
        document, spoils = self.document, self.when is not None
        more = {"latency", "lag", "page", "headers"}
        return {
            "number": self.number,
            "method": document.match.method.upper(),
            "path": document.match.path,
            "status": self.status if spoils else None,
            "when": self.when or "after",
            "drop": document.drop,
            "delay": document.delay,
            **{name: getattr(document, name) for name in more if getattr(document, name)},
            "times": document.times,
            "met": self.met,
            "fired": self.fired,
        }


class Faults:
    """All faults of one simulator, in the order they were added."""

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self._clock = clock
        self._chance = Random(f"{seed}/faults")  # noqa: S311 -- repeatable by seed
        self.all: list[Fault] = []

    def add(self, body: object) -> Fault:
        """Arms a fault; raises ValueError."""
        fault = Fault.read(len(self.all) + 1, body, self._clock.now())
        self.all.append(fault)
        return fault

    def strike(self, method: str, path: str, tenant: str | None = None) -> Fault | None:
        """The first fault that strikes, now counted as fired.

        Without a tenant, which then is the path's first segment, none that are Graph's own.
        """
        now = self._clock.now()
        for fault in self.all:
            if not fault.matches(method, path, tenant or _first(path), now):
                continue
            if tenant is None and any(getattr(fault.document, name) for name in _GRAPHS_OWN):
                continue
            fault.met += 1
            match = fault.document.match
            if fault.met < match.nth:
                continue
            if match.share < 1 and self._chance.random() >= match.share:
                continue
            fault.fired += 1
            return fault
        return None

    async def answered(
        self, call: Call, own: Callable[[], Answer], struck: Callable[[Fault], Answer]
    ) -> Answer:
        """The `own` answer of a call outside Graph, or the `struck` one of the fault in its way."""
        fault = self.strike(call.method, call.path)
        if fault is None:
            return own()
        if fault.document.latency:
            await self._clock.sleep(fault.document.latency)
            call.now = self._clock.now()
        if fault.when == "before":
            return struck(fault)
        answer = own()
        await self._clock.sleep(fault.delay)
        return struck(fault) if fault.when == "after" else answer

    def clear(self) -> None:
        """Disarms and forgets all."""
        self.all.clear()

    def report(self) -> list[Mapping[str, object]]:
        """Each fault with how often it fired."""
        return [one.report() for one in self.all]


def _first(path: str) -> str:
    return path.strip("/").partition("/")[0].lower()

"""A scenario: the options, the clock, the tenants and the faults of a run in one JSON document."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from .clock import Clock
from .faults import Fault, Faults
from .founding import found
from .options import Options
from .recurrence import InvalidRecurrence
from .state import State
from .tenants import Tenant
from .zones import parse_instant

T = TypeVar("T")

MONDAY = datetime(2027, 3, 1, 8, tzinfo=UTC)
"""Where a virtual clock stands unless it is told."""


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The wire form; tenants and faults are bodies of `POST /_sim/tenants` and `/_sim/faults`."""

    options: dict[str, Any] = {}
    clock: str | None = None
    tenants: list[dict[str, Any]] = []
    faults: list[dict[str, Any]] = []


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a document orders, not yet done."""

    document: Document

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """Raises ValueError with one line that names the field."""
        try:
            document = msgspec.json.decode(raw, type=Document)
        except msgspec.DecodeError as error:
            raise ValueError(str(error)) from None
        scenario = cls(document)
        scenario.options()
        scenario.clock()
        for place, one in enumerate(document.faults):
            _at(f"faults[{place}]", Fault.read, place, one, MONDAY)
        return scenario

    @classmethod
    def of_file(cls, file: Path) -> Self:
        """As `read`; raises ValueError for a file that cannot be read, too."""
        try:
            return cls.read(file.read_bytes())
        except OSError as error:
            raise ValueError(f"cannot be read: {error.strerror}") from None

    def options(self, **more: Any) -> Options:
        """The options, those in `more` before the document's; raises ValueError."""
        return _at("options", Options.read, {**self.document.options, **more})

    def clock(self) -> Clock:
        """The clock: real, or virtual from a given instant on; raises ValueError."""
        return clock_of(self.document.clock or "real")

    def play(self, state: State, faults: Faults) -> list[Tenant]:
        """Founds the tenants and arms the faults in place of those before; raises ValueError."""
        tenants = [
            _at(f"tenants[{place}]", found, state, one)
            for place, one in enumerate(self.document.tenants)
        ]
        faults.clear()
        for one in self.document.faults:
            faults.add(one)
        return tenants


def clock_of(text: str) -> Clock:
    """`real`, `virtual`, or the instant at which a virtual clock stands; raises ValueError."""
    match text:
        case "real":
            return Clock()
        case "virtual":
            return Clock(stands_at=MONDAY)
        case _:
            return Clock(stands_at=_at("clock", parse_instant, text))


def _at(place: str, read: Callable[..., T], *arguments: Any) -> T:
    try:
        return read(*arguments)
    except KeyError as error:
        raise ValueError(f"missing - at `$.{place}.{error.args[0]}`") from None
    except (ValueError, TypeError, AttributeError, InvalidRecurrence) as error:
        text, found_at, inner = str(error).partition("`$")
        where = f"`$.{place}{inner}" if found_at else f" - at `$.{place}`"
        raise ValueError(f"{text}{where}") from None

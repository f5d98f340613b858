"""What happened to a booking, told in order: ids, times and codes, never content."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from .wire import Resource, Time

Detail = Mapping[str, str | int | bool | None]


class HistoryEntry(Resource):
    """One thing that happened; `version` where the booking got one, `room_id` where it happened."""

    at: Time
    entry: str
    version: int | None
    room_id: UUID | None
    detail: dict[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class Line:
    """A stored line; `detail` of a read says which hint asked for it, and when that hint came."""

    at: datetime
    entry: str
    version: int | None
    room_id: UUID | None
    detail: Detail = field(default_factory=dict)


def told(lines: Iterable[Line]) -> list[HistoryEntry]:
    """Oldest first; a line that a hint caused becomes the hint, the read and what came of it."""
    found = [entry for line in lines for entry in _expanded(line)]
    return sorted(found, key=lambda each: (each.at, _rank(each.entry)))


def _expanded(line: Line) -> Iterable[HistoryEntry]:
    detail = dict(line.detail)
    read, hint_at = detail.pop("read", None), detail.pop("hint_at", None)
    if isinstance(hint_at, str):
        at = datetime.fromisoformat(hint_at)
        yield HistoryEntry(
            at=at, entry="hint.received", version=None, room_id=line.room_id, detail={}
        )
    if read is not None and line.entry != "event.unchanged":
        yield HistoryEntry(
            at=line.at,
            entry="event.read",
            version=None,
            room_id=line.room_id,
            detail={"because_of": read},
        )
    yield HistoryEntry(
        at=line.at, entry=line.entry, version=line.version, room_id=line.room_id, detail=detail
    )


def _rank(entry: str) -> int:
    """The order in which things that have one time happened: what was asked, what was written, what was told of it."""
    match entry.partition("."):
        case "hint", _, _:
            return 0
        case ("event", _, _) | ("command", _, "received"):
            return 1
        case "booking" | "conflict", _, _:
            return 3
        case "command", _, _:
            return 4
        case _:
            return 2

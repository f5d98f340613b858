"""Stored lines become a story in the order in which things happened."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from portal.domain.history import Line, told

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
ROOM = UUID(int=1)


def line(seconds: float, entry: str, version: int | None = None, **detail: Any) -> Line:
    return Line(AT + timedelta(seconds=seconds), entry, version, ROOM, detail)


def entries(*lines: Line) -> list[tuple[float, str]]:
    return [((each.at - AT).total_seconds(), each.entry) for each in told(lines)]


def test_a_version_that_a_hint_brought_is_hint_read_and_version() -> None:
    hint_at = (AT + timedelta(seconds=1)).isoformat()
    assert entries(line(2, "booking.confirmed", 1, read="hint", hint_at=hint_at)) == [
        (1, "hint.received"),
        (2, "event.read"),
        (2, "booking.confirmed"),
    ]


def test_a_version_that_a_read_of_the_calendar_brought_has_no_hint() -> None:
    [read, version] = told([line(2, "booking.confirmed", 1, read="calendar")])
    assert (read.entry, read.detail) == ("event.read", {"because_of": "calendar"})
    assert (version.entry, version.version, version.detail) == ("booking.confirmed", 1, {})


def test_what_one_commit_wrote_is_told_as_asked_written_told_answered() -> None:
    same = [
        line(1, "command.accepted"),
        line(1, "booking.confirmed", 2, read="hint", hint_at=AT.isoformat()),
        line(1, "create.done"),
        line(1, "command.received"),
    ]
    assert [entry for _, entry in entries(*same)] == [
        "hint.received", "event.read", "command.received", "create.done", "booking.confirmed",
        "command.accepted",
    ]  # fmt: skip

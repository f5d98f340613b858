"""Free or taken, in words."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from portal.domain.occupancy import Span, occupancy

BERLIN = ZoneInfo("Europe/Berlin")


def at(clock: str, day: int = 26) -> datetime:
    """A time in Berlin in November 2026."""
    hour, minute = clock.split(":")
    return datetime(2026, 11, day, int(hour), int(minute), tzinfo=BERLIN).astimezone(UTC)


def span(start: str, end: str, day: int = 26, until: int | None = None) -> Span:
    return Span(at(start, day), at(end, until or day))


@pytest.mark.parametrize(
    ("spans", "text", "until"),
    [
        ([], "free today", at("00:00", 27)),
        ([span("14:30", "15:00")], "free until 14:30", at("14:30")),
        ([span("09:00", "10:00", 27)], "free today", at("00:00", 27)),
        ([span("00:00", "00:00", 27, 28)], "free today", at("00:00", 27)),
        ([span("09:00", "10:00")], "free today", at("00:00", 27)),
        ([span("09:00", "15:00")], "taken until 15:00", at("15:00")),
        ([span("10:00", "11:00"), span("11:00", "12:00")], "taken until 12:00", at("12:00")),
        ([span("09:00", "15:00"), span("10:00", "10:30")], "taken until 15:00", at("15:00")),
        ([span("10:00", "11:00"), span("11:05", "12:00")], "taken until 11:00", at("11:00")),
        ([span("00:00", "00:00", 26, 27)], "taken until midnight", at("00:00", 27)),
        ([span("22:00", "09:00", 25, 27)], "taken until tomorrow 09:00", at("00:00", 27)),
        ([span("08:00", "09:00", 20, 29)], "taken until Sun 29 Nov, 09:00", at("00:00", 27)),
    ],
)
def test_what_is_taken_around_now_is_told_as_people_say_it(
    spans: list[Span], text: str, until: datetime
) -> None:
    found = occupancy("live", spans, at("10:00"), BERLIN)
    assert (found.text, found.until) == (text, until)
    assert found.state == text.split(maxsplit=1)[0]


@pytest.mark.parametrize("state", ["off", "unreachable", "loading"])
def test_a_room_whose_calendar_is_not_known_is_never_called_free(state: str) -> None:
    found = occupancy(state, [], at("10:00"), BERLIN)  # type: ignore[arg-type] # one of them
    assert found.state == "unknown"
    assert found.text.startswith("not known")


def test_a_polled_room_is_told_as_any_other() -> None:
    assert occupancy("polling", [], at("10:00"), BERLIN).state == "free"

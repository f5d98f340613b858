"""graph-calendar §2.7: time zones."""

from datetime import UTC, datetime

import pytest

from graphsim.zones import (
    UnknownZone,
    graph_time,
    instant_text,
    parse_instant,
    parse_wall,
    to_utc,
    zone,
)


def test_windows_and_iana_names_mean_the_same_zone() -> None:
    wall = parse_wall("2026-07-01T09:00:00", "W. Europe Standard Time")
    assert to_utc(wall, "W. Europe Standard Time") == to_utc(wall, "Europe/Berlin")
    assert to_utc(wall, "Europe/Berlin") == datetime(2026, 7, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize("name", ["Mars Standard Time", "", "../etc/passwd"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone):
        zone(name)


def test_times_are_written_with_seven_digits_and_read_with_any() -> None:
    assert graph_time(parse_wall("2026-03-02T08:00:00", "UTC")) == "2026-03-02T08:00:00.0000000"
    read = parse_instant("2026-03-02T09:00:00.1234567+01:00")
    assert read == datetime(2026, 3, 2, 8, 0, 0, 123456, tzinfo=UTC)
    assert instant_text(read) == "2026-03-02T08:00:00.1234560Z"
    assert parse_instant("2026-03-02T08:00:00") == datetime(2026, 3, 2, 8, tzinfo=UTC)

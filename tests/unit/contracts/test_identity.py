from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from contracts.identity import (
    NAMESPACE,
    booking_event_id,
    booking_id_of_event,
    booking_id_of_occurrence,
    series_id_of_master,
)

ROOM = UUID("3f8e2b14-97a5-4c0d-b1e6-7c4a8d2f5b91")


def test_the_namespace_and_the_ids_made_with_it_never_change() -> None:
    assert str(NAMESPACE) == "5c1d7a44-0b0e-4c58-9a6e-3f9f1f6f2d27"
    single = booking_id_of_event(ROOM, "AAMkADk0AAA=")
    series = series_id_of_master(ROOM, "AAMkADk0AAA=")
    occurrence = booking_id_of_occurrence(series, datetime(2026, 3, 29, 8, tzinfo=UTC))
    message = booking_event_id(ROOM, single, 42)
    assert [str(single), str(occurrence), str(message)] == [
        "7cd647cc-ddfe-53ca-b20f-d7ef9e27afbe",
        "32f3ae37-8a7b-5394-a256-fcf43f93bba0",
        "7fdc91e0-4dca-57d3-ac0f-e6c25ba5e155",
    ]


def test_graph_ids_are_case_sensitive() -> None:
    assert booking_id_of_event(ROOM, "AAMkA") != booking_id_of_event(ROOM, "aamka")


def test_an_occurrence_is_the_same_in_every_zone() -> None:
    series = series_id_of_master(ROOM, "M")
    in_utc = datetime(2026, 7, 1, 8, tzinfo=UTC)
    in_berlin = in_utc.astimezone(timezone(timedelta(hours=2)))
    assert booking_id_of_occurrence(series, in_utc) == booking_id_of_occurrence(series, in_berlin)


def test_an_occurrence_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        booking_id_of_occurrence(ROOM, datetime(2026, 7, 1, 8))  # noqa: DTZ001 — the case under test

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.identity import booking_id_of_event, booking_id_of_occurrence, series_id_of_master
from sync_worker.domain.mirror import Unreadable

from .examples import ROOM, sighting


@pytest.mark.parametrize(
    ("fields", "status", "subject"),
    [
        ({}, "confirmed", "Planning"),
        ({"subject": " Mara Lind  "}, "confirmed", "Mara Lind"),
        ({"responseStatus": {"response": "organizer"}}, "confirmed", "Planning"),
        ({"responseStatus": None}, "confirmed", "Planning"),
        ({"responseStatus": {"response": "tentativelyAccepted"}}, "tentative", "Planning"),
        ({"responseStatus": {"response": "notResponded"}}, "pending", "Mara Lind"),
        ({"responseStatus": {"response": "declined"}}, "cancelled", "Mara Lind"),
        ({"isCancelled": True, "subject": "Canceled: Secret"}, "cancelled", "Mara Lind"),
        ({"showAs": "free"}, "cancelled", "Mara Lind"),
        ({"sensitivity": "private"}, "confirmed", "Private"),
        ({"sensitivity": "confidential"}, "confirmed", "Private"),
        ({"responseStatus": {"response": "invented later"}}, "confirmed", "Planning"),
    ],
)
def test_status_and_subject_follow_the_rules(
    fields: dict[str, Any], status: str, subject: str
) -> None:
    seen = sighting(**fields)
    assert (seen.answer, seen.subject) == (status, subject)


def test_windows_zones_get_their_iana_name_and_times_are_instants() -> None:
    seen = sighting()
    assert seen.time_zone == "Europe/Berlin"
    assert seen.starts == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_a_custom_zone_costs_only_its_label() -> None:
    assert sighting(originalStartTimeZone="tzone://Microsoft/Custom").time_zone == "UTC"


def test_a_time_in_a_windows_zone_is_understood() -> None:
    start = {"dateTime": "2026-03-02T10:00:00.0000000", "timeZone": "W. Europe Standard Time"}
    assert sighting(start=start).starts == datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-03-04T00:00:00.0000000", "2026-03-05T00:00:00.0000000"),
        ("2026-03-03T23:00:00.0000000", "2026-03-04T23:00:00.0000000"),
    ],
)
def test_all_day_events_keep_their_dates_however_graph_writes_them(start: str, end: str) -> None:
    seen = sighting(
        isAllDay=True,
        start={"dateTime": start, "timeZone": "UTC"},
        end={"dateTime": end, "timeZone": "UTC"},
    )
    assert (seen.starts, seen.ends) == (
        datetime(2026, 3, 4, tzinfo=UTC),
        datetime(2026, 3, 5, tzinfo=UTC),
    )


def test_identity_of_single_events_and_occurrences() -> None:
    original = datetime(2026, 3, 2, 9, tzinfo=UTC)
    single = sighting("e1")
    moved = sighting("e2", type="exception", seriesMasterId="m", originalStart=original)
    assert single.id == booking_id_of_event(ROOM, "e1")
    assert moved.series_id == series_id_of_master(ROOM, "m")
    assert moved.id == booking_id_of_occurrence(series_id_of_master(ROOM, "m"), original)
    assert sighting("other id", type="occurrence", seriesMasterId="m").id == moved.id


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "unheard of"},
        {"start": {"dateTime": "yesterday", "timeZone": "UTC"}},
        {"start": {"dateTime": "2026-03-02T11:00:00", "timeZone": "UTC"}},
        {"start": {"dateTime": "2026-03-02T09:00:00", "timeZone": "Nowhere Standard Time \x00"}, "end": {"dateTime": "?"}},
    ],
)  # fmt: skip
def test_what_is_no_booking_says_so(fields: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        sighting(**fields)


def test_a_meeting_without_organiser_is_a_booking_all_the_same() -> None:
    seen = sighting(organizer=None)
    assert (seen.organizer_name, seen.organizer_email) == ("", "")

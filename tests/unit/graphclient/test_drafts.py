import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from graphclient import EventChange, Invitee, NewEvent
from graphclient.drafts import alteration, creation

ROOM = Invitee("Room A", "room-a@example.com")
SYNC = NewEvent(
    subject="Desk platform: Team sync",
    start=datetime(2026, 3, 2, 8, tzinfo=UTC),
    end=datetime(2026, 3, 2, 9, tzinfo=UTC),
    time_zone="Europe/Berlin",
    all_day=False,
    transaction_id=UUID("5b7c2c0e-1111-4a5e-9c0e-000000000001"),
    marker="b-1",
    room=ROOM,
)


def berlin(text: str) -> dict[str, str]:
    return {"dateTime": text, "timeZone": "Europe/Berlin"}


def test_a_new_event_with_a_room_is_what_graph_documents() -> None:
    assert json.loads(creation(SYNC)) == {
        "subject": "Desk platform: Team sync",
        "start": berlin("2026-03-02T09:00:00"),
        "end": berlin("2026-03-02T10:00:00"),
        "isAllDay": False,
        "showAs": "busy",
        "transactionId": "5b7c2c0e-1111-4a5e-9c0e-000000000001",
        "singleValueExtendedProperties": [
            {
                "id": "String {889eed62-3ae0-48cc-a6a4-a3ffc961e949} Name clearoomsBooking",
                "value": "b-1",
            }
        ],
        "location": {"displayName": "Room A", "locationEmailAddress": "room-a@example.com"},
        "attendees": [
            {
                "type": "resource",
                "emailAddress": {"address": "room-a@example.com", "name": "Room A"},
            }
        ],
    }


def test_a_new_event_without_a_room_invites_nobody_and_names_no_place() -> None:
    assert not {"attendees", "location"} & json.loads(creation(replace(SYNC, room=None))).keys()


def test_an_all_day_event_runs_from_midnight_to_midnight_of_its_dates_in_utc() -> None:
    days = replace(
        SYNC,
        start=datetime(2026, 3, 2, tzinfo=UTC).astimezone(timezone(timedelta(hours=-5))),
        end=datetime(2026, 3, 4, tzinfo=UTC),
        time_zone="America/New_York",
        all_day=True,
    )

    body = json.loads(creation(days))

    assert body["isAllDay"] is True
    assert body["start"] == {"dateTime": "2026-03-02T00:00:00", "timeZone": "America/New_York"}
    assert body["end"] == {"dateTime": "2026-03-04T00:00:00", "timeZone": "America/New_York"}


@pytest.mark.parametrize(
    ("change", "body"),
    [
        (EventChange(), {}),
        (EventChange(subject="Later"), {"subject": "Later"}),
        (EventChange(subject=""), {"subject": ""}),
        (
            EventChange(start=SYNC.start, end=SYNC.end, time_zone="Europe/Berlin"),
            {"start": berlin("2026-03-02T09:00:00"), "end": berlin("2026-03-02T10:00:00")},
        ),
        (
            EventChange(end=SYNC.end),
            {"end": {"dateTime": "2026-03-02T09:00:00", "timeZone": "UTC"}},
        ),
        (
            EventChange(
                start=datetime(2026, 3, 2, tzinfo=UTC),
                end=datetime(2026, 3, 3, tzinfo=UTC),
                time_zone="Europe/Berlin",
                all_day=True,
            ),
            {
                "start": berlin("2026-03-02T00:00:00"),
                "end": berlin("2026-03-03T00:00:00"),
                "isAllDay": True,
            },
        ),
        (
            EventChange(start=SYNC.start, time_zone="Europe/Berlin", all_day=False),
            {"start": berlin("2026-03-02T09:00:00"), "isAllDay": False},
        ),
        (EventChange(attendees=()), {"attendees": []}),
        (
            EventChange(attendees=(Invitee("Zoë", "o'neil@x.test"), Invitee("", "b@x.test"))),
            {
                "attendees": [
                    {
                        "type": "required",
                        "emailAddress": {"address": "o'neil@x.test", "name": "Zoë"},
                    },
                    {"type": "required", "emailAddress": {"address": "b@x.test", "name": ""}},
                ]
            },
        ),
    ],
)
def test_a_change_names_only_what_is_to_change(
    change: EventChange, body: dict[str, object]
) -> None:
    assert json.loads(alteration(change)) == body


def test_no_event_is_drafted_in_a_zone_that_is_none() -> None:
    with pytest.raises(ValueError, match="no such time zone"):
        creation(replace(SYNC, time_zone="Berlin"))

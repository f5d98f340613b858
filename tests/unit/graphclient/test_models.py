from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import msgspec
import pytest

from graphclient.models import (
    EVENT_SELECT,
    RICH_SELECT,
    DateTimeTimeZone,
    Event,
    Room,
    Subscription,
)

ALLOWED = {
    "subject", "start", "end", "organizer", "iCalUId", "type", "seriesMasterId", "originalStart",
    "originalStartTimeZone", "originalEndTimeZone", "isAllDay", "isCancelled", "showAs", "sensitivity",
    "responseStatus",
}  # fmt: skip

EVENT = b"""{"@odata.etag":"W/\\"aB3d\\"","id":"AAMk=","type":"occurrence","subject":"Mara Lind",
 "start":{"dateTime":"2026-03-02T08:00:00.0000000","timeZone":"UTC"},
 "end":{"dateTime":"2026-03-02T09:00:00.0000000","timeZone":"UTC"},
 "organizer":{"emailAddress":{"name":"Mara Lind","address":"mara@example.com"}},
 "iCalUId":"040","seriesMasterId":"AAMkM=","originalStart":"2026-03-02T08:00:00Z",
 "originalStartTimeZone":"W. Europe Standard Time","originalEndTimeZone":"W. Europe Standard Time",
 "isAllDay":false,"isCancelled":false,"showAs":"busy","sensitivity":"normal",
 "responseStatus":{"response":"accepted","time":"0001-01-01T00:00:00Z"}}"""


def test_the_one_select_asks_for_nothing_but_what_the_law_allows() -> None:
    assert set(EVENT_SELECT.split(",")) == ALLOWED
    assert set(RICH_SELECT.split(",")) == ALLOWED | {"lastModifiedDateTime"}


def test_the_event_model_knows_no_field_beyond_the_select() -> None:
    assert {field.encode_name for field in msgspec.structs.fields(Event)} == ALLOWED | {
        "id",
        "@odata.etag",
        "lastModifiedDateTime",
    }


def test_an_event_is_read_as_graph_writes_it() -> None:
    event = msgspec.json.decode(EVENT, type=Event)

    assert event.etag == 'W/"aB3d"'
    assert event.start.instant() == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert event.organizer is not None
    assert (event.organizer.name, event.organizer.address) == ("Mara Lind", "mara@example.com")
    assert event.original_start == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert (event.ical_uid, event.response) == ("040", "accepted")


def test_a_bare_event_has_defaults_for_everything_optional() -> None:
    bare = b"""{"@odata.etag":"e","id":"i","type":"singleInstance","organizer":{"emailAddress":null},
      "start":{"dateTime":"2026-03-02T08:00:00"},"end":{"dateTime":"2026-03-02T09:00:00"},"body":{"content":"x"}}"""

    event = msgspec.json.decode(bare, type=Event)

    assert event.organizer is not None
    assert (event.organizer.name, event.organizer.address, event.response) == ("", None, "none")


@pytest.mark.parametrize(
    ("time", "instant"),
    [
        (
            DateTimeTimeZone("2026-03-02T08:00:00.1234567"),
            datetime(2026, 3, 2, 8, 0, 0, 123456, UTC),
        ),
        (
            DateTimeTimeZone("2026-07-02T08:00:00", "Europe/Berlin"),
            datetime(2026, 7, 2, 6, tzinfo=UTC),
        ),
        (DateTimeTimeZone("2026-03-02T08:00:00+02:00", "UTC"), datetime(2026, 3, 2, 6, tzinfo=UTC)),
    ],
)
def test_a_wall_clock_time_becomes_an_instant(time: DateTimeTimeZone, instant: datetime) -> None:
    assert time.instant() == instant


@pytest.mark.parametrize(
    "time",
    [
        DateTimeTimeZone("yesterday"),
        DateTimeTimeZone("2026-03-02T08:00:00", "No Such Zone"),
        DateTimeTimeZone("2026-03-02T08:00:00", "../../etc/passwd"),
    ],
)
def test_a_time_that_is_none_is_a_value_error(time: DateTimeTimeZone) -> None:
    with pytest.raises(ValueError, match=r".+"):
        time.instant()


@pytest.mark.parametrize(
    ("moment", "zone", "time"),
    [
        (
            datetime(2026, 7, 2, 6, 0, 59, 999_999, tzinfo=UTC),
            "Europe/Berlin",
            DateTimeTimeZone("2026-07-02T08:00:59", "Europe/Berlin"),
        ),
        (
            datetime(2026, 3, 1, 23, 30, tzinfo=timezone(timedelta(hours=-5))),
            "Asia/Kolkata",
            DateTimeTimeZone("2026-03-02T10:00:00", "Asia/Kolkata"),
        ),
        (datetime(2026, 3, 2, 8, tzinfo=UTC), "UTC", DateTimeTimeZone("2026-03-02T08:00:00")),
        (
            datetime(2026, 3, 29, 1, tzinfo=UTC),
            "Europe/Berlin",
            DateTimeTimeZone("2026-03-29T03:00:00", "Europe/Berlin"),
        ),
    ],
)
def test_an_instant_is_written_as_the_zones_clock_shows_it(
    moment: datetime, zone: str, time: DateTimeTimeZone
) -> None:
    assert DateTimeTimeZone.at(moment, zone) == time


@pytest.mark.parametrize("hour", [0, 1])
def test_an_instant_in_the_hour_that_a_clock_shows_twice_is_written_in_utc(hour: int) -> None:
    moment = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)

    time = DateTimeTimeZone.at(moment, "Europe/Berlin")

    assert time == DateTimeTimeZone(f"2026-10-25T{hour:02}:30:00", "UTC")
    assert time.instant() == moment


@pytest.mark.parametrize("zone", ["W. Europe Standard Time", "", "../../etc/passwd"])
def test_no_time_is_written_in_a_zone_that_is_none(zone: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        DateTimeTimeZone.at(datetime(2026, 3, 2, 8, tzinfo=UTC), zone)


@pytest.mark.parametrize(
    ("capacity", "seats"),
    [("8", 8), ("12", 12), ('"14"', 14), ("6.0", 6), ("null", None), ('"many"', None)],
)
def test_capacity_may_be_a_number_or_text(capacity: str, seats: int | None) -> None:
    text = f'{{"id":"r","emailAddress":"a@x","capacity":{capacity}}}'

    assert msgspec.json.decode(text, type=Room).seats == seats


def test_a_room_names_its_mailbox_by_place_id_and_its_floor_by_label_or_number() -> None:
    text = '{"id":"r","emailAddress":"a@x","placeId":"7a1e0000-0000-4000-8000-0000000000aa","floorNumber":2}'

    room = msgspec.json.decode(text, type=Room)

    assert room.mailbox_id == UUID("7a1e0000-0000-4000-8000-0000000000aa")
    assert room.floor == "2"
    assert msgspec.structs.replace(room, floor_label="Attic", place_id=None).floor == "Attic"
    assert msgspec.structs.replace(room, place_id=None).mailbox_id is None


@pytest.mark.parametrize(
    "expiry",
    [
        "2031-02-10T08:15:30.1234567Z",
        "2031-02-10T08:15:30.123Z",
        "2031-02-10T13:45:30+05:30",
        "2031-02-10T08:15:30Z",
    ],
)
def test_an_expiry_may_have_any_fraction_and_offset(expiry: str) -> None:
    subscription = msgspec.json.decode(
        f'{{"id":"s","expirationDateTime":"{expiry}"}}', type=Subscription
    )

    assert subscription.expires_at.astimezone(UTC).replace(microsecond=0) == datetime(
        2031, 2, 10, 8, 15, 30, tzinfo=UTC
    )

"""graph-calendar §1.1, §1.2, §2.1: events as Graph shows them."""

import json
from datetime import date

import pytest

from graphsim.events import on_day, whole
from graphsim.recurrence import read
from graphsim.views import CANARY, Lens, UnknownProperty, select, show

from .rooms import World


def _lens(world: World, zone: str = "UTC", *, immutable: bool = True) -> Lens:
    return Lens(world.room, world.options, zone, immutable)


def test_a_selection_shows_what_was_asked_and_id_and_etag() -> None:
    world = World()
    shown = show(whole(world.answered()), _lens(world), select(["Subject", "start"]))
    assert list(shown) == ["@odata.etag", "id", "subject", "start"]
    assert shown["start"] == {"dateTime": "2026-11-24T09:00:00.0000000", "timeZone": "UTC"}


def test_canaries_sit_in_body_location_and_attendees_of_every_event_and_nowhere_minimal() -> None:
    world = World()
    copy = world.answered()
    whole_event = show(whole(copy), _lens(world), "all")
    for field in ("body", "bodyPreview", "location", "attendees"):
        assert CANARY in json.dumps(whole_event[field])
    minimal = show(whole(copy), _lens(world), select(["subject", "organizer", "type", "iCalUId"]))
    assert CANARY not in json.dumps(minimal)


def test_times_come_in_the_asked_zone_and_all_day_events_keep_their_date() -> None:
    world = World()
    lens = _lens(world, "W. Europe Standard Time")
    shown = show(whole(world.answered()), lens, select(["start"]))
    assert shown["start"] == {
        "dateTime": "2026-11-24T10:00:00.0000000",
        "timeZone": "W. Europe Standard Time",
    }
    copy, _ = world.invite(day=28, hour=0, minutes=1440, all_day=True)
    shown = show(whole(copy), lens, select(["start", "end"]))
    assert str(shown["start"]).count("2026-11-28T00:00:00") == 1
    assert str(shown["end"]).count("2026-11-29T00:00:00") == 1


def test_an_occurrence_has_its_own_id_its_master_and_its_original_start() -> None:
    world = World()
    daily = {"pattern": {"type": "daily"}, "range": {"type": "numbered", "numberOfOccurrences": 3}}
    copy, _ = world.invite(recurrence=read(daily, date(2026, 11, 24), "UTC"))
    names = select(["seriesMasterId", "originalStart", "type", "iCalUId"])
    master = show(whole(copy), _lens(world), names)
    day = show(on_day(copy, date(2026, 11, 25)), _lens(world), names)
    assert day["seriesMasterId"] == master["id"] != day["id"]
    assert (day["originalStart"], day["type"]) == ("2026-11-25T09:00:00Z", "occurrence")
    assert (master["seriesMasterId"], master["originalStart"]) == (None, None)
    assert day["iCalUId"] != master["iCalUId"]
    assert day["@odata.etag"] == master["@odata.etag"]


def test_one_ical_uid_per_series_in_the_other_reading() -> None:
    world = World(ical_uid_per_occurrence=False)
    daily = {"pattern": {"type": "daily"}}
    copy, _ = world.invite(recurrence=read(daily, date(2026, 11, 24), "UTC"))
    day = show(on_day(copy, date(2026, 11, 25)), _lens(world), select(["iCalUId"]))
    assert day["iCalUId"] == copy.ical_uid


def test_an_unknown_property_is_refused() -> None:
    with pytest.raises(UnknownProperty, match="colour"):
        select(["subject", "colour"])


@pytest.mark.parametrize(
    ("keeps", "shown"),
    [(True, "2026-11-28T00:00:00.0000000"), (False, "2026-11-27T23:00:00.0000000")],
)
def test_whether_an_all_day_event_keeps_its_date_in_another_zone_is_a_switch_2_7(
    keeps: bool, shown: str
) -> None:
    world = World(all_day_keeps_date=keeps)
    copy, _ = world.invite(day=28, hour=0, minutes=1440, all_day=True, zone="Europe/Berlin")
    start = show(whole(copy), _lens(world), select(["start"]))["start"]
    assert start == {"dateTime": shown, "timeZone": "UTC"}


def test_a_custom_zone_is_shown_by_its_placeholder_and_has_its_own_rules_2_1() -> None:
    world = World()
    daily = {"pattern": {"type": "daily"}}
    recurrence = read(daily, date(2026, 11, 24), "Europe/Berlin")
    copy, _ = world.invite(zone="Europe/Berlin", custom_zone=True, recurrence=recurrence)
    names = select(["start", "originalStartTimeZone", "originalEndTimeZone", "recurrence"])
    shown = show(whole(copy), _lens(world), names)
    custom = "tzone://Microsoft/Custom"
    assert (shown["originalStartTimeZone"], shown["originalEndTimeZone"]) == (custom, custom)
    assert f'"recurrenceTimeZone": "{custom}"' in json.dumps(shown["recurrence"])
    assert shown["start"] == {"dateTime": "2026-11-24T08:00:00.0000000", "timeZone": "UTC"}

"""graph-calendar §2.1, §2.2, §2.5: event bodies as values."""

from datetime import date, datetime
from typing import Any

import pytest

from graphsim.events import Override, on_day
from graphsim.payloads import changes, draft, override
from graphsim.recurrence import read
from graphsim.wire import Refused

from .rooms import World

DAILY = {"pattern": {"type": "daily"}, "range": {"type": "numbered", "numberOfOccurrences": 3}}


def _at(text: str, zone: str = "UTC") -> dict[str, str]:
    return {"dateTime": text, "timeZone": zone}


def _body(**more: Any) -> dict[str, Any]:
    span = {"start": _at("2026-11-24T09:00:00"), "end": _at("2026-11-24T10:00:00")}
    return {"subject": "Plans", **span, **more}


def test_a_body_becomes_a_draft() -> None:
    room = {"emailAddress": {"address": "room@x.example"}, "type": "resource"}
    made = draft(
        _body(
            attendees=[room, room, {"emailAddress": {"address": "ann@x.example", "name": "Ann"}}],
            location={"displayName": "Fjord", "locationEmailAddress": "room@x.example"},
            body={"contentType": "text", "content": "agenda"},
            showAs="tentative",
            sensitivity="private",
            transactionId="t-1",
            recurrence=DAILY,
            organizer={"emailAddress": {"address": "bob@x.example"}},
        )
    )
    assert (made.subject, made.location, made.body) == ("Plans", "Fjord", "agenda")
    assert (made.show_as, made.sensitivity, made.transaction_id) == ("tentative", "private", "t-1")
    kinds = [(one.person.address, one.kind) for one in made.attendees]
    assert kinds == [("room@x.example", "resource"), ("ann@x.example", "required")]
    assert made.recurrence == read(DAILY, date(2026, 11, 24), "UTC")


def test_an_end_in_another_zone_is_told_in_the_starts() -> None:
    made = draft(_body(end=_at("2026-11-24T11:00:00", "Europe/Berlin")))
    assert (made.zone, made.end.hour) == ("UTC", 10)


@pytest.mark.parametrize("raw", [None, [], {"subject": "no times"}, _body(start="09:00")])
def test_what_is_no_event_is_refused(raw: Any) -> None:
    with pytest.raises(Refused):
        draft(raw)


def test_changes_are_what_was_sent_and_differs() -> None:
    event = World().answered()
    same = {"start": _at("2026-11-24T09:00:00"), "subject": "Plans"}
    assert changes(same, event) == {"subject": "Plans"}
    assert changes({}, event) == {}
    later = changes({"end": _at("2026-11-24T12:00:00", "Europe/Berlin")}, event)
    assert later == {"start": event.start, "end": event.end.replace(hour=11), "zone": "UTC"}
    assert changes({"showAs": "free"}, event) == {"show_as": "free", "asked_show_as": "free"}


def test_turning_an_hour_into_all_day_without_new_times_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        changes({"isAllDay": True}, World().answered())
    assert (refused.value.status, refused.value.code) == (400, "ErrorInvalidRequest")
    assert "midnight" in refused.value.message


def test_one_day_takes_what_may_differ_from_its_series_and_says_so_of_all_else() -> None:
    world = World()
    copy = world.answered(recurrence=read(DAILY, date(2026, 11, 24), "UTC"))
    day = on_day(copy, date(2026, 11, 25))
    moved = override({"start": _at("2026-11-25T08:00:00"), "subject": "x"}, day)
    assert (moved.subject, moved.start, moved.end) == (
        "x",
        datetime(2026, 11, 25, 8),  # noqa: DTZ001 -- a wall time
        datetime(2026, 11, 25, 10),  # noqa: DTZ001 -- a wall time
    )
    assert override({"showAs": "free"}, day).start is None
    assert override({"attendees": []}, day).attendees == ()
    place = {"body": {"content": "Bring tea"}, "location": {"displayName": "Garden"}}
    assert override(place, day) == Override(body="Bring tea", location="Garden")
    with pytest.raises(Refused) as refused:
        override({"sensitivity": "private"}, day)
    assert refused.value.status == 501

"""Rooms in great number (issue "a tenant in a box", item 8): derived when looked at, kept when written."""

import tracemalloc
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from graphsim.attendant import Verdict, decide
from graphsim.estate import Estate, Plan
from graphsim.events import Appearance, Attendee, Person
from graphsim.mailboxes import Mailbox
from graphsim.meetings import Draft, Meetings
from graphsim.options import Options
from graphsim.recurrence import first_day
from graphsim.tenants import Tenant

FIRST = date(2026, 11, 23)
BEGIN = datetime(2026, 11, 23, tzinfo=UTC)


def _tenant(rooms: int, events: int, seed: int = 0, kept: int = 10) -> Tenant:
    tenant = Tenant(UUID(int=1), "x.example")
    estate = Estate(seed, tenant, Plan(rooms, events, FIRST), trailing_blank=True, kept=kept)
    for room in estate.rooms():
        tenant.add(room)
    return tenant


def _first(tenant: Tenant) -> Mailbox:
    found = tenant.mailbox("room-000001@x.example")
    assert found is not None
    return found


def _rows(room: Mailbox, days: int = 90) -> list[Appearance]:
    return room.window(BEGIN, BEGIN + timedelta(days=days))


def test_the_events_are_shared_out_evenly_and_never_collide() -> None:
    tenant = _tenant(3, 310)
    assert [len(_rows(room)) for room in tenant.rooms()] == [104, 103, 103]
    uids = [event.ical_uid for room in tenant.rooms() for event in room.events.values()]
    assert len(uids) == len(set(uids))
    for room in tenant.rooms():
        assert all(one.ends_at <= after.starts_at for one, after in pairwise(_rows(room)))


def test_every_fifth_event_is_a_day_of_a_daily_or_a_weekly_series_1_5() -> None:
    tenant = _tenant(10, 1_000)
    rows = [one for room in tenant.rooms() for one in _rows(room)]
    days = [one for one in rows if one.kind == "occurrence"]
    assert (len(rows), len(days)) == (1_000, 200)
    masters = {one.event.ical_uid: one.event for one in days}
    assert len(masters) == 40
    assert {one.recurrence.kind for one in masters.values() if one.recurrence} == {
        "daily",
        "weekly",
    }
    firsts = {first_day(one.recurrence) for one in masters.values() if one.recurrence}
    assert firsts == {one.start.date() for one in masters.values()}
    steps = {
        (after.start - one.start).days
        for one, after in pairwise(sorted(days, key=lambda one: (one.event.ical_uid, one.start)))
        if one.event is after.event
    }
    assert steps == {1, 7}


def test_few_recurrences_serve_all_rooms_so_that_they_are_expanded_once() -> None:
    tenant = _tenant(200, 20_000, kept=200)
    found = {one.recurrence for room in tenant.rooms() for one in room.events.values()}
    assert len(found - {None}) <= 28


def test_equal_seeds_derive_the_same_and_others_do_not() -> None:
    one, same, other = (_first(_tenant(3, 300, seed)) for seed in (7, 7, 8))
    assert one.events == same.events
    assert [one.mint.etag(1), one.id] == [same.mint.etag(1), same.id]
    assert one.events != other.events


def test_a_full_calendar_has_room_for_all_its_events() -> None:
    room = _first(_tenant(1, 5_000))
    assert len({one.starts_at for one in _rows(room, 500)}) == 5_000


def test_what_was_written_stays_while_what_was_only_read_is_derived_again() -> None:
    tenant = _tenant(3, 30, kept=1)
    room = _first(tenant)
    event = room.events[4]
    room.touch(event, BEGIN, subject="Other")
    room.drop(5)
    read = [dict(one.events) for one in tenant.rooms()]
    again = [dict(one.events) for one in tenant.rooms()]
    assert read == again
    assert (room.events[4].subject, room.events[4].change) == ("Other", 11)
    assert 5 not in room.events
    assert room.new_key() == 11


def test_only_so_many_calendars_are_remembered_that_nobody_has_written_to() -> None:
    tenant = _tenant(2, 20, kept=1)
    one, other = tenant.rooms()
    first = one.events
    assert one.events is first
    assert other.events
    assert one.events is not first
    one.new_key()
    kept = one.events
    assert other.events
    assert one.events is kept


def test_a_derived_booking_is_in_the_way_of_a_new_one_2_6() -> None:
    tenant = _tenant(1, 10)
    room = _first(tenant)
    ann = Mailbox.opened(0, tenant.id, UUID(int=3), "ann@x.example", "Ann Lee", "user")
    tenant.add(ann)
    options, taken = Options(), room.events[3]
    invited = (Attendee(Person(room.name, room.address), "resource"),)
    draft = Draft("Plans", taken.start, taken.end, "UTC", attendees=invited)
    event, _ = Meetings(tenant, options).create(ann, draft, BEGIN)
    copy = room.copy_of(event.ical_uid)
    assert copy is not None
    assert decide(copy, room, BEGIN, options) is Verdict.DECLINE


def test_a_room_that_nobody_looks_at_costs_next_to_nothing() -> None:
    tracemalloc.start()
    try:
        few = _tenant(2_000, 200_000)
        untouched = tracemalloc.get_traced_memory()[0] / 2_000
        _ = _first(few).events
        looked_at = tracemalloc.get_traced_memory()[0] - untouched * 2_000
    finally:
        tracemalloc.stop()
    assert untouched < 2_048
    assert looked_at > 5 * untouched

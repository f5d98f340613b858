"""graph-calendar §2.2, §2.5, §2.6 and graph-notifications §4.4: what effects leave behind."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from graphsim.copies import Reply
from graphsim.events import Attendee, Override, Person
from graphsim.ids import Ref
from graphsim.mailboxes import Mailbox
from graphsim.processing import Processing
from graphsim.recurrence import read

from .rooms import NOW, TENANT, World, kinds, reports

DAILY = {"pattern": {"type": "daily"}, "range": {"type": "numbered", "numberOfOccurrences": 3}}


def test_a_room_copy_appears_unanswered_with_the_true_subject_and_is_rewritten_later() -> None:
    world = World()
    copy, outcome = world.invite(sensitivity="private", body="agenda")
    shown = (copy.subject, copy.response, copy.show_as, copy.sensitivity, copy.is_organizer)
    assert shown == ("Secret plans", "notResponded", "tentative", "private", False)
    assert [visit.due - NOW for visit in outcome.visits] == [timedelta(seconds=1)]
    world.answers.visit(world.room, copy.key, NOW)
    later = world.room.events[copy.key]
    shown = (later.subject, later.response, later.show_as, later.sensitivity, later.is_organizer)
    assert shown == ("Ann Lee ", "accepted", "busy", "normal", False)
    assert later.body == ""
    assert later.change > copy.change
    assert later.ical_uid == world.original(later).ical_uid
    assert world.original(later).subject == "Secret plans"
    assert [one.response for one in world.original(later).attendees] == ["accepted"]


def test_a_booking_is_reported_as_one_created_and_three_updated() -> None:
    world = World()
    copy, first = world.invite()
    second = world.answers.visit(world.room, copy.key, NOW)
    assert kinds(first, world.room) + kinds(second, world.room) == [
        "created",
        "updated",
        "updated",
        "updated",
    ]


def test_an_edit_is_reported_three_times_and_answered_again() -> None:
    world = World()
    copy = world.answered()
    original = world.original(copy)
    first = world.meetings.edit(
        world.ann,
        original,
        {"start": copy.start + timedelta(hours=2), "end": copy.end + timedelta(hours=2)},
        NOW,
    )
    assert world.room.events[copy.key].response == "notResponded"
    second = world.answers.visit(world.room, copy.key, NOW)
    assert kinds(first, world.room) + kinds(second, world.room) == ["updated"] * 3
    assert world.room.events[copy.key].start == copy.start + timedelta(hours=2)
    assert world.room.events[copy.key].response == "accepted"


def test_a_declined_request_leaves_the_room_and_tells_the_organiser() -> None:
    world = World()
    world.answered()
    copy, _ = world.invite(minutes=30)
    outcome = world.answers.visit(world.room, copy.key, NOW)
    assert copy.key not in world.room.events
    assert kinds(outcome, world.room) == ["deleted", "updated", "updated"]
    assert [one.response for one in world.original(copy).attendees] == ["declined"]


def test_a_declined_meeting_moved_to_a_free_slot_is_asked_for_again() -> None:
    world = World()
    world.answered()
    copy, _ = world.invite(minutes=30)
    world.answers.visit(world.room, copy.key, NOW)
    moved = {"start": copy.start + timedelta(hours=5), "end": copy.end + timedelta(hours=5)}
    outcome = world.meetings.edit(world.ann, world.original(copy), moved, NOW)
    assert "created" in kinds(outcome, world.room)
    assert len(outcome.visits) == 1


def test_a_cancelled_meeting_stays_in_the_room_by_default() -> None:
    world = World()
    copy = world.answered()
    outcome = world.meetings.cancel(world.ann, world.original(copy), NOW)
    kept = world.room.events[copy.key]
    assert (kept.cancelled, kept.subject) == (True, "Canceled: Ann Lee ")
    assert not world.ann.events
    assert set(kinds(outcome, world.room)) == {"updated"}


def test_a_room_that_removes_cancelled_meetings_reports_one_deleted_and_two_updated() -> None:
    world = World()
    world.room.processing = Processing(remove_canceled_meetings=True)
    copy = world.answered()
    outcome = world.meetings.cancel(world.ann, world.original(copy), NOW)
    assert copy.key not in world.room.events
    assert kinds(outcome, world.room) == ["deleted", "updated", "updated"]


def test_an_event_directly_in_the_room_is_its_own_and_nothing_checks_it() -> None:
    world = World()
    world.answered()
    event, outcome = world.meetings.create(world.room, world.draft(attendees=()), NOW)
    assert (event.response, event.is_organizer, event.organizer.name) == ("organizer", True, "Room")
    assert outcome.visits == []
    start = NOW + timedelta(days=1)
    assert len(world.room.window(start, start + timedelta(days=1))) == 2


def test_a_cancelled_occurrence_is_reported_as_a_change_of_its_master_alone() -> None:
    world = World()
    recurrence = read(DAILY, world.draft().start.date(), "UTC")
    copy = world.answered(recurrence=recurrence)
    outcome = world.meetings.cancel_day(world.ann, world.original(copy), date(2026, 11, 25), NOW)
    assert {one.ref.day for one in reports(outcome, world.room)} == {None}
    assert set(kinds(outcome, world.room)) == {"updated"}
    fresh = world.room.events[copy.key]
    shown = world.room.instances(fresh, NOW, NOW + timedelta(days=9))
    assert [one.day and one.day.day for one in shown] == [24, 26]


def test_a_moved_occurrence_is_an_exception_in_the_room_too() -> None:
    world = World()
    copy = world.answered(recurrence=read(DAILY, world.draft().start.date(), "UTC"))
    day = date(2026, 11, 25)
    moved = Override(start=copy.start + timedelta(days=1, hours=4))
    outcome = world.meetings.edit_day(world.ann, world.original(copy), day, moved, NOW)
    assert {one.ref.day for one in reports(outcome, world.room)} == {None, day}
    waiting = world.room.instances(world.room.events[copy.key], NOW, NOW + timedelta(days=9))
    assert [(one.response, one.subject) for one in waiting] == [
        ("accepted", "Ann Lee "),
        ("notResponded", "Secret plans"),
        ("accepted", "Ann Lee "),
    ]
    world.answers.visit(world.room, copy.key, NOW)
    shown = world.room.instances(world.room.events[copy.key], NOW, NOW + timedelta(days=9))
    assert {one.response for one in shown} == {"accepted"}
    assert [(one.kind, one.start.hour) for one in shown] == [
        ("occurrence", 9),
        ("exception", 13),
        ("occurrence", 9),
    ]
    assert {one.subject for one in shown} == {"Ann Lee "}
    assert shown[1].original_start is not None
    assert shown[1].original_start.hour == 9


def test_one_report_per_change_when_echoes_are_off() -> None:
    world = World(room_echoes=False)
    copy, first = world.invite()
    second = world.answers.visit(world.room, copy.key, NOW)
    assert kinds(first, world.room) + kinds(second, world.room) == ["created", "updated"]


def test_an_occurrence_moved_onto_another_meeting_is_declined_alone() -> None:
    world = World()
    copy = world.answered(recurrence=read(DAILY, world.draft().start.date(), "UTC"))
    world.answered(day=25, hour=13)
    moved = Override(start=copy.start + timedelta(days=1, hours=4))
    world.meetings.edit_day(world.ann, world.original(copy), date(2026, 11, 25), moved, NOW)
    world.answers.visit(world.room, copy.key, NOW)
    shown = world.room.instances(world.room.events[copy.key], NOW, NOW + timedelta(days=9))
    assert [one.start.day for one in shown] == [24, 26]


def _ann(world: World) -> Attendee:
    return Attendee(Person(world.ann.name, world.ann.address))


def test_a_change_of_attendees_reaches_only_those_added_or_removed() -> None:
    world = World()
    copy = world.answered()
    guest = Attendee(Person("Guest", "guest@y.example"))
    room, original = world.original(copy).attendees[0], world.original(copy)
    changed = {"attendees": (replace(room, response="none"), guest)}
    outcome = world.meetings.edit(world.ann, original, changed, NOW)
    assert kinds(outcome, world.room) == []
    assert [one.response for one in world.original(copy).attendees] == ["accepted", "none"]
    outcome = world.meetings.edit(world.ann, world.original(copy), {"attendees": (guest,)}, NOW)
    assert set(kinds(outcome, world.room)) == {"updated"}
    assert world.room.events[copy.key].cancelled


def test_an_attendee_put_back_has_the_same_copy_again() -> None:
    world = World()
    event, _ = world.meetings.create(world.room, world.draft(attendees=(_ann(world),)), NOW)
    (copy,) = world.ann.events.values()
    for attendees in ((), (_ann(world),)):
        own = world.room.events[event.key]
        world.meetings.edit(world.room, own, {"attendees": attendees}, NOW)
    (again,) = world.ann.events.values()
    assert (again.key, again.cancelled, again.response) == (copy.key, False, "notResponded")


def test_a_series_moved_without_a_new_pattern_keeps_its_first_day() -> None:
    world = World()
    copy = world.answered(recurrence=read(DAILY, world.draft().start.date(), "UTC"))
    shift = timedelta(days=1, hours=2)
    moved = {"start": copy.start + shift, "end": copy.end + shift}
    world.meetings.edit(world.ann, world.original(copy), moved, NOW)
    fresh = world.room.events[copy.key]
    assert (fresh.start, fresh.end) == (
        copy.start + timedelta(hours=2),
        copy.end + timedelta(hours=2),
    )


@pytest.mark.parametrize("carried", [False, True])
def test_whether_a_copy_carries_the_organisers_properties_is_a_switch(carried: bool) -> None:
    world = World(room_copy_has_properties=carried)
    copy, _ = world.invite(properties={"marker": "1"})
    assert copy.properties == ({"marker": "1"} if carried else {})


def test_a_series_made_on_another_day_begins_on_its_patterns_first_day_1_5() -> None:
    world = World()
    fridays = {"pattern": {"type": "weekly", "daysOfWeek": ["friday"]}}
    copy, _ = world.invite(recurrence=read(fridays, world.draft().start.date(), "UTC"))
    assert (copy.start.date(), world.original(copy).start.date()) == (date(2026, 11, 27),) * 2
    mondays = {"pattern": {"type": "weekly", "daysOfWeek": ["monday"]}}
    changed = {"recurrence": read(mondays, date(2026, 11, 27), "UTC")}
    world.meetings.edit(world.ann, world.original(copy), changed, NOW)
    assert world.room.events[copy.key].start.date() == date(2026, 11, 30)


def test_everybody_invited_has_a_copy_of_their_own_with_their_own_answer_2_1() -> None:
    world = World()
    room = Attendee(Person("Room", "room@x.example"), "resource")
    bob = Mailbox.opened(0, TENANT, UUID(int=4), "bob@x.example", "Bob Ray", "user")
    world.tenant.add(bob)
    guest = Attendee(Person("Guest", "guest@elsewhere.example"), "optional")
    invited = (room, Attendee(Person("Bob Ray", "Bob@x.example")), guest)
    event, _ = world.meetings.create(world.ann, world.draft(attendees=invited), NOW)
    (copy,) = bob.events.values()
    assert (copy.ical_uid, copy.subject, copy.response) == (
        event.ical_uid,
        "Secret plans",
        "notResponded",
    )
    assert bob.mint.immutable(Ref(copy.key)) != world.ann.mint.immutable(Ref(event.key))
    world.answers.accept(bob, copy, Reply("tentativelyAccepted"), NOW, tell=True)
    own = world.ann.events[event.key]
    assert [one.response for one in own.attendees] == ["none", "tentativelyAccepted", "none"]
    assert world.room.copy_of(event.ical_uid) is not None


@pytest.mark.parametrize(("drops", "left"), [(True, 0), (False, 1)])
def test_whether_a_changed_series_drops_its_exceptions_is_a_switch_2_5(
    drops: bool, left: int
) -> None:
    world = World(changed_series_drop_exceptions=drops)
    recurrence = read(DAILY, world.draft().start.date(), "UTC")
    copy = world.answered(recurrence=recurrence)
    second, third = date(2026, 11, 25), date(2026, 11, 26)
    world.meetings.edit_day(world.ann, world.original(copy), second, Override("One day"), NOW)
    world.meetings.cancel_day(world.ann, world.original(copy), third, NOW)
    fewer = {"recurrence": replace(recurrence, times=2)}
    world.meetings.edit(world.ann, world.original(copy), fewer, NOW)
    for mailbox in (world.ann, world.room):
        (fresh,) = mailbox.events.values()
        assert (len(fresh.overrides), len(fresh.cancelled_days)) == (left, 0)


def test_a_meeting_moved_into_a_custom_zone_is_so_in_every_copy_2_1() -> None:
    world = World()
    copy = world.answered()
    changed = {"zone": "Europe/Berlin", "custom_zone": True}
    world.meetings.edit(world.ann, world.original(copy), changed, NOW)
    assert world.room.events[copy.key].zone_shown == "tzone://Microsoft/Custom"

"""graph-calendar §2.6: the room mailbox's booking attendant."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from graphsim.attendant import Verdict, decide
from graphsim.events import Attendee, Override, Person
from graphsim.mailboxes import Place
from graphsim.processing import Processing
from graphsim.recurrence import read

from .rooms import NOW, World

DAILY = {"pattern": {"type": "daily"}, "range": {"type": "numbered", "numberOfOccurrences": 3}}


def _series(world: World) -> Any:
    return read(DAILY, world.draft().start.date(), "UTC")


def test_a_free_room_accepts() -> None:
    world = World()
    copy, _ = world.invite()
    assert decide(copy, world.room, NOW, world.options) is Verdict.ACCEPT


def test_an_overlap_is_declined_unless_conflicts_are_allowed() -> None:
    world = World()
    world.answered()
    copy, _ = world.invite(minutes=30)
    assert decide(copy, world.room, NOW, world.options) is Verdict.DECLINE
    world.room.processing = Processing(allow_conflicts=True)
    assert decide(copy, world.room, NOW, world.options) is Verdict.ACCEPT


@pytest.mark.parametrize(("days", "verdict"), [(179, Verdict.ACCEPT), (181, Verdict.DECLINE)])
def test_a_room_books_180_days_ahead_where_nobody_says_2_6(days: int, verdict: Verdict) -> None:
    world, start = World(), NOW.replace(tzinfo=None) + timedelta(days=days)
    copy, _ = world.invite(start=start, end=start + timedelta(hours=1))
    assert decide(copy, world.room, NOW, world.options) is verdict


def test_meetings_that_only_touch_do_not_collide() -> None:
    world = World()
    world.answered(hour=9)
    copy, _ = world.invite(hour=10)
    assert decide(copy, world.room, NOW, world.options) is Verdict.ACCEPT


def test_a_series_is_declined_when_one_day_collides_and_the_limits_allow_none() -> None:
    world = World()
    world.answered(day=25)
    copy, _ = world.invite(recurrence=_series(world))
    assert decide(copy, world.room, NOW, world.options) is Verdict.DECLINE
    world.room.processing = Processing(maximum_conflict_instances=1, conflict_percentage_allowed=50)
    assert decide(copy, world.room, NOW, world.options) is Verdict.ACCEPT


@pytest.mark.parametrize(
    ("rules", "draft", "verdict"),
    [
        ({"automate": "AutoUpdate"}, {}, Verdict.LEAVE),
        ({"maximum_duration_minutes": 30}, {}, Verdict.DECLINE),
        ({"booking_window_days": 0}, {}, Verdict.DECLINE),
        ({"booking_window_days": 0, "enforce_scheduling_horizon": False}, {}, Verdict.DECLINE),
        ({"all_book_in_policy": False}, {}, Verdict.TENTATIVE),
        (
            {"all_book_in_policy": False, "book_in_policy": ["Ann@x.example"]},
            {},
            Verdict.ACCEPT,
        ),
        ({"schedule_only_during_work_hours": True}, {"hour": 8, "minutes": 540}, Verdict.ACCEPT),
        ({"schedule_only_during_work_hours": True}, {"hour": 7}, Verdict.DECLINE),
        ({"schedule_only_during_work_hours": True}, {"hour": 16, "minutes": 90}, Verdict.DECLINE),
        ({"schedule_only_during_work_hours": True}, {"day": 28}, Verdict.DECLINE),
        (
            {"schedule_only_during_work_hours": True, "work_days": ["saturday"]},
            {"day": 28},
            Verdict.ACCEPT,
        ),
        (
            {"schedule_only_during_work_hours": True, "work_zone": "Pacific Standard Time"},
            {},
            Verdict.DECLINE,
        ),
        (
            {"schedule_only_during_work_hours": True, "work_begins": "09:30"},
            {},
            Verdict.DECLINE,
        ),
    ],
)
def test_the_rooms_settings_decide(
    rules: dict[str, Any], draft: dict[str, Any], verdict: Verdict
) -> None:
    world = World()
    world.room.processing = Processing.of(rules)
    copy, _ = world.invite(**draft)
    assert decide(copy, world.room, NOW, world.options) is verdict


def test_a_room_without_series_declines_them() -> None:
    world = World()
    world.room.processing = Processing(allow_recurring_meetings=False)
    copy, _ = world.invite(recurrence=_series(world))
    assert decide(copy, world.room, NOW, world.options) is Verdict.DECLINE


def test_a_never_ending_series_is_past_the_horizon() -> None:
    world = World()
    copy, _ = world.invite(recurrence=replace(_series(world), times=None))
    assert decide(copy, world.room, NOW, world.options) is Verdict.DECLINE


def test_a_series_past_the_window_is_trimmed_where_the_horizon_is_not_enforced() -> None:
    world = World()
    rules = {"booking_window_days": 2, "enforce_scheduling_horizon": False}
    world.room.processing = Processing.of(rules)
    copy = world.answered(recurrence=_series(world), hour=7)
    rows = world.room.window(NOW, NOW + timedelta(days=9))
    assert [one.day and one.day.day for one in rows] == [24, 25]
    assert copy.response == "accepted"
    own = world.ann.window(NOW, NOW + timedelta(days=9))
    assert len(own) == 3


def test_a_series_that_begins_past_the_window_is_declined_even_then() -> None:
    world = World()
    world.room.processing = Processing(booking_window_days=0, enforce_scheduling_horizon=False)
    copy, _ = world.invite(recurrence=_series(world))
    assert decide(copy, world.room, NOW, world.options) is Verdict.DECLINE


def test_of_a_series_with_bearable_conflicts_the_room_keeps_the_free_days() -> None:
    world = World()
    world.answered(day=25)
    world.room.processing = Processing(maximum_conflict_instances=1, conflict_percentage_allowed=34)
    copy = world.answered(recurrence=_series(world))
    rows = [one for one in world.room.window(NOW, NOW + timedelta(days=9)) if one.day]
    assert [one.day and one.day.day for one in rows] == [24, 26]
    assert copy.response == "accepted"


@pytest.mark.parametrize(
    ("reading", "verdict"), [("each", Verdict.DECLINE), ("either", Verdict.ACCEPT)]
)
@pytest.mark.parametrize(
    "limits", [{"maximum_conflict_instances": 1}, {"conflict_percentage_allowed": 50}]
)
def test_whether_a_series_must_keep_both_limits_is_a_switch(
    reading: str, verdict: Verdict, limits: dict[str, int]
) -> None:
    world = World(conflict_limits=reading)
    world.answered(day=25)
    world.room.processing = Processing.of(limits)
    copy, _ = world.invite(recurrence=_series(world))
    assert decide(copy, world.room, NOW, world.options) is verdict


def test_a_request_from_outside_stays_unanswered_unless_the_room_takes_them() -> None:
    world = World()
    guest = world.tenant.outsider(0, "Guest", "guest@elsewhere.example")
    event, _ = world.meetings.create(guest, world.draft(), NOW)
    copy = world.room.copy_of(event.ical_uid)
    assert copy is not None
    world.answers.visit(world.room, copy.key, NOW)
    assert world.room.events[copy.key].response == "notResponded"
    world.room.processing = Processing(process_external_meeting_messages=True)
    world.answers.visit(world.room, copy.key, NOW)
    assert world.room.events[copy.key].response == "accepted"


@pytest.mark.parametrize(
    ("capacity", "verdict"),
    [(2, Verdict.ACCEPT), (1, Verdict.DECLINE), (None, Verdict.DECLINE)],
)
def test_a_room_that_enforces_its_capacity_declines_too_many_people(
    capacity: int | None, verdict: Verdict
) -> None:
    world = World()
    world.room.place = Place(capacity=capacity)
    world.room.processing = Processing(enforce_capacity=True)
    people = (*world.draft().attendees, Attendee(Person("Guest", "guest@elsewhere.example")))
    copy, _ = world.invite(attendees=people)
    assert decide(copy, world.room, NOW, world.options) is verdict


def test_nothing_reaches_a_room_that_processes_nothing() -> None:
    world = World()
    copy = world.answered()
    world.room.processing = Processing(automate="None")
    event, outcome = world.meetings.create(world.ann, world.draft(hour=12), NOW)
    assert world.room.copy_of(event.ical_uid) is None
    assert outcome.visits == []
    world.meetings.cancel(world.ann, world.original(copy), NOW)
    assert not world.room.events[copy.key].cancelled


@pytest.mark.parametrize(("tentative", "shown"), [(True, "tentative"), (False, "free")])
def test_what_waits_for_a_delegate_shows_as_the_room_says(tentative: bool, shown: str) -> None:
    world = World()
    rules = Processing(all_book_in_policy=False, tentative_pending_approval=tentative)
    world.room.processing = rules
    copy = world.answered()
    assert (copy.response, copy.show_as) == ("tentativelyAccepted", shown)


@pytest.mark.parametrize(
    ("setting", "field", "sent", "cleared"),
    [
        ("remove_private_property", "sensitivity", "private", "normal"),
        ("delete_comments", "body", "agenda", ""),
        ("delete_attachments", "has_attachments", True, False),
    ],
)
@pytest.mark.parametrize("clears", [True, False])
def test_what_a_room_clears_from_its_copy_is_its_setting(
    setting: str, field: str, sent: object, cleared: object, clears: bool
) -> None:
    world = World()
    world.room.processing = Processing.of({setting: clears})
    copy = world.answered(**{field: sent})
    assert getattr(copy, field) == (cleared if clears else sent)


@pytest.mark.parametrize(
    ("deletes", "adds", "subject"),
    [
        (True, True, "Ann Lee "),
        (True, False, ""),
        (False, True, "Ann Lee Secret plans"),
        (False, False, "Secret plans"),
    ],
)
def test_the_subject_of_a_copy_follows_both_settings(
    deletes: bool, adds: bool, subject: str
) -> None:
    world = World()
    rules = Processing(delete_subject=deletes, add_organizer_to_subject=adds)
    world.room.processing = rules
    assert world.answered().subject == subject


def test_a_changed_day_past_the_window_or_too_long_is_declined_alone() -> None:
    world = World()
    copy = world.answered(recurrence=_series(world))
    longer = Override(end=copy.end + timedelta(days=2))
    world.meetings.edit_day(world.ann, world.original(copy), copy.start.date(), longer, NOW)
    world.answers.visit(world.room, copy.key, NOW)
    fresh = world.room.events[copy.key]
    assert fresh.cancelled_days == {copy.start.date()}
    assert len(world.room.window(NOW, NOW + timedelta(days=9))) == 2


@pytest.mark.parametrize("stays", [False, True])
def test_whether_a_declined_request_stays_in_the_room_is_a_switch(stays: bool) -> None:
    world = World(declined_stay=stays)
    world.answered()
    copy, _ = world.invite(minutes=30)
    world.answers.visit(world.room, copy.key, NOW)
    kept = world.room.events.get(copy.key)
    assert (kept and (kept.response, kept.show_as)) == (("declined", "free") if stays else None)
    assert [one.response for one in world.original(copy).attendees] == ["declined"]


@pytest.mark.parametrize(("tells", "known"), [(False, "accepted"), (True, "declined")])
def test_whether_deleting_a_copy_tells_the_organiser_is_a_switch_2_5(
    tells: bool, known: str
) -> None:
    world = World(deleting_declines=tells)
    copy = world.answered()
    world.meetings.cancel(world.room, copy, NOW)
    assert [one.response for one in world.original(copy).attendees] == [known]


@pytest.mark.parametrize(
    "wrong",
    [{"nonsense": 1}, {"work_zone": "Mars"}, {"work_ends": "5pm"}],
)
def test_a_setting_that_nobody_knows_or_keeps_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Processing.of(wrong)

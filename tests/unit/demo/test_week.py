from collections import defaultdict
from datetime import date, datetime, timedelta

import pytest

from demo.recurrence import WORKING_DAYS
from demo.tenant import OFFICES, PEOPLE
from demo.week import Meeting, meetings_of, weeks_around

MONDAY = date(2026, 11, 23)


def planned() -> list[Meeting]:
    return [
        meeting
        for monday in weeks_around(MONDAY)
        for meeting in meetings_of(monday, weeks_around(MONDAY)[0])
    ]


@pytest.mark.parametrize("day", range(7))
def test_every_day_of_a_week_plans_the_same_weeks(day: int) -> None:
    assert weeks_around(MONDAY + timedelta(days=day)) == [MONDAY, MONDAY + timedelta(days=7)]


def test_the_tenant_is_two_offices_eight_rooms_fifteen_people() -> None:
    assert len(OFFICES) == 2
    assert len({room.mailbox_id for office in OFFICES for room in office.rooms}) == 8
    assert len({person.address for person in PEOPLE}) == 15
    assert all(person.address.isascii() for person in PEOPLE)


def test_every_kind_of_meeting_is_there() -> None:
    meetings = planned()
    assert 100 < len(meetings) < 400
    assert any(meeting.weekdays for meeting in meetings)
    assert any(meeting.all_day for meeting in meetings)
    assert any(meeting.private for meeting in meetings)
    assert {meeting.room for meeting in meetings} == {
        room for office in OFFICES for room in office.rooms
    }


def test_a_cancelled_occurrence_is_one_of_its_series() -> None:
    cancelled = [meeting for meeting in planned() if meeting.cancelled_on is not None]
    assert cancelled
    for meeting in cancelled:
        assert meeting.cancelled_on is not None
        assert WORKING_DAYS[meeting.cancelled_on.weekday()] in meeting.weekdays
        assert meeting.cancelled_on >= meeting.start.date()


def test_no_two_meetings_want_one_room_at_once() -> None:
    spans: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for meeting in planned():
        for day in range(14):
            on = MONDAY + timedelta(days=day)
            repeats = meeting.weekdays and on.weekday() < 5 and on >= meeting.start.date()
            if (repeats and WORKING_DAYS[on.weekday()] in meeting.weekdays) or (
                not meeting.weekdays and meeting.start.date() == on
            ):
                start = datetime.combine(on, meeting.start.time())
                spans[meeting.room.name].append((start, start + timedelta(minutes=meeting.minutes)))
    for room, taken in spans.items():
        for one, following in zip(sorted(taken), sorted(taken)[1:], strict=False):
            assert one[1] <= following[0], (room, one, following)

"""A plausible week of meetings around a day: series, all-day, private, a cancelled occurrence. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from .recurrence import WORKING_DAYS
from .tenant import BERLIN, LISBON, OFFICES, PEOPLE, Office, Person, Room

_SLOT_MINUTES = 30


@dataclass(frozen=True, slots=True)
class Meeting:
    """What somebody books in Outlook. Times are wall times of the office."""

    office: Office
    room: Room
    organizer: Person
    subject: str
    start: datetime
    minutes: int
    all_day: bool = False
    private: bool = False
    weekdays: tuple[str, ...] = ()
    times: int = 0
    cancelled_on: date | None = None

    @property
    def end(self) -> datetime:
        """The wall time it ends; of the first one when it repeats."""
        return self.start + timedelta(minutes=self.minutes)


def weeks_around(today: date) -> list[date]:
    """Return the Mondays of this week and the next."""
    monday = today - timedelta(days=today.weekday())
    return [monday, monday + timedelta(days=7)]


def meetings_of(monday: date, first_monday: date) -> list[Meeting]:
    """Return what is booked for one week; with the first one come the series that reach into the others."""
    begun = [*_series(monday)] if monday == first_monday else []
    return [*begun, *_special(monday), *_singles(monday)]


def _at(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock))


def _series(monday: date) -> Iterator[Meeting]:
    def repeated(
        office: Office, room: int, person: int, subject: str, clock: str, minutes: int, days: tuple[str, ...],
        times: int, cancelled: int | None = None,
    ) -> Meeting:  # fmt: skip
        offset = WORKING_DAYS.index(days[0])
        cancelled_on = None if cancelled is None else monday + timedelta(days=cancelled)
        return Meeting(
            office, office.rooms[room], PEOPLE[person], subject, _at(monday + timedelta(days=offset), clock), minutes,
            weekdays=days, times=times, cancelled_on=cancelled_on,
        )  # fmt: skip

    yield repeated(BERLIN, 0, 0, "Tiles team stand-up", "09:15", 15, WORKING_DAYS, 20, cancelled=3)
    yield repeated(BERLIN, 2, 6, "Planning", "10:00", 90, ("monday",), 8)
    yield repeated(BERLIN, 3, 12, "All hands", "16:00", 60, ("thursday",), 8)
    yield repeated(BERLIN, 1, 9, "Hiring review", "14:00", 45, ("tuesday", "friday"), 8)
    yield repeated(LISBON, 1, 5, "Routing stand-up", "09:30", 15, WORKING_DAYS, 20)
    yield repeated(LISBON, 2, 11, "Design critique", "11:00", 60, ("wednesday",), 8, cancelled=9)
    yield repeated(LISBON, 3, 8, "Partner call", "15:30", 60, ("tuesday",), 8)


def _special(monday: date) -> Iterator[Meeting]:
    friday = monday + timedelta(days=4)
    yield Meeting(
        BERLIN, BERLIN.rooms[3], PEOPLE[4], "Map data workshop", _at(monday + timedelta(days=2), "00:00"), 24 * 60,
        all_day=True,
    )  # fmt: skip
    yield Meeting(
        LISBON, LISBON.rooms[3], PEOPLE[14], "Team day", _at(friday, "00:00"), 24 * 60, all_day=True
    )
    yield Meeting(
        BERLIN, BERLIN.rooms[0], PEOPLE[6], "Salary talk", _at(friday, "13:00"), 60, private=True
    )
    yield Meeting(
        LISBON, LISBON.rooms[0], PEOPLE[1], "Contract review", _at(monday + timedelta(days=1), "14:00"), 60,
        private=True,
    )  # fmt: skip


_SUBJECTS = (
    "Ferry timetable import", "Interview", "Coastline accuracy", "Budget", "1:1", "Release check", "Customer visit",
    "Incident review", "Roadmap", "Label placement", "Onboarding", "Vendor demo", "Retrospective", "Cycle paths",
    "Pricing", "Style guide", "Elevation data", "Accessibility audit", "Sales forecast", "Offline packs",
)  # fmt: skip
_LENGTHS = (30, 60, 45, 30, 90, 60, 30)


def _singles(monday: date) -> Iterator[Meeting]:
    """Yield one-off meetings where nothing above is in the way, spread by a fixed pattern."""
    turn = 0
    for day in range(5):
        for office in OFFICES:
            for nth, room in enumerate(office.rooms):
                taken = _taken(office, room, monday + timedelta(days=day), monday)
                for slot in (
                    1 + (day + nth) % 3,
                    5 + (2 * day + nth) % 3,
                    9 + (day + 2 * nth) % 3,
                    12 + (2 * day + nth) % 3,
                    15 + (day + nth) % 3,
                ):
                    turn += 1
                    if (turn * 7) % 10 < 2:
                        continue  # rooms are not always used
                    start = _at(monday + timedelta(days=day), "08:30") + timedelta(
                        minutes=slot * _SLOT_MINUTES
                    )
                    minutes = _LENGTHS[turn % len(_LENGTHS)]
                    span = (start, start + timedelta(minutes=minutes))
                    if any(span[0] < end and begin < span[1] for begin, end in taken):
                        continue
                    taken.append(span)
                    person = PEOPLE[(turn * 4 + nth) % len(PEOPLE)]
                    yield Meeting(
                        office, room, person, _SUBJECTS[turn % len(_SUBJECTS)], start, minutes
                    )


def _taken(office: Office, room: Room, day: date, monday: date) -> list[tuple[datetime, datetime]]:
    spans = []
    for meeting in (*_series(monday), *_special(monday)):
        if meeting.office is not office or meeting.room is not room:
            continue
        falls = (
            WORKING_DAYS[day.weekday()] in meeting.weekdays
            if meeting.weekdays
            else meeting.start.date() == day
        )
        if falls:
            start = datetime.combine(day, meeting.start.time())
            spans.append((start, start + timedelta(minutes=meeting.minutes)))
    return spans

"""Rooms in great number, whose calendars are derived from the seed when somebody looks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from random import Random
from uuid import UUID, uuid5

from .contents import Contents
from .events import Attendee, Event, Person
from .mailboxes import Mailbox
from .recurrence import Recurrence
from .tenants import Tenant, ical_uid

_SLOT = timedelta(minutes=30)
_SLOTS_A_DAY = 20
_OPENS = time(8)
_DAYS = 90
_PEOPLE = 200
_KEPT = 2_000
_NUMBERS = 0xFFFF_FFFF
_LANES = 2
"""The first slots of each day, which are kept for series."""
_RUN = 5
"""How many days a series has."""
_BLOCK = 7 * _RUN
"""The days in which a lane has seven weekly or seven daily series, whichever the block has."""
_RECURRING = 5
"""Every so manieth event is a day of a series."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many rooms, how many events in all of them, and the day of the first ones.

    Each day of a series is an event, as calendarView counts.
    """

    rooms: int
    events: int
    first: date


class Estate:
    """Derives rooms and the half-hour bookings in them; equal seeds and plans derive the same.

    Every fifth event is a day of a series, daily or weekly.
    """

    def __init__(
        self, seed: int, tenant: Tenant, plan: Plan, *, trailing_blank: bool, kept: int = _KEPT
    ) -> None:
        self._seed = seed
        self._tenant = tenant
        self._plan = plan
        self._blank = " " if trailing_blank else ""
        self._ids = uuid5(tenant.id, "estate").int & ~_NUMBERS
        self._people = [
            Person(f"Person {number}", f"person{number}@{tenant.domain}")
            for number in range(1, _PEOPLE + 1)
        ]
        # What was only read can be derived again: a reader of all rooms does not fill the memory.
        self.contents = lru_cache(maxsize=kept)(self._derived)

    def rooms(self) -> Iterator[Mailbox]:
        """All rooms, each without its calendar yet."""
        for number in range(1, self._plan.rooms + 1):
            mailbox_id = UUID(int=self._ids | number)
            room = Mailbox.opened(
                self._seed, self._tenant.id, mailbox_id, *self._named(number), kind="room"
            )
            room.source = self.contents
            yield room

    def _named(self, number: int) -> tuple[str, str]:
        return f"room-{number:06}@{self._tenant.domain}", f"Room {number}"

    def _derived(self, mailbox_id: UUID) -> Contents:
        number = mailbox_id.int & _NUMBERS
        count, more = divmod(self._plan.events, self._plan.rooms)
        count += number <= more
        random = Random(f"{self._seed}/{mailbox_id}")  # noqa: S311 -- repeatable by seed
        # At most every second slot is taken, so that there is room for bookings.
        days = max(_DAYS, -(-2 * count // _SLOTS_A_DAY))
        address, name = self._named(number)
        invited = (Attendee(Person(name, address), "resource", "accepted"),)
        series = self._series(random, count, days)
        free = range(_LANES, _SLOTS_A_DAY)
        singles = random.sample(range(days * len(free)), count - _RUN * len(series))
        slots = [divmod(slot, len(free)) for slot in singles]
        begins: list[tuple[int, int, Recurrence | None]] = [
            *((day, free[of_day], None) for day, of_day in slots),
            *series,
        ]
        begins.sort(key=lambda one: one[:2])
        held = Contents(last_key=len(begins), last_change=len(begins))
        for key, begin in enumerate(begins, 1):
            organizer = random.choice(self._people)
            held.put(self._event(key, *begin, mailbox_id, organizer, invited))
        return held

    def _series(self, random: Random, count: int, days: int) -> list[tuple[int, int, Recurrence]]:
        """The first day, the slot and the recurrence of each series; none meets another."""
        places = range(days // _BLOCK * _LANES * 7)
        chosen = random.sample(places, min(count // _RECURRING // _RUN, len(places)))
        found = []
        for place in chosen:
            lane, turn = divmod(place, 7)
            block, of_day = divmod(lane, _LANES)
            # All series of a lane's block are of one kind, or they would meet.
            weekly = (block + of_day) % 2 == 0
            day = block * _BLOCK + (turn if weekly else turn * _RUN)
            start = self._plan.first + timedelta(days=day)
            weekdays = (start.strftime("%A").lower(),) if weekly else ()
            kind = "weekly" if weekly else "daily"
            found.append((day, of_day, Recurrence(kind, start, "UTC", 1, weekdays, times=_RUN)))
        return found

    def _event(
        self,
        key: int,
        day: int,
        of_day: int,
        recurrence: Recurrence | None,
        mailbox_id: UUID,
        organizer: Person,
        invited: tuple[Attendee, ...],
    ) -> Event:
        begun = datetime.combine(self._plan.first, time(), UTC)
        start = datetime.combine(self._plan.first + timedelta(days=day), _OPENS) + of_day * _SLOT
        return Event(
            key=key,
            change=key,
            ical_uid=ical_uid(f"{self._seed}/{mailbox_id}/{key}"),
            subject=organizer.name + self._blank,
            start=start,
            end=start + _SLOT,
            zone="UTC",
            organizer=organizer,
            created=begun,
            modified=begun,
            response="accepted",
            responded=begun,
            attendees=invited,
            recurrence=recurrence,
        )

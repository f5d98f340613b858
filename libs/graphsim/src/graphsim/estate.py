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
from .tenants import Tenant, ical_uid

_SLOT = timedelta(minutes=30)
_SLOTS_A_DAY = 20
_OPENS = time(8)
_DAYS = 90
_PEOPLE = 200
_KEPT = 2_000
_NUMBERS = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class Plan:
    """How many rooms, how many events in all of them, and the day of the first ones."""

    rooms: int
    events: int
    first: date


class Estate:
    """Derives rooms and the half-hour bookings in them; equal seeds and plans derive the same."""

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
        held = Contents(last_key=count, last_change=count)
        slots = sorted(random.sample(range(days * _SLOTS_A_DAY), count))
        for key, slot in enumerate(slots, 1):
            held.put(self._event(key, slot, mailbox_id, random.choice(self._people), invited))
        return held

    def _event(
        self,
        key: int,
        slot: int,
        mailbox_id: UUID,
        organizer: Person,
        invited: tuple[Attendee, ...],
    ) -> Event:
        day, of_day = divmod(slot, _SLOTS_A_DAY)
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
        )

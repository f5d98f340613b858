"""The times at which people want rooms."""

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from graphsim.zones import to_utc, to_wall

from .ledger import Affair, Ledger, Side, When


class Slots:
    """Draws times from the days after the first, in quarters of hours."""

    def __init__(
        self, ledger: Ledger, first_day: datetime, zone: str, random: Random, contention: float
    ) -> None:
        self._ledger = ledger
        self._first_day = first_day
        self._zone = zone
        self._random = random
        self._contention = contention

    def draw(
        self, room_id: UUID, address: str, side: Side, *, asked_on: Side, all_day: bool
    ) -> When:
        """A time that is free as far as people know, or one that is not.

        Nobody asks on one side for the very time that they have on the other: that would be one booking.
        In Outlook nobody can ask for the second of two hours that are called alike.
        """
        theirs = self.theirs(room_id, address, side)
        while True:
            when = self._day() if all_day else self._any(room_id)
            if asked_on == "outlook" and not all_day and not told_apart(when, self._zone):
                continue
            if not any(each.wanted(when) for each in theirs):
                return when

    def theirs(self, room_id: UUID, address: str, side: Side) -> list[Affair]:
        """What they have in this room on the other side."""
        return [
            each
            for each in self._ledger.affairs
            if each.address == address and room_id in each.rooms and each.side != side
        ]

    def _day(self) -> When:
        start = self._first_day + timedelta(days=self._random.randrange(1, 25))
        return When(start, start + timedelta(days=self._random.choice((1, 1, 2))))

    def _any(self, room_id: UUID) -> When:
        random = self._random
        others = [each for each in self._ledger.affairs if each.room_id == room_id]
        if others and random.random() < self._contention:
            other = random.choice(others).last_wanted()
            return other.moved(timedelta(minutes=random.choice((0, 0, 30))))
        day = self._first_day + timedelta(days=random.randrange(1, 25))
        start = day + timedelta(minutes=15 * random.randrange(28, 72))
        return When(start, start + timedelta(minutes=random.choice((30, 60, 90))))


def told_apart(when: When, zone: str) -> bool:
    """Whether the clocks there show its start and end but once."""
    moments = (when.start, when.end)
    return all(to_utc(to_wall(each, zone).replace(fold=0), zone) == each for each in moments)

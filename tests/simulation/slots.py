"""The times at which people want rooms."""

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from .ledger import Ledger, Side, When


class Slots:
    """Draws times from the days after the first, in quarters of hours."""

    def __init__(
        self, ledger: Ledger, first_day: datetime, random: Random, contention: float
    ) -> None:
        self._ledger = ledger
        self._first_day = first_day
        self._random = random
        self._contention = contention

    def draw(self, room_id: UUID, address: str, side: Side) -> When:
        """A time that is free as far as people know, or one that is not.

        Nobody asks on one side for the very time that they have on the other: that would be one booking.
        """
        theirs = [
            each
            for each in self._ledger.affairs
            if (each.room_id, each.address) == (room_id, address) and each.side != side
        ]
        while True:
            when = self._any(room_id)
            if not any(each.wanted(when) for each in theirs):
                return when

    def _any(self, room_id: UUID) -> When:
        random = self._random
        others = [each for each in self._ledger.affairs if each.room_id == room_id]
        if others and random.random() < self._contention:
            other = random.choice(others).last_wanted()
            return other.moved(timedelta(minutes=random.choice((0, 0, 30))))
        day = self._first_day + timedelta(days=random.randrange(1, 25))
        start = day + timedelta(minutes=15 * random.randrange(28, 72))
        return When(start, start + timedelta(minutes=random.choice((30, 60, 90))))

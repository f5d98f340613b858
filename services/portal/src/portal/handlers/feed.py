"""The live stream inside this process: every follower of an organisation gets its events, and no other's."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

_MOST_WAITING = 1000


@dataclass(frozen=True, slots=True)
class Happening:
    """One event for the page: its name, its id and the CloudEvent as it came."""

    name: str
    id: str
    body: str


Seat = asyncio.Queue[Happening | None]


class Feed:
    """Hands events out; who does not keep up is sent away, reconnects and fetches what it shows."""

    def __init__(self) -> None:
        self._seats: dict[UUID, set[Seat]] = {}
        self._closed = False

    def tell(self, organisation_id: UUID, happening: Happening) -> None:
        """Queue it for everybody who follows this organisation."""
        for seat in list(self._seats.get(organisation_id, ())):
            if seat.qsize() >= _MOST_WAITING:
                self._send_away(organisation_id, seat)
            else:
                seat.put_nowait(happening)

    def interrupt(self) -> None:
        """End every stream: events may have been missed, so each page must fetch again."""
        for organisation_id, seats in list(self._seats.items()):
            for seat in list(seats):
                self._send_away(organisation_id, seat)

    def close(self) -> None:
        """End every stream and take no more."""
        self._closed = True
        self.interrupt()

    def followers(self) -> int:
        """Return how many streams are open."""
        return sum(len(seats) for seats in self._seats.values())

    @contextmanager
    def seat(self, organisation_id: UUID) -> Iterator[Seat]:
        """Follow one organisation; None in the queue is the end."""
        seat: Seat = asyncio.Queue()
        if self._closed:
            seat.put_nowait(None)
        self._seats.setdefault(organisation_id, set()).add(seat)
        try:
            yield seat
        finally:
            self._leave(organisation_id, seat)

    def _send_away(self, organisation_id: UUID, seat: Seat) -> None:
        # What still waits would come after a gap: the end comes first.
        while not seat.empty():
            seat.get_nowait()
        seat.put_nowait(None)
        self._leave(organisation_id, seat)

    def _leave(self, organisation_id: UUID, seat: Seat) -> None:
        seats = self._seats.get(organisation_id, set())
        seats.discard(seat)
        if not seats:
            self._seats.pop(organisation_id, None)

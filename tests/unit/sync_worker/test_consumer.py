from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from contracts.hints import ChangeHint, encode_hint, join_hints
from eventbus import Dead, Delivery, Done, Later
from pgstore import DatabaseUnavailable
from sync_worker.consumer import ChangeConsumer

from .examples import NOW

ROOM, ORGANISATION = uuid4(), uuid4()


@dataclass
class Noted:
    due: tuple[tuple[UUID, UUID], ...] = ((ROOM, ORGANISATION),)
    dropped: int = 0


@dataclass
class Hints:
    away: bool = False
    noted: list[ChangeHint] = field(default_factory=list)

    async def note_hints(self, hints: Sequence[ChangeHint], now: datetime) -> Noted:
        if self.away:
            raise DatabaseUnavailable
        self.noted.extend(hints)
        return Noted()


def delivery(body: bytes) -> Delivery:
    return Delivery(body, "sync.changes", {}, 1)


def hints_body() -> bytes:
    return join_hints([encode_hint(ChangeHint(ROOM, uuid4(), "e1", "1", NOW))])


async def test_hints_are_noted_and_their_rooms_woken_before_the_message_is_done() -> None:
    hints, woken = Hints(), list[tuple[UUID, UUID]]()

    def wake(rooms: Iterable[tuple[UUID, UUID]]) -> None:
        assert hints.noted
        woken.extend(rooms)

    consumer = ChangeConsumer(hints, wake, lambda: NOW)
    assert await consumer.handle(delivery(hints_body())) == Done()
    assert woken == [(ROOM, ORGANISATION)]


async def test_the_message_waits_while_postgres_is_away() -> None:
    consumer = ChangeConsumer(Hints(away=True), lambda _: None, lambda: NOW)
    assert isinstance(await consumer.handle(delivery(hints_body())), Later)


async def test_what_cannot_be_read_is_dead_at_once() -> None:
    consumer = ChangeConsumer(Hints(), lambda _: None, lambda: NOW)
    assert isinstance(await consumer.handle(delivery(b"{")), Dead)

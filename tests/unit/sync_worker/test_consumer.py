import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

import pytest

from contracts.commands import encode_command
from contracts.hints import ChangeHint, encode_hint, join_hints
from eventbus import Dead, Delivery, Done, Later, Outcome
from pgstore import DatabaseUnavailable
from sync_worker.consumer import ChangeConsumer, CommandConsumer
from sync_worker.domain.command import Asked, Key

from .examples import NOW, PLATFORM, book

ROOM, ORGANISATION = uuid4(), uuid4()


@dataclass
class Noted:
    due: tuple[tuple[UUID, UUID], ...] = ((ROOM, ORGANISATION),)
    dropped: int = 0


@dataclass
class Hints:
    away: bool = False
    poison: str | None = None
    statements: int = 0
    noted: list[ChangeHint] = field(default_factory=list)

    async def note_hints(self, hints: Sequence[ChangeHint], now: datetime) -> Noted:
        self.statements += 1
        if self.away:
            raise DatabaseUnavailable
        if any(hint.event == self.poison for hint in hints):
            raise ValueError(self.poison)
        self.noted.extend(hints)
        return Noted()


def delivery(body: bytes) -> Delivery:
    return Delivery(body, "sync.changes", {}, 1)


def hints_body(event: str = "e1") -> bytes:
    return join_hints([encode_hint(ChangeHint(ROOM, uuid4(), event, "1", NOW))])


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


async def test_what_arrives_in_one_moment_is_noted_with_one_statement() -> None:
    hints = Hints()
    consumer = ChangeConsumer(hints, lambda _: None, lambda: NOW)
    async with asyncio.TaskGroup() as tasks:
        handled = [
            tasks.create_task(consumer.handle(delivery(hints_body(event))))
            for event in ("e1", "e2", "e3")
        ]
    assert [each.result() for each in handled] == [Done()] * 3
    assert hints.statements == 1
    assert {hint.event for hint in hints.noted} == {"e1", "e2", "e3"}


async def test_a_delivery_that_cannot_be_noted_takes_no_other_with_it() -> None:
    hints = Hints(poison="e2")
    consumer = ChangeConsumer(hints, lambda _: None, lambda: NOW)
    outcomes: dict[str, Outcome | ValueError] = {}

    async def handle(event: str) -> None:
        try:
            outcomes[event] = await consumer.handle(delivery(hints_body(event)))
        except ValueError as error:
            outcomes[event] = error

    async with asyncio.TaskGroup() as tasks:
        for event in ("e1", "e2", "e3"):
            tasks.create_task(handle(event))
    assert outcomes["e1"] == outcomes["e3"] == Done()
    assert isinstance(outcomes["e2"], ValueError)
    assert [hint.event for hint in hints.noted] == ["e1", "e3"]


async def test_deliveries_go_on_when_the_first_of_their_moment_is_cancelled() -> None:
    hints = Hints()
    consumer = ChangeConsumer(hints, lambda _: None, lambda: NOW)
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(consumer.handle(delivery(hints_body("e1"))))
        second = tasks.create_task(consumer.handle(delivery(hints_body("e2"))))
        await asyncio.sleep(0)  # both have begun
        first.cancel()
    assert second.result() == Done()
    assert [hint.event for hint in hints.noted] == ["e2"]
    async with asyncio.TaskGroup() as tasks:
        for event in ("e3", "e4"):
            tasks.create_task(consumer.handle(delivery(hints_body(event))))
    assert hints.statements == 2


@dataclass
class Commands:
    room_id: UUID | None = ROOM
    away: bool = False
    noted: list[tuple[UUID, Asked]] = field(default_factory=list)

    async def note(self, organisation_id: UUID, asked: Asked, now: datetime) -> UUID | None:
        if self.away:
            raise DatabaseUnavailable
        self.noted.append((organisation_id, asked))
        return self.room_id


@dataclass
class Office:
    """Who is woken by commands."""

    commands: Commands
    woken: list[object] = field(default_factory=list)

    async def receives(self, body: bytes) -> Outcome:
        consumer = CommandConsumer(
            self.commands, self.woken.extend, lambda: self.woken.append("strays"), lambda: NOW
        )
        return await consumer.handle(delivery(body))


def command_body() -> bytes:
    return encode_command(
        book(), organisation_id=ORGANISATION, source=PLATFORM, time=NOW, message_id="c1"
    )


@pytest.mark.parametrize(("room_id", "woken"), [(ROOM, [(ROOM, ORGANISATION)]), (None, ["strays"])])
async def test_a_command_is_kept_and_whoever_runs_it_woken(
    room_id: UUID | None, woken: list[object]
) -> None:
    office = Office(Commands(room_id))
    assert await office.receives(command_body()) == Done()
    assert office.commands.noted == [(ORGANISATION, Asked(Key(PLATFORM, "c1"), book(), NOW))]
    assert office.woken == woken


async def test_a_command_waits_while_postgres_is_away() -> None:
    office = Office(Commands(away=True))
    assert isinstance(await office.receives(command_body()), Later)
    assert office.woken == []


@pytest.mark.parametrize(
    "body",
    [b"{", command_body().replace(b"2026-03-02T09:00:00Z", b"0001-01-01T00:00:00+14:00")],
    ids=["no json", "no time"],
)
async def test_a_command_that_cannot_be_read_is_dead_at_once(body: bytes) -> None:
    office = Office(Commands())
    assert isinstance(await office.receives(body), Dead)
    assert (office.commands.noted, office.woken) == ([], [])

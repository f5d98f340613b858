"""Booking through the portal: real Postgres, a real bus; the test plays the worker at the message contract."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from contracts.commands import Book, Cancel, Change, Resync
from contracts.events import Alternative
from contracts.routing import SYNC_COMMANDS
from eventbus import TOPOLOGY, Bus, open_bus
from eventbus.postgres import SCHEMA, open_postgres_bus
from pgstore.testing import TestDatabase
from servicekit.clock import utc_now

from .portal_scene import OPERATOR, PASSWORD, Answer, Json, Scene, open_scene
from .portal_worker import PortalWorker, open_worker

LONG, SHORT = 60.0, 0.1
NINE = datetime(2099, 1, 4, 9, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)
PLANNING: Json = {"start": NINE.isoformat(), "end": TEN.isoformat(), "subject": "Planning"}


@dataclass(frozen=True)
class Firm:
    """The portal, its worker, and an organisation with a room and a member."""

    scene: Scene
    worker: PortalWorker
    organisation: UUID
    administrator: str
    member: str
    room: UUID

    @property
    def bookings(self) -> str:
        return f"/api/rooms/{self.room}/bookings"

    async def ask(self, method: str, path: str, body: Any = None) -> Answer:
        async with asyncio.timeout(20):
            return await self.scene.call(method, path, body, self.member)

    async def stored(self, status: str = "confirmed") -> UUID:
        booking = uuid4()
        await self.worker.write(self.organisation, self.room, booking, NINE, TEN, status=status)
        return booking


async def _firm(scene: Scene, worker: PortalWorker) -> Firm:
    organisation, administrator = await scene.organisation("north")
    person = {"email": "mara.lind@north.example", "password": PASSWORD, "role": "member"}
    await scene.good("POST", "/api/users", person, administrator)
    room = await scene.room(administrator, await scene.connected(administrator))
    member = await scene.sign_in(person["email"])
    return Firm(scene, worker, organisation, administrator, member, UUID(room["id"]))


@pytest.fixture
async def bus(database: TestDatabase) -> AsyncIterator[Bus]:
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(SCHEMA)
    await owner.close()
    async with open_postgres_bus(database.login_dsn) as opened:
        yield opened


@pytest.fixture
async def firm(database: TestDatabase, bus: Bus, tmp_path: Path) -> AsyncIterator[Firm]:
    """Its portal waits as long as a test may take: nothing is answered because time is up."""
    async with (
        open_scene(database, tmp_path, bus, result_seconds=LONG) as scene,
        open_worker(database, bus) as worker,
    ):
        yield await _firm(scene, worker)


@pytest.fixture
async def hasty(database: TestDatabase, bus: Bus, tmp_path: Path) -> AsyncIterator[Firm]:
    """Its portal waits a tenth of a second."""
    async with (
        open_scene(database, tmp_path, bus, result_seconds=SHORT) as scene,
        open_worker(database, bus) as worker,
    ):
        yield await _firm(scene, worker)


async def test_a_booking_accepted_in_time_is_answered_as_stored(firm: Firm) -> None:
    await _books(firm)


async def test_the_same_goes_over_rabbitmq(
    database: TestDatabase, amqp_url: str, tmp_path: Path
) -> None:
    async with (
        open_bus(amqp_url) as bus,
        open_scene(database, tmp_path, bus, result_seconds=LONG) as scene,
        open_worker(database, bus) as worker,
    ):
        await _following(scene)
        await _books(await _firm(scene, worker))


async def _following(scene: Scene) -> None:
    """Over a broker that is just being connected to nothing is followed yet."""
    async with asyncio.timeout(20):
        while True:
            if scene.bus.connected():
                return
            await asyncio.sleep(0.02)  # the bus can only be asked


async def _books(firm: Firm) -> None:
    before = utc_now()
    async with asyncio.TaskGroup() as calls:
        asked = calls.create_task(firm.ask("POST", firm.bookings, PLANNING))
        command = await firm.worker.next()
        await firm.worker.write_booked(command)
        await firm.worker.answer(command)
    answer = asked.result()

    assert (answer.status, answer.body["status"], answer.body["version"]) == (201, "confirmed", 1)
    assert (answer.body["start"], answer.body["subject"]) == ("2099-01-04T09:00:00Z", "Planning")
    assert (command.source, command.organisationid) == ("/clearooms/portal", firm.organisation)
    book = command.data
    assert isinstance(book, Book)
    assert (str(book.booking_id), book.room_id) == (answer.body["id"], firm.room)
    assert (book.time_zone, book.all_day, book.recurrence) == ("Europe/Berlin", False, None)
    assert (book.organizer.name, book.organizer.email) == ("mara.lind", "mara.lind@north.example")
    assert book.sequence >= before.timestamp() * 1e6 - 1
    assert book.not_after is not None
    assert timedelta(minutes=14) < book.not_after - before < timedelta(minutes=16)


async def test_what_is_asked_is_passed_on(hasty: Firm) -> None:
    booking = uuid4()
    body = PLANNING | {
        "booking_id": str(booking),
        "all_day": True,
        "time_zone": "America/New_York",
        "organizer": {"name": "Ada", "email": "Ada@guest.example"},
        "recurrence": "FREQ=WEEKLY;COUNT=3",
    }

    answer = await hasty.ask("POST", hasty.bookings, body)

    assert (answer.status, answer.body) == (202, {"booking_id": str(booking), "status": "pending"})
    book = (await hasty.worker.next()).data
    assert isinstance(book, Book)
    assert (book.booking_id, book.all_day) == (booking, True)
    assert (book.time_zone, book.recurrence) == ("America/New_York", "FREQ=WEEKLY;COUNT=3")
    assert book.organizer.model_dump() == {"name": "Ada", "email": "ada@guest.example"}


async def test_a_refusal_carries_its_reason_and_alternatives(firm: Firm) -> None:
    other = Alternative(room_id=uuid4(), start=NINE, end=TEN)
    async with asyncio.TaskGroup() as calls:
        asked = calls.create_task(firm.ask("POST", firm.bookings, PLANNING))
        await firm.worker.answer(
            await firm.worker.next(), reason="overlap", text="It is taken.", alternatives=(other,)
        )
    answer = asked.result()

    assert answer.status == 409
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert (answer.body["reason"], answer.body["detail"]) == ("overlap", "It is taken.")
    assert answer.body["alternatives"] == [
        {
            "room_id": str(other.room_id),
            "start": "2099-01-04T09:00:00Z",
            "end": "2099-01-04T10:00:00Z",
        }
    ]


async def test_a_repeat_is_the_same_command_and_both_get_its_result(firm: Firm) -> None:
    body = PLANNING | {"booking_id": str(uuid4())}
    async with asyncio.TaskGroup() as calls:
        asked = [calls.create_task(firm.ask("POST", firm.bookings, body)) for _ in range(2)]
        first, second = await firm.worker.next(), await firm.worker.next()
        await firm.worker.write_booked(first)
        await firm.worker.answer(first)
    answers = [task.result() for task in asked]

    assert (first.id, first.data.booking_id) == (second.id, UUID(body["booking_id"]))  # type: ignore[union-attr] # both are Book
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].body == answers[1].body


async def test_results_of_others_answer_nobody(firm: Firm) -> None:
    """Another organisation's and another sender's commands may bear the same id."""
    async with asyncio.TaskGroup() as calls:
        asked = calls.create_task(firm.ask("POST", firm.bookings, PLANNING))
        command = await firm.worker.next()
        await firm.worker.answer(command, organisation_id=uuid4(), reason="overlap", text="theirs")
        await firm.worker.answer(command, source="/platform", reason="overlap", text="theirs")
        await firm.worker.answer(command, reason="room_declined", text="ours")
    answer = asked.result()

    assert (answer.body["reason"], answer.body["detail"]) == ("room_declined", "ours")


async def test_a_change_is_sent_with_its_base_and_answered_as_stored(firm: Firm) -> None:
    booking = await firm.stored()
    later = TEN + timedelta(hours=1)
    body = {"base_version": 1, "end": later.isoformat()}
    async with asyncio.TaskGroup() as calls:
        asked = calls.create_task(firm.ask("PATCH", f"/api/bookings/{booking}", body))
        command = await firm.worker.next()
        await firm.worker.write(firm.organisation, firm.room, booking, NINE, later, version=2)
        await firm.worker.answer(command, booking_id=booking, room_id=firm.room, version=2)
    answer = asked.result()

    assert (answer.status, answer.body["version"]) == (200, 2)
    assert answer.body["end"] == "2099-01-04T11:00:00Z"
    change = command.data
    assert isinstance(change, Change)
    assert (change.booking_id, change.base_version, change.scope) == (booking, 1, "this")
    assert (change.start, change.end, change.subject, change.room_id) == (None, later, None, None)


async def test_a_cancelled_booking_is_shown_once_more_and_then_refused(firm: Firm) -> None:
    booking = await firm.stored()
    path = f"/api/bookings/{booking}"
    async with asyncio.TaskGroup() as calls:
        asked = calls.create_task(firm.ask("DELETE", path))
        command = await firm.worker.next()
        await firm.worker.write(
            firm.organisation, firm.room, booking, NINE, TEN, status="cancelled", version=2
        )
        await firm.worker.answer(command)
    answer = asked.result()

    assert (answer.status, answer.body["status"]) == (200, "cancelled")
    assert isinstance(command.data, Cancel)
    assert (command.data.reason, command.data.base_version) == ("", None)
    assert (await firm.ask("DELETE", path)).status == 409
    assert (await firm.ask("PATCH", path, {"base_version": 2, "subject": "x"})).status == 409
    assert firm.worker.commands.empty()


async def test_commands_of_a_booking_come_in_order(hasty: Firm) -> None:
    booking = str(uuid4())
    path = f"/api/bookings/{booking}"
    # Not stored yet, so not unknown either: the worker waits for what comes first.
    answers = [
        await hasty.ask("POST", hasty.bookings, PLANNING | {"booking_id": booking}),
        await hasty.ask("PATCH", path, {"base_version": 1, "subject": "Other"}),
        await hasty.ask("DELETE", path, {"reason": "Ill", "base_version": 1, "scope": "series"}),
    ]

    assert [(each.status, each.body["booking_id"]) for each in answers] == [(202, booking)] * 3
    book, change, cancel = [(await hasty.worker.next()).data for _ in range(3)]
    assert isinstance(book, Book)
    assert isinstance(change, Change)
    assert isinstance(cancel, Cancel)
    assert book.sequence < change.sequence < cancel.sequence
    assert (cancel.reason, cancel.base_version, cancel.scope) == ("Ill", 1, "series")


async def test_accepted_without_a_row_says_so(firm: Firm) -> None:
    """A series' own id is no booking that can be read."""
    async with asyncio.TaskGroup() as calls:
        asked = calls.create_task(firm.ask("POST", firm.bookings, PLANNING))
        command = await firm.worker.next()
        await firm.worker.answer(command)
    answer = asked.result()

    assert (answer.status, answer.body["status"]) == (202, "accepted")


async def test_accepted_while_the_database_is_away_does_not_invite_a_repeat(firm: Firm) -> None:
    owner = await asyncpg.connect(firm.scene.database.owner_dsn)
    try:
        async with asyncio.TaskGroup() as calls:
            asked = calls.create_task(firm.ask("POST", firm.bookings, PLANNING))
            command = await firm.worker.next()
            await owner.execute("begin; lock table bookings in access exclusive mode")
            await firm.worker.answer(command)
    finally:
        await owner.close()

    assert (asked.result().status, asked.result().body["status"]) == (202, "accepted")


async def test_a_command_that_no_queue_takes_is_answered_503_with_the_id_to_repeat(
    database: TestDatabase, bus: Bus, tmp_path: Path
) -> None:
    queues = tuple(queue for queue in TOPOLOGY.queues if queue.name != SYNC_COMMANDS)
    async with (
        open_postgres_bus(database.login_dsn, topology=replace(TOPOLOGY, queues=queues)) as deaf,
        open_scene(database, tmp_path, deaf, result_seconds=LONG) as scene,
        open_worker(database, bus) as worker,
    ):
        firm = await _firm(scene, worker)
        booking = str(uuid4())

        answer = await firm.ask("POST", firm.bookings, PLANNING | {"booking_id": booking})

        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert f"booking_id {booking} is safe" in answer.body["detail"]


async def test_at_shutdown_those_who_wait_are_answered_at_once(firm: Firm) -> None:
    async with asyncio.timeout(20), asyncio.TaskGroup() as calls:
        asked = calls.create_task(firm.ask("POST", firm.bookings, PLANNING))
        await firm.worker.next()
        await firm.scene.serving.aclose()
    assert (asked.result().status, asked.result().body["status"]) == (202, "pending")


async def test_what_can_be_known_is_refused_by_field_before_it_is_sent(firm: Firm) -> None:
    past = {"start": "2020-01-01T09:00:00Z", "end": "2020-01-01T10:00:00Z"}
    change = f"/api/bookings/{await firm.stored()}"
    asked: list[tuple[str, str, Json, str]] = [
        ("POST", firm.bookings, PLANNING | {"end": PLANNING["start"]}, "end"),
        ("POST", firm.bookings, PLANNING | past, "end"),
        ("POST", firm.bookings, PLANNING | {"time_zone": "Europe/Atlantis"}, "time_zone"),
        (
            "POST",
            firm.bookings,
            PLANNING | {"organizer": {"name": "Ada", "email": "ada"}},
            "organizer.email",
        ),
        ("POST", firm.bookings, PLANNING | {"surprise": 1}, "surprise"),
        ("PATCH", change, {"subject": "Other"}, "base_version"),
        ("PATCH", change, {"base_version": 1} | past, "end"),
        ("DELETE", change, {"reason": "\0"}, "reason"),
    ]

    answers = [await firm.ask(method, path, body) for method, path, body, _ in asked]

    assert [answer.status for answer in answers] == [422] * len(asked)
    fields = [[error["field"] for error in answer.body["errors"]] for answer in answers]
    assert fields == [[field] for *_, field in asked]
    assert firm.worker.commands.empty()


async def test_a_removed_room_takes_no_booking_and_no_resync(firm: Firm) -> None:
    booking = await firm.stored()
    await firm.scene.good("DELETE", f"/api/rooms/{firm.room}", token=firm.administrator)

    assert (await firm.ask("POST", firm.bookings, PLANNING)).status == 404
    move = {"base_version": 1, "room_id": str(firm.room)}
    assert (await firm.ask("PATCH", f"/api/bookings/{booking}", move)).status == 404
    resync = f"/api/rooms/{firm.room}/resync"
    assert (await firm.scene.call("POST", resync, token=firm.administrator)).status == 404
    assert firm.worker.commands.empty()


async def test_a_resync_is_sent_and_on_record(firm: Firm) -> None:
    path = f"/api/rooms/{firm.room}/resync"
    assert (await firm.ask("POST", path)).status == 403
    answer = await firm.scene.call("POST", path, token=firm.administrator)

    assert (answer.status, answer.body) == (202, {"status": "pending"})
    command = await firm.worker.next()
    assert isinstance(command.data, Resync)
    assert (command.organisationid, command.data.room_id) == (firm.organisation, firm.room)
    audit = await firm.scene.good("GET", "/api/audit", token=firm.administrator)
    assert audit["items"][0]["action"] == "room.resync_asked"
    assert audit["items"][0]["subject"] == f"room:{firm.room}"


async def test_the_operator_books_for_somebody_named(hasty: Firm) -> None:
    inside = {"X-Organisation": str(hasty.organisation)}
    nobody = await hasty.scene.call("POST", hasty.bookings, PLANNING, OPERATOR, **inside)
    assert [error["field"] for error in nobody.body["errors"]] == ["organizer"]
    body = PLANNING | {"organizer": {"name": "Ada", "email": "ada@north.example"}}
    assert (await hasty.scene.call("POST", hasty.bookings, body, OPERATOR, **inside)).status == 202

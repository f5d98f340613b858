"""The forms of bookings where the room is slow to answer; the test plays the worker at the message contract."""

import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID, uuid4

import asyncpg
import pytest

from contracts.events import Alternative, CommandResult
from eventbus.postgres import SCHEMA, open_postgres_bus
from pgstore import Role, open_database
from pgstore.testing import TestDatabase
from portal.domain.commands import SOURCE
from portal.domain.occupancy import Span
from portal.store.bookings import BookingStore

from .portal_scene import Scene, open_scene
from .portal_worker import PortalWorker, open_worker

NINE = datetime(2098, 1, 6, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class Desk:
    """Somebody at the pages of an organisation with a room, and the worker behind it."""

    scene: Scene
    worker: PortalWorker
    organisation: UUID
    token: str
    room: UUID

    async def get(self, path: str) -> tuple[int, str]:
        async with self.scene.session.get(path, headers=self._headers()) as answer:
            return answer.status, await answer.text()

    async def send(self, path: str, typed: dict[str, str]) -> tuple[int, str]:
        """Send a form; a redirect's text is where it leads."""
        _, page = await self.get("/")
        found = re.search(r'name="csrf" content="([^"]+)"', page)
        assert found
        headers = self._headers() | {"Content-Type": "application/x-www-form-urlencoded"}
        async with self.scene.session.post(
            path, data=urlencode(typed | {"csrf": found[1]}), headers=headers, allow_redirects=False
        ) as answer:
            return answer.status, await answer.text() or answer.headers.get("Location", "")

    def _headers(self) -> dict[str, str]:
        return {"Cookie": f"session={self.token}"}


@pytest.fixture
async def desk(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Desk]:
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(SCHEMA)
    await owner.close()
    async with (
        open_postgres_bus(database.login_dsn) as bus,
        open_scene(database, tmp_path, bus, result_seconds=0.1) as scene,
        open_worker(database, bus) as worker,
    ):
        organisation, token = await scene.organisation("north")
        room = await scene.room(token, await scene.connected(token))
        yield Desk(scene, worker, organisation, token, UUID(room["id"]))


def fields(page: str) -> dict[str, str]:
    """What the first form of the page would send."""
    form = page[page.index('<form class="booking-form') :]
    inputs = re.findall(r"<input[^>]*>", form[: form.index("</form>")])
    sent = [each for each in inputs if "checkbox" not in each or " checked" in each]
    found = re.findall(r' name="([^"]+)"[^>]*? value="([^"]*)"', " ".join(sent))
    return {name: html.unescape(value) for name, value in found if name != "csrf"}


def result(desk: Desk, outcome: str, **more: object) -> CommandResult:
    known = {"command_id": "c", "command_source": SOURCE, "room_id": desk.room}
    return CommandResult.model_validate(known | {"outcome": outcome} | more)


def planning(desk: Desk) -> dict[str, str]:
    return {
        "booking_id": str(uuid4()), "room_id": str(desk.room), "subject": "Planning",
        "day": "2098-01-06", "start": "10:00", "end": "11:00",
    }  # fmt: skip


async def test_a_form_that_waits_keeps_what_was_typed_and_asks_for_nothing_new(desk: Desk) -> None:
    status, page = await desk.send("/bookings/new", planning(desk))
    assert status == 200
    assert "Waiting for the room to answer" in page
    command = await desk.worker.next()
    again = fields(page)
    assert again["subject"] == "Planning"

    status, page = await desk.send("/bookings/new", again)
    assert (status, "Waiting for the room to answer" in page) == (200, True)
    assert desk.worker.commands.empty()

    await desk.worker.write_booked(command)
    await desk.worker.decide(command, result(desk, "accepted"))
    status, to = await desk.send("/bookings/new", again)
    assert status == 303
    assert to.startswith("/bookings?office=")
    assert to.endswith("day=2098-01-06")
    assert desk.worker.commands.empty()


async def test_a_refusal_that_comes_late_offers_alternatives_and_one_press_books_another_id(
    desk: Desk,
) -> None:
    _, page = await desk.send("/bookings/new", planning(desk))
    command = await desk.worker.next()
    offer = Alternative(room_id=desk.room, start=NINE + HOUR, end=NINE + 2 * HOUR)
    refused = result(desk, "rejected", reason="overlap", text="It is taken.", alternatives=(offer,))
    await desk.worker.decide(command, refused)

    status, page = await desk.send("/bookings/new", fields(page))

    assert status == 409
    assert "It is taken. Free instead:" in page
    (offered,) = re.findall(r'name="instead" value="([^"]+)"', page)
    status, page = await desk.send("/bookings/new", fields(page) | {"instead": offered})
    assert status == 200, page
    other = await desk.worker.next()
    assert (other.data.start, other.data.subject) == (NINE + HOUR, "Planning")  # type: ignore[union-attr] # a book
    assert other.data.booking_id != command.data.booking_id  # type: ignore[union-attr]


async def test_the_result_of_an_earlier_change_is_not_taken_for_that_of_a_later_one(
    desk: Desk,
) -> None:
    booking = uuid4()
    await desk.worker.write(desk.organisation, desk.room, booking, NINE, NINE + HOUR)
    path = f"/bookings/{booking}"
    for subject, outcome in (("First", "accepted"), ("Second", "rejected")):
        _, page = await desk.get(path)
        _, page = await desk.send(
            path, fields(page) | {"room_id": str(desk.room), "subject": subject}
        )
        assert "Waiting for the room to answer" in page
        command = await desk.worker.next()
        status, again = await desk.send(path, fields(page))
        assert (status, "Waiting" in again) == (200, True), subject
        why = {"reason": "stale", "text": "Changed."} if outcome == "rejected" else {}
        await desk.worker.decide(command, result(desk, outcome, **why))
        status, _ = await desk.send(path, fields(page))
        assert status == {"accepted": 303, "rejected": 409}[outcome]


async def test_a_form_that_was_used_says_so_instead_of_seeming_to_book_again(desk: Desk) -> None:
    typed = planning(desk)
    _, page = await desk.send("/bookings/new", typed)
    command = await desk.worker.next()
    await desk.worker.write_booked(command)
    await desk.worker.decide(command, result(desk, "accepted"))
    await desk.send("/bookings/new", fields(page))

    status, page = await desk.send(
        "/bookings/new", fields(page) | {"start": "14:00", "end": "15:00"}
    )

    assert status == 409
    assert "This form has already booked 6 Jan, 10:00" in page
    assert fields(page)["booking_id"] != typed["booking_id"]


async def test_bookings_of_rooms_of_another_organisation_are_not_read(
    desk: Desk, database: TestDatabase
) -> None:
    for number in range(3):
        start = NINE + number * HOUR
        await desk.worker.write(desk.organisation, desk.room, uuid4(), start, start + HOUR)
    async with open_database(database.login_dsn, Role.PORTAL) as rows:
        store = BookingStore(rows)
        day = {"start": NINE, "end": NINE + 24 * HOUR}
        mine = await store.in_rooms(desk.organisation, [desk.room], **day, limit=2)
        assert [each.start for each in mine] == [NINE, NINE + HOUR]
        assert await store.in_rooms(uuid4(), [desk.room], **day, limit=2) == []
        assert await store.last_result(uuid4(), uuid4(), SOURCE, sequence=0) is None


async def test_a_whole_day_takes_its_room_when_the_worker_says_and_stands_at_its_dates(
    desk: Desk, database: TestDatabase
) -> None:
    midnight = NINE.replace(hour=0)
    booking, taken = uuid4(), {"start": midnight - 10 * HOUR, "end": midnight + 14 * HOUR}
    await desk.worker.write(desk.organisation, desk.room, booking, midnight, midnight + 24 * HOUR)
    async with desk.worker.database.organisation_transaction(desk.organisation) as connection:
        await connection.execute(
            "update bookings set all_day = true, time_zone = 'Australia/Brisbane',"
            " occupied_from = $2, occupied_until = $3 where id = $1",
            booking,
            *taken.values(),
        )
    evening = {"start": midnight + 14 * HOUR, "end": midnight + 24 * HOUR}
    before = {"start": midnight - 2 * HOUR, "end": midnight - HOUR}
    async with open_database(database.login_dsn, Role.PORTAL) as rows:
        store = BookingStore(rows)
        async with rows.organisation_transaction(desk.organisation) as connection:
            office = await connection.fetchval(
                "select office_id from rooms where id = $1", desk.room
            )
        for span, found in ((before, 1), (evening, 0)):
            spans = await store.taken(desk.organisation, office, **span)
            assert spans == [(desk.room, Span(**taken))][:found]
            listed = await store.overlapping(
                desk.organisation, desk.room, **span, after=None, limit=9
            )
            assert [each.start for each in listed] == [midnight][:found]
        shown = await store.in_rooms(desk.organisation, [desk.room], **evening, limit=9)
        assert [each.start for each in shown] == [midnight]

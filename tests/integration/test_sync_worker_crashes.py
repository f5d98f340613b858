"""The worker dies at every single call of a command, before and after its effect: one event, one booking, one result."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from contracts.commands import Book, Cancel, Change, Person, Resync
from graphclient import Credentials, Tenant, open_graph
from pgstore import Database, Role, open_database
from pgstore.testing import TestDatabase

from .graphsim_cloud import ROLES, Cloud, running_cloud
from .subscription_office import Office
from .sync_mortal import Fuse, Scene, Side

START = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
HOUR = timedelta(hours=1)
ANN, BOB = UUID(int=0xA1), UUID(int=0xA2)
ANNS, BOBS, GUEST = "ann@x.test", "bob@x.test", "guest@elsewhere.test"
ROOMS = [UUID(int=0x1000 + place) for place in range(150)]  # every crash has a room of its own


@dataclass
class Building:
    """Rooms of one tenant, handed out one by one."""

    office: Office
    database: Database
    cloud: Cloud
    tenant: Tenant
    rooms: Iterator[UUID] = field(default_factory=lambda: iter(ROOMS))

    async def scene(self) -> Scene:
        """A room nobody has used, loaded."""
        mailbox = next(self.rooms)
        room_id = await self.office.room(mailbox)
        address = f"room{mailbox.int}@x.test"
        await self.office.run("update rooms set mailbox = $2 where id = $1", room_id, address)
        scene = Scene(self.database, self.office, room_id, mailbox, self.cloud, self.tenant)
        await scene.live(Fuse())
        return scene


@pytest.fixture
async def building(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Building]:
    async with opened(database, tmp_path) as made:
        yield made


@asynccontextmanager
async def opened(database: TestDatabase, folder: Path, **options: Any) -> AsyncIterator[Building]:
    office = await Office(database.login_dsn).open()
    founding = {
        "tenant_id": str(office.tenant_id),
        "apps": [{"client_id": str(office.client_id), "secret": office.secret, "roles": ROLES}],
        "rooms": [
            {"id": str(each), "mailbox": f"room{each.int}@x.test", "name": f"Room {each.int}"}
            for each in ROOMS
        ],
        "users": [
            {"id": str(ANN), "address": ANNS, "name": "Ann Lee"},
            {"id": str(BOB), "address": BOBS, "name": "Bob Ray"},
        ],
    }
    async with (
        running_cloud(folder, appear_seconds=0.0, **options) as cloud,
        open_graph(
            f"{cloud.address.origin}/v1.0", cloud.address.origin, cloud.address.ca_file
        ) as graph,
        open_database(database.login_dsn, Role.WORKER) as worker,
    ):
        assert (await cloud.call("POST", "/_sim/tenants", founding)).status == 201
        tenant = graph.tenant(Credentials(office.tenant_id, office.client_id, office.secret))
        yield Building(office, worker, cloud, tenant)
        report = await cloud.report()
        assert report["guard_violations"] == []


def book(scene: Scene, email: str = ANNS) -> Book:
    return Book(
        booking_id=scene.booking_id,
        room_id=scene.room_id,
        sequence=1,
        start=START,
        end=START + HOUR,
        subject="Ours",
        organizer=Person(name="Ann Lee", email=email),
    )


async def _book(scene: Scene) -> None:
    await scene.command(book(scene))


async def _book_guest(scene: Scene) -> None:
    await scene.command(book(scene, GUEST))


async def _made(scene: Scene, email: str) -> int:
    await scene.command(book(scene, email))
    await scene.live(Fuse(), 10)
    return scene.platform.bookings()[scene.booking_id].version


async def _move(scene: Scene, email: str = ANNS) -> None:
    version = await _made(scene, email)
    await scene.command(
        Change(
            booking_id=scene.booking_id,
            sequence=2,
            base_version=version,
            start=START + 2 * HOUR,
            end=START + 3 * HOUR,
            subject="Moved",
        )
    )


async def _move_guest(scene: Scene) -> None:
    await _move(scene, GUEST)


async def _cancel(scene: Scene, email: str = ANNS) -> None:
    await _made(scene, email)
    await scene.command(Cancel(booking_id=scene.booking_id, sequence=2, reason="Not needed"))


async def _cancel_guest(scene: Scene) -> None:
    await _cancel(scene, GUEST)


async def _declined(scene: Scene) -> None:
    """A request that the room declines: its calendar is fuller than our mirror knows."""
    made = await scene.cloud.call(
        "POST",
        f"/_sim/mailboxes/{scene.mailbox}/meetings",
        {
            "organizer": BOBS,
            "subject": "Bob's",
            "start": START.isoformat(),
            "end": (START + HOUR).isoformat(),
        },
    )
    assert made.status == 201
    scene.cloud.attend()
    await scene.command(book(scene))


Script = Callable[[Scene], Awaitable[None]]
# What is left in the room's calendar and at the platform: (start, status) of our booking, results of all commands.
SCRIPTS: dict[str, tuple[Script, datetime | None, list[str]]] = {
    "book": (_book, START, ["accepted"]),
    "book a guest": (_book_guest, START, ["accepted"]),
    "move": (_move, START + 2 * HOUR, ["accepted", "accepted"]),
    "move a guest": (_move_guest, START + 2 * HOUR, ["accepted", "accepted"]),
    "cancel": (_cancel, None, ["accepted", "accepted"]),
    "cancel a guest": (_cancel_guest, None, ["accepted", "accepted"]),
    "declined": (_declined, None, ["overlap"]),
}


async def _settled(scene: Scene, start: datetime | None, outcomes: list[str], name: str) -> None:
    results = {each.command_id: each for each in scene.platform.results()}
    assert sorted(each.reason or each.outcome for each in results.values()) == outcomes, name
    for each in scene.platform.results():
        assert each == results[each.command_id], f"{name}: two results for one command"
    in_room = await _taking_place(scene, scene.mailbox)
    ours = [row for row in in_room if row["organizer"]["address"] != BOBS]
    booking = scene.platform.bookings().get(scene.booking_id)
    if start is None:
        assert ours == [], name
        assert booking is None or booking.status == "cancelled", name
    else:
        assert [datetime.fromisoformat(row["start"]) for row in ours] == [start], name
        assert booking is not None, name
        assert (booking.start, booking.status) == (start, "confirmed"), name
        living = [b for b in scene.platform.bookings().values() if b.status != "cancelled"]
        assert len(living) == 1, name
    at_ann = [
        row
        for row in await _taking_place(scene, ANN)
        if str(scene.booking_id) in row["properties"].values()
    ]
    assert len(at_ann) == (1 if ours and ours[0]["organizer"]["address"] == ANNS else 0), name


async def _taking_place(scene: Scene, mailbox: UUID) -> list[dict[str, Any]]:
    return [row for row in await scene.cloud.rows(mailbox) if not row["is_cancelled"]]


@pytest.mark.parametrize("script", SCRIPTS)
async def test_a_worker_that_dies_at_any_call_leaves_one_event_one_booking_one_result(
    script: str, building: Building
) -> None:
    prepare, start, outcomes = SCRIPTS[script]
    whole, scene = Fuse(), await building.scene()
    await prepare(scene)
    await scene.live(whole, 240)
    await _settled(scene, start, outcomes, "without a crash")
    died = 0
    sides: tuple[Side, ...] = ("before", "after")
    for place, called in enumerate(whole.calls, start=1):
        for side in sides:
            name = f"{side} call {place}, {called}"
            scene, fuse = await building.scene(), Fuse(place, side)
            await prepare(scene)
            await scene.live(fuse, 240)
            assert fuse.dead, name
            died += scene.crashes
            await scene.recover()
            await _settled(scene, start, outcomes, name)
    assert died == 2 * len(whole.calls)


@pytest.mark.parametrize("email", [ANNS, GUEST])
@pytest.mark.parametrize("memory", [None, 0])
async def test_a_worker_that_wakes_long_after_its_lease_leaves_no_twin(
    email: str, memory: float | None, database: TestDatabase, tmp_path: Path
) -> None:
    """Its write still goes out: the same transactionId, and where Graph forgot that, the marker tells the twin."""
    async with opened(database, tmp_path, transaction_memory_seconds=memory) as building:
        scene = await building.scene()
        await scene.command(book(scene, email))
        # A guest's first write asks for a mailbox that is not there.
        stopped = Fuse(freezes_at=("create_event", 2 if email == GUEST else 1))
        async with asyncio.TaskGroup() as processes:
            processes.create_task(scene.live(stopped))
            await stopped.frozen.wait()
            await scene.recover(5)
            stopped.thaw.set()
        assert scene.fenced == 1, "the late worker could commit"
        scene.cloud.attend()
        await scene.command(Resync(room_id=scene.room_id))
        await scene.live(Fuse(), 700)
        await _settled(scene, START, ["accepted", "accepted"], "after the late write")


async def test_an_old_change_that_lands_after_a_newer_one_is_overruled_once(
    database: TestDatabase, tmp_path: Path
) -> None:
    """Where Graph ignores If-Match (graph-calendar §2.4, unproven) a stopped worker's write may come very late."""
    async with opened(database, tmp_path, ignore_if_match=True) as building:
        scene = await building.scene()
        version = await _made(scene, ANNS)
        stopped = Fuse(freezes_at=("change_event", 1))
        await scene.command(_to(scene, 2, version, sequence=2))
        async with asyncio.TaskGroup() as processes:
            processes.create_task(scene.live(stopped))
            await stopped.frozen.wait()
            await scene.recover(10)
            moved = scene.platform.bookings()[scene.booking_id]
            assert moved.start == START + 2 * HOUR
            await scene.command(_to(scene, 4, moved.version, sequence=3))
            await scene.live(Fuse(), 10)
            stopped.thaw.set()
        assert scene.fenced == 1
        await scene.command(Resync(room_id=scene.room_id))
        await scene.live(Fuse(), 30)
        outcomes = ["accepted"] * 4
        await _settled(scene, START + 4 * HOUR, outcomes, "after the late change")
        report = await scene.cloud.report()
        assert report["writes"]["PATCH events"] == 4


def _to(scene: Scene, hours: int, version: int, *, sequence: int) -> Change:
    start = START + hours * HOUR
    return Change(
        booking_id=scene.booking_id,
        sequence=sequence,
        base_version=version,
        start=start,
        end=start + HOUR,
    )


@pytest.mark.parametrize("script", ["book", "move a guest", "cancel"])
async def test_an_outage_of_graph_for_minutes_delays_and_loses_nothing(
    script: str, building: Building
) -> None:
    prepare, start, outcomes = SCRIPTS[script]
    scene = await building.scene()
    await prepare(scene)
    away = {"match": {"path": "^/users"}, "status": 503, "times": 1_000}
    assert (await scene.cloud.call("POST", "/_sim/faults", away)).status == 201
    asked = len(scene.platform.results())
    await scene.live(Fuse(), 180)
    [fault] = (await scene.cloud.report())["faults"]
    assert fault["fired"] > 3, "Graph was not away"
    assert len(scene.platform.results()) == asked, "something was decided without Graph"
    await scene.cloud.call("DELETE", "/_sim/faults")
    await scene.live(Fuse(), 60)
    await _settled(scene, start, outcomes, "after the outage")

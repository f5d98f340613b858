"""Observe mode, as after a restore: what is ours is known by its marker, what would be done is written down, nothing is written."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.commands import Book, Cancel, Change, Person, Resync
from contracts.events import Booking
from contracts.hints import ChangeHint
from graphclient import NewEvent
from pgstore.testing import TestDatabase
from sync_worker.store import HintStore

from .graphsim_cloud import Cloud
from .sync_mortal import OPTIONS, Fuse, Scene
from .test_sync_worker_crashes import ANNS, BOBS, GUEST, HOUR, START, Building, opened

OBSERVE = replace(OPTIONS, writes=False)
TABLES = ("bookings", "commands", "intents", "slot_holds", "conflicts", "journal")


@pytest.fixture
async def building(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Building]:
    async with opened(database, tmp_path) as made:
        yield made


def book(scene: Scene, hours: float = 0, email: str = ANNS, **fields: Any) -> Book:
    """A booking of an hour, so many hours after the first."""
    name = {ANNS: "Ann Lee", BOBS: "Bob Ray"}.get(email, "Guest")
    made = Book(
        booking_id=uuid4(),
        room_id=scene.room_id,
        sequence=1,
        start=START + hours * HOUR,
        end=START + (hours + 1) * HOUR,
        subject="Ours",
        organizer=Person(name=name, email=email),
    )
    return made.model_copy(update=fields)


async def booked(scene: Scene, hours: float = 0, email: str = ANNS) -> Booking:
    order = book(scene, hours, email)
    await scene.command(order)
    await scene.live(Fuse(), 10)
    booking = scene.platform.bookings()[order.booking_id]
    assert booking.status == "confirmed"
    return booking


async def meet(scene: Scene, hours: float, organizer: str | None = BOBS, **more: Any) -> str:
    start = START + hours * HOUR
    body = {
        "organizer": organizer, "subject": "Theirs", "start": start.isoformat(),
        "end": (start + HOUR).isoformat(), **more,
    }  # fmt: skip
    made = await scene.cloud.call("POST", f"/_sim/mailboxes/{scene.mailbox}/meetings", body)
    assert made.status == 201, made.body
    scene.cloud.attend()
    return str(made.body["event_id"])


async def forget(scene: Scene, *tables: str) -> None:
    """What the restored database does not have."""
    async with scene.database.organisation_transaction(scene.office.id) as connection:
        for table in tables or TABLES:
            await connection.execute(f"delete from {table} where room_id = $1", scene.room_id)  # noqa: S608  # names of this file
    await owe_a_read(scene)


async def age(scene: Scene, *, versions: int) -> None:
    """The room's rows and counter as an older backup has them: so many versions earlier."""
    async with scene.database.organisation_transaction(scene.office.id) as connection:
        for table, column in (
            ("bookings", "version"),
            ("room_sync", "version"),
            ("room_sync", "published_version"),
        ):
            await connection.execute(
                f"update {table} set {column} = {column} - $2 where room_id = $1",  # noqa: S608  # names above
                scene.room_id,
                versions,
            )
    await owe_a_read(scene)


async def series(scene: Scene, email: str = ANNS) -> Book:
    """Three meetings by one command, confirmed."""
    order = book(scene, email=email, recurrence="FREQ=DAILY;COUNT=3")
    await scene.command(order)
    await scene.live(Fuse(), 30)
    assert len(meetings_of(scene, order)) == 3
    return order


def meetings_of(scene: Scene, order: Book) -> set[UUID]:
    return {name for name, each in living(scene).items() if each.series_id == order.booking_id}


def cancel_series(order: Book) -> Cancel:
    return Cancel(booking_id=order.booking_id, sequence=2, reason="Not needed", scope="series")


async def owe_a_read(scene: Scene) -> None:
    async with scene.database.transaction() as connection:
        await connection.execute(
            "update room_sync set window_read_started = null, due_at = $2, command_done_no = command_no"
            " where room_id = $1",
            scene.room_id,
            scene.now,
        )


async def plan(scene: Scene) -> list[tuple[UUID | None, str, str]]:
    async with scene.database.organisation_transaction(scene.office.id) as connection:
        rows = await connection.fetch(
            "select booking_id, action, reason from plan_lines where room_id = $1 order by number",
            scene.room_id,
        )
    return [(row["booking_id"], row["action"], row["reason"]) for row in rows]


async def planned_at(scene: Scene) -> datetime | None:
    async with scene.database.transaction() as connection:
        found = await connection.fetchval(
            "select planned_at from room_sync where room_id = $1", scene.room_id
        )
    assert found is None or isinstance(found, datetime)
    return found


async def writes(cloud: Cloud) -> dict[str, int]:
    found: dict[str, int] = (await cloud.report())["writes"]
    return {kind: count for kind, count in found.items() if count}


def living(scene: Scene) -> dict[UUID, Booking]:
    shown = scene.platform.bookings()
    return {name: each for name, each in shown.items() if each.status != "cancelled"}


async def test_after_a_restore_our_bookings_are_known_by_their_marker_and_nothing_is_written(
    building: Building,
) -> None:
    scene = await building.scene()
    organised, direct = await booked(scene), await booked(scene, 2, GUEST)
    await meet(scene, 4)
    await meet(scene, 6, "someone@elsewhere.test")
    await meet(scene, 8, None)
    await scene.live(Fuse())
    await forget(scene)
    scene.platform.bodies.clear()
    before = await writes(building.cloud)

    scene.options = OBSERVE
    await scene.live(Fuse(), 60)

    shown = living(scene)
    assert len(shown) == 5
    for known in (organised, direct):
        again = shown[known.id]
        assert (again.start, again.subject, again.origin) == (known.start, "Ours", "clearooms")
        assert again.status == "confirmed"
    assert await writes(building.cloud) == before
    assert (await building.cloud.report())["marker_reads"]["events/{id} $expand"] > 0

    scene.options = OPTIONS
    later = Change(
        booking_id=organised.id, sequence=2, base_version=shown[organised.id].version,
        start=START + 10 * HOUR, end=START + 11 * HOUR,
    )  # fmt: skip
    await scene.command(later)
    await scene.command(Cancel(booking_id=direct.id, sequence=2, reason="Not needed"))
    await scene.live(Fuse(), 60)
    assert [each.outcome for each in scene.platform.results()] == ["accepted", "accepted"]
    assert living(scene)[organised.id].start == START + 10 * HOUR
    assert direct.id not in living(scene)
    assert len(await building.cloud.rows(scene.mailbox)) == 4


async def test_a_hint_about_a_forgotten_booking_of_ours_brings_it_back_under_its_id(
    building: Building,
) -> None:
    scene = await building.scene()
    known = await booked(scene)
    await forget(scene)
    async with scene.database.transaction() as connection:
        await connection.execute(
            "update room_sync set window_read_started = $2 where room_id = $1",
            scene.room_id,
            scene.now,
        )
    scene.platform.bodies.clear()
    scene.options = OBSERVE
    [row] = await building.cloud.rows(scene.mailbox)
    hint = ChangeHint(scene.room_id, scene.office.tenant_id, row["event_id"], "new", scene.now)
    await HintStore(scene.database).note_hints([hint], scene.now)
    await scene.live(Fuse())
    assert living(scene).keys() == {known.id}


async def test_after_a_restore_versions_are_higher_than_any_that_receivers_saw(
    building: Building,
) -> None:
    scene = await building.scene()
    known = await booked(scene)
    await age(scene, versions=1)

    scene.options = OBSERVE
    await scene.live(Fuse(), 10)
    scene.options = OPTIONS
    later = Change(
        booking_id=known.id, sequence=2, base_version=known.version,
        start=START + 5 * HOUR, end=START + 6 * HOUR,
    )  # fmt: skip
    await scene.command(later)
    await scene.live(Fuse(), 60)
    assert living(scene)[known.id].start == later.start


@pytest.mark.parametrize("email", [ANNS, GUEST])
async def test_after_a_restore_our_series_are_known_by_their_marker(
    building: Building, email: str
) -> None:
    scene = await building.scene()
    order = await series(scene, email)
    before = living(scene)
    await meet(scene, 4)
    await scene.live(Fuse())
    await forget(scene)
    scene.platform.bodies.clear()
    made = await writes(building.cloud)

    scene.options = OBSERVE
    await scene.live(Fuse(), 60)
    assert living(scene).keys() - before.keys() == living(scene).keys() - meetings_of(scene, order)
    assert meetings_of(scene, order) == before.keys()
    assert len(living(scene)) == len(before) + 1
    assert await writes(building.cloud) == made

    scene.options = OPTIONS
    await scene.command(cancel_series(order))
    await scene.live(Fuse(), 60)
    assert [each.outcome for each in scene.platform.results()] == ["accepted"]
    assert meetings_of(scene, order) == set()
    assert len(living(scene)) == 1


async def test_in_live_mode_the_marker_of_unknown_events_is_not_asked_for(
    building: Building,
) -> None:
    scene = await building.scene()
    await meet(scene, 0)
    await owe_a_read(scene)
    await scene.live(Fuse())
    assert len(living(scene)) == 1
    assert (await building.cloud.report())["marker_reads"] == {}


async def test_a_pass_looks_up_thirty_events_and_keeps_the_others_back_for_the_next(
    building: Building,
) -> None:
    scene = await building.scene()
    for number in range(33):
        await meet(scene, 2 * number)
    scene.options = OBSERVE
    await owe_a_read(scene)
    await scene.live(Fuse())
    assert len(living(scene)) == 30
    await scene.live(Fuse(), 20)
    assert len(living(scene)) == 33


async def test_a_copied_event_and_another_rooms_invitation_are_not_the_booking_of_their_marker(
    building: Building,
) -> None:
    first, second = await building.scene(), await building.scene()
    known = await booked(first)
    for scene in (first, second):
        copy = NewEvent(
            subject="Copy", start=START + 5 * HOUR, end=START + 6 * HOUR, time_zone="UTC",
            all_day=False, transaction_id=uuid4(), marker=str(known.id),
        )  # fmt: skip
        await building.tenant.create_event(scene.mailbox, copy)
    for scene in (first, second):
        scene.options = OBSERVE
        await owe_a_read(scene)
        await scene.live(Fuse(), 30)
    assert living(first)[known.id].start == known.start
    assert len(living(first)) == 2
    assert known.id not in living(second)
    assert len(living(second)) == 1


async def test_what_live_mode_would_do_is_written_down_and_then_done(building: Building) -> None:
    scene = await building.scene()
    moved, dropped = await booked(scene), await booked(scene, 2)
    await meet(scene, 4)
    await meet(scene, 6)
    await owe_a_read(scene)
    await scene.live(Fuse())
    scene.options = OBSERVE
    free, other, stands = book(scene, 8), book(scene, 8, BOBS), book(scene, 4, BOBS)
    taken = book(scene, 6)
    change = Change(
        booking_id=moved.id, sequence=2, base_version=moved.version,
        start=START + 10 * HOUR, end=START + 11 * HOUR,
    )  # fmt: skip
    again = change.model_copy(update={"sequence": 3})
    cancelled = Cancel(booking_id=dropped.id, sequence=2, reason="Not needed")
    orders = (free, other, stands, taken, change, again, cancelled, Resync(room_id=scene.room_id))
    before, told = await writes(building.cloud), len(scene.platform.bodies)
    reads = (await building.cloud.report())["window_reads"]
    for order in orders:
        scene.now += timedelta(seconds=1)
        await scene.command(order)
    await scene.live(Fuse())

    assert await plan(scene) == [
        (free.booking_id, "create", "organizer"),
        (other.booking_id, "refuse", "overlap"),
        (stands.booking_id, "match", "stands"),
        (taken.booking_id, "refuse", "overlap"),
        (moved.id, "change", "organizer"),
        (dropped.id, "cancel", "organizer"),
        (None, "wait", "resync"),
        (moved.id, "wait", "in_turn"),
    ]
    assert await planned_at(scene) == scene.now
    assert await writes(building.cloud) == before
    assert (await building.cloud.report())["window_reads"] == reads
    assert len(scene.platform.bodies) == told

    scene.options = OPTIONS
    await scene.live(Fuse(), 90)
    assert await plan(scene) == []
    assert await planned_at(scene) is None
    outcomes = {each.booking_id: each.reason for each in scene.platform.results()}
    assert outcomes[free.booking_id] is None
    assert outcomes[other.booking_id] == outcomes[taken.booking_id] == "overlap"
    assert living(scene)[stands.booking_id].origin == "clearooms"
    assert living(scene)[moved.id].start == START + 10 * HOUR
    assert dropped.id not in living(scene)


async def test_a_command_whose_event_was_made_before_the_restore_is_accepted_without_a_second(
    building: Building,
) -> None:
    scene = await building.scene()
    known = await booked(scene)
    await forget(scene)
    order = book(scene, booking_id=known.id)
    scene.options = OBSERVE
    await scene.command(order)
    await scene.live(Fuse(), 20)
    assert await plan(scene) == [(known.id, "match", "as_asked")]
    scene.options = OPTIONS
    await scene.live(Fuse(), 90)
    assert [each.outcome for each in scene.platform.results()[-1:]] == ["accepted"]
    assert await writes(building.cloud) == {"POST events": 1}


async def test_a_write_whose_outcome_was_lost_is_planned_and_ends_in_live_mode(
    building: Building,
) -> None:
    whole, rehearsed, scene = Fuse(), await building.scene(), await building.scene()
    await rehearsed.command(book(rehearsed))
    await rehearsed.live(whole)
    order = book(scene, 2)
    await scene.command(order)
    await scene.live(Fuse(whole.calls.index("create_event") + 1, "after"))
    assert scene.crashes == 1
    scene.cloud.attend()
    before = await writes(building.cloud)

    scene.options = OBSERVE
    await scene.recover(30)
    assert await plan(scene) == [(order.booking_id, "create", "unresolved")]
    assert await writes(building.cloud) == before

    scene.options = OPTIONS
    await scene.live(Fuse(), 90)
    assert [each.outcome for each in scene.platform.results()] == ["accepted"]
    assert living(scene).keys() == {order.booking_id}
    assert await writes(building.cloud) == before

"""A room's mailbox loses its licence, its address, its existence or all its event ids: nothing is lost, doubled or cancelled."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from contracts.commands import Cancel, Change
from contracts.events import Booking, RoomUnreachable, decode_event
from pgstore.testing import TestDatabase

from .sync_mortal import Fuse, Scene
from .test_sync_worker_crashes import ANN, ANNS, GUEST, HOUR, START, Building, opened
from .test_sync_worker_observe import (
    book,
    booked,
    cancel_series,
    living,
    meet,
    owe_a_read,
    series,
    writes,
)


@pytest.fixture
async def building(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Building]:
    async with opened(database, tmp_path) as made:
        yield made


async def host(scene: Scene, mailbox: UUID, address: str, hosting: str = "cloud") -> None:
    room = {"id": str(mailbox), "mailbox": address, "name": "Room", "hosting": hosting}
    founding = {"tenant_id": str(scene.office.tenant_id), "rooms": [room]}
    assert (await scene.cloud.call("POST", "/_sim/tenants", founding)).status == 201


def address(scene: Scene) -> str:
    return f"room{scene.mailbox.int}@x.test"


def unreachable(scene: Scene) -> list[str]:
    found = [decode_event(body).data for body in scene.platform.bodies]
    return [each.reason for each in found if isinstance(each, RoomUnreachable)]


def told(scene: Scene) -> list[Booking]:
    found = [decode_event(body).data for body in scene.platform.bodies]
    return [each for each in found if isinstance(each, Booking)]


async def held_removals(scene: Scene) -> object:
    async with scene.database.transaction() as connection:
        return await connection.fetchval(
            "select brake from room_sync where room_id = $1", scene.room_id
        )


async def furnished(building: Building) -> Scene:
    """A room with two bookings of ours and nine of Outlook's."""
    scene = await building.scene()
    await booked(scene)
    await booked(scene, 2, GUEST)
    for number in range(9):
        await meet(scene, 4 + 2 * number)
    await scene.live(Fuse())
    await owe_a_read(scene)
    await scene.live(Fuse())
    assert len(living(scene)) == 11
    return scene


async def test_a_mailbox_without_a_licence_for_an_hour_loses_nothing_and_commands_wait(
    building: Building,
) -> None:
    scene = await furnished(building)
    before, made = living(scene), await writes(building.cloud)
    await host(scene, scene.mailbox, address(scene), "unlicensed")
    await owe_a_read(scene)
    order = book(scene, 40)
    await scene.command(order)
    await scene.live(Fuse(), 3_600)
    assert unreachable(scene) == ["mailbox_unsupported"]
    assert living(scene) == before
    assert await writes(building.cloud) == made

    await host(scene, scene.mailbox, address(scene))
    await scene.live(Fuse(), 1_800)
    after = living(scene)
    assert after.pop(order.booking_id).status == "confirmed"
    assert after == before
    assert len(unreachable(scene)) == 1


async def test_a_renamed_mailbox_is_the_same_room(building: Building) -> None:
    scene = await furnished(building)
    before = living(scene)
    await host(scene, scene.mailbox, "fjord@x.test")
    await owe_a_read(scene)
    await scene.live(Fuse())
    assert living(scene) == before
    assert unreachable(scene) == []
    assert (await booked(scene, 40)).status == "confirmed"
    assert len(living(scene)) == 12


async def test_a_mailbox_made_anew_is_unreachable_under_its_old_id_and_imported_again_it_goes_on(
    building: Building,
) -> None:
    scene = await furnished(building)
    before, anew = living(scene), uuid4()
    await host(scene, scene.mailbox, "gone@x.test", "none")
    await host(scene, anew, address(scene))
    await owe_a_read(scene)
    await scene.live(Fuse(), 3_600)
    assert unreachable(scene) == ["mailbox_gone"]
    assert living(scene) == before

    again = Scene(
        scene.database, scene.office, await scene.office.room(anew), anew, scene.cloud, scene.tenant
    )
    await scene.office.run(
        "update rooms set mailbox = $2 where id = $1", again.room_id, address(scene)
    )
    again.now = scene.now
    await again.live(Fuse())
    assert living(again) == {}
    assert (await booked(again)).status == "confirmed"
    assert living(scene) == before


async def test_when_every_event_id_changes_at_once_single_meetings_keep_their_bookings(
    building: Building,
) -> None:
    scene = await furnished(building)
    before, count = living(scene), len(told(scene))
    assert (await scene.cloud.call("POST", f"/_sim/mailboxes/{scene.mailbox}/move")).status == 204
    await owe_a_read(scene)
    await scene.live(Fuse())
    assert await held_removals(scene) is None, "they look removed"
    await scene.live(Fuse(), 900)
    assert living(scene) == before
    assert len(told(scene)) == count, "somebody was told of ids"

    direct = next(each for each in before.values() if each.organizer.email == GUEST)
    foreign = next(each for each in before.values() if each.origin == "outlook")
    await scene.command(Cancel(booking_id=direct.id, sequence=2, reason="Not needed"))
    later = Change(
        booking_id=foreign.id, sequence=1, base_version=foreign.version,
        start=START + 60 * HOUR, end=START + 61 * HOUR,
    )  # fmt: skip
    await scene.command(later)
    await scene.live(Fuse(), 60)
    assert {each.outcome for each in scene.platform.results()} == {"accepted"}
    assert direct.id not in living(scene)
    assert living(scene)[foreign.id].start == START + 60 * HOUR
    await owe_a_read(scene)
    await scene.live(Fuse(), 900)
    assert len(living(scene)) == 10


@pytest.mark.parametrize("email", [ANNS, GUEST])
async def test_when_every_event_id_changes_at_once_our_series_keep_their_bookings(
    building: Building, email: str
) -> None:
    scene = await building.scene()
    order = await series(scene, email)
    await scene.live(Fuse())
    before, count = living(scene), len(told(scene))
    assert (await scene.cloud.call("POST", f"/_sim/mailboxes/{scene.mailbox}/move")).status == 204
    await owe_a_read(scene)
    await scene.live(Fuse(), 900)
    assert living(scene) == before
    assert len(told(scene)) == count, "somebody was told of ids"
    await scene.command(cancel_series(order))
    await scene.live(Fuse(), 60)
    assert scene.platform.results()[-1].outcome == "accepted"
    assert living(scene) == {}


async def test_a_meeting_that_left_while_the_ids_changed_is_cancelled_alone(
    building: Building,
) -> None:
    scene = await furnished(building)
    before = living(scene)
    [row] = [row for row in await scene.cloud.rows(scene.mailbox) if row["start"].startswith(
        (START + 4 * HOUR).strftime("%Y-%m-%dT%H"))]  # fmt: skip
    path = f"/_sim/mailboxes/{scene.mailbox}/meetings/{row['event_id']}?only=here"
    assert (await scene.cloud.call("DELETE", path)).status == 204
    await scene.cloud.call("POST", f"/_sim/mailboxes/{scene.mailbox}/move")
    await owe_a_read(scene)
    await scene.live(Fuse(), 900)
    gone = before.keys() - living(scene).keys()
    assert {before[each].start for each in gone} == {START + 4 * HOUR}
    assert living(scene).keys() < before.keys()


async def test_an_organiser_whose_ids_changed_is_found_by_the_meetings_own_id(
    building: Building,
) -> None:
    scene = await building.scene()
    moved, dropped = await booked(scene), await booked(scene, 2)
    assert (await scene.cloud.call("POST", f"/_sim/mailboxes/{ANN}/move")).status == 204
    change = Change(
        booking_id=moved.id, sequence=2, base_version=moved.version,
        start=START + 5 * HOUR, end=START + 6 * HOUR,
    )  # fmt: skip
    await scene.command(change)
    await scene.command(Cancel(booking_id=dropped.id, sequence=2, reason="Not needed"))
    await scene.live(Fuse(), timedelta(minutes=1).total_seconds())
    assert {each.outcome for each in scene.platform.results()} == {"accepted"}
    [left] = [row for row in await scene.cloud.rows(ANN) if not row["is_cancelled"]]
    assert left["start"].startswith((START + 5 * HOUR).strftime("%Y-%m-%dT%H"))
    assert living(scene).keys() == {moved.id}

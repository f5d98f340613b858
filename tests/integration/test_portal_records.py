"""What the portal tells an operator: the history of a booking, the status, and what the operator did."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from pgstore import Role, open_database
from pgstore.testing import TestDatabase
from servicekit.clock import utc_now

from .portal_rows import at, command, journal, sql, write
from .portal_scene import OPERATOR, House, Scene, open_scene_on_postgres, settled


@pytest.fixture
async def scene(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene_on_postgres(database, tmp_path) as made:
        yield made


async def entries(scene: Scene, house: House, booking: UUID) -> list[tuple[str, str, int | None]]:
    found = await scene.good("GET", f"/api/bookings/{booking}/history", token=house.token)
    return [(each["at"][17:-1], each["entry"], each["version"]) for each in found["items"]]


async def test_a_bookings_history_has_command_writes_hint_read_and_versions_in_order(
    scene: Scene,
) -> None:
    house, booking = await settled(scene, "north", 0), uuid4()
    await write(
        scene,
        house,
        sql("insert into room_sync (organisation_id, room_id, due_at, published_version)"
         " values ($1, $2, now(), $3)", 1),
        command(booking, "accepted"),
        journal(booking, at(1), "create.open", None, path="organizer", attempts=1),
        journal(booking, at(2), "create.written", None, path="organizer", attempts=1),
        journal(booking, at(2), "booking.pending", 1),
        journal(
            booking, at(5), "booking.confirmed", 2, read="hint", hint_at=at(4).isoformat()
        ),
        journal(booking, at(5), "command.accepted", None, command="c1"),
        journal(booking, at(9), "event.unchanged", None, read="hint", hint_at=at(8).isoformat()),
    )  # fmt: skip

    assert await entries(scene, house, booking) == [
        ("00", "command.received", None),
        ("01", "create.open", None),
        ("02", "create.written", None),
        ("02", "booking.pending", 1),
        ("04", "hint.received", None),
        ("05", "event.read", None),
        ("05", "booking.confirmed", 2),
        ("05", "command.accepted", None),
        ("06", "command.told", None),
        ("08", "hint.received", None),
        ("09", "event.unchanged", None),
    ]
    shown = await scene.good("GET", f"/api/bookings/{booking}/history", token=house.token)
    details = {each["entry"]: each["detail"] for each in shown["items"]}
    assert details["command.received"] == {
        "command": "c1", "kind": "book", "source": "platform", "sequence": 1,
    }  # fmt: skip
    assert details["create.open"] == {"path": "organizer", "attempts": 1}
    assert details["booking.pending"] == {"sent": True}
    assert details["booking.confirmed"] == {"sent": False}, "only version 1 is confirmed"
    assert details["event.read"] == {"because_of": "hint"}
    assert "Secret" not in str(shown)


async def test_a_refused_booking_has_a_history_though_it_never_was(scene: Scene) -> None:
    house, booking = await settled(scene, "north", 0), uuid4()
    await write(scene, house, command(booking, "rejected", "overlap"))

    found = await scene.good("GET", f"/api/bookings/{booking}/history", token=house.token)

    assert [(each["entry"], each["detail"].get("reason")) for each in found["items"]] == [
        ("command.received", None),
        ("command.rejected", "overlap"),
        ("command.told", None),
    ]


async def test_a_hint_that_still_waits_and_a_conflict_are_told(scene: Scene) -> None:
    house, booking, other = await settled(scene, "north", 0), uuid4(), uuid4()
    await write(
        scene,
        house,
        sql("insert into room_sync (organisation_id, room_id, due_at, pending) values ($1, $2, now(), $3)",
         [{"event": "e1", "etag": "x", "no": 1, "received_at": at(7), "asked": 2,
            "ask_at": at(60)}]),
        sql("insert into bookings (organisation_id, room_id, id, event_id, kind, etag, starts, ends, time_zone, subject,"
         " organizer_name, organizer_email, status, origin, version, changed_at)"
         " values ($1, $2, $3, 'e1', 'single', 'e', $4, $5, 'UTC', 'S', 'O', 'o@x', 'conflicted', 'outlook', 1, $4)",
         booking, at(0), at(900)),
        sql("insert into conflicts (organisation_id, room_id, kind, booking_id, other_id, at, cleared_at)"
         " values ($1, $2, 'overlap', $3, $4, $5, $6)", other, booking, at(1), at(3)),
    )  # fmt: skip

    found = await scene.good("GET", f"/api/bookings/{booking}/history", token=house.token)

    assert [(each["entry"], each["detail"]) for each in found["items"]] == [
        ("conflict.found", {"kind": "overlap", "other": str(other)}),
        ("conflict.cleared", {"kind": "overlap", "other": str(other)}),
        ("hint.waiting", {"asked": 2, "asked_next_at": at(60).isoformat().replace("+00:00", "Z")}),
    ]


async def test_a_meetings_history_has_the_command_that_made_its_series(scene: Scene) -> None:
    house, meeting, series = await settled(scene, "north", 0), uuid4(), uuid4()
    await write(
        scene,
        house,
        command(series, "accepted"),
        sql("insert into bookings (organisation_id, room_id, id, event_id, kind, series_id, etag, starts, ends, time_zone,"
         " subject, organizer_name, organizer_email, status, origin, version, changed_at) values"
         " ($1, $2, $3, 'e1', 'occurrence', $4, 'e', $5, $6, 'UTC', 'S', 'O', 'o@x', 'confirmed', 'clearooms', 1, $5)",
         meeting, series, at(0), at(900)),
        journal(meeting, at(3), "booking.confirmed", 1),
    )  # fmt: skip

    told = await entries(scene, house, meeting)

    assert [entry for _, entry, _ in told] == [
        "command.received", "booking.confirmed", "command.accepted", "command.told",
    ]  # fmt: skip


async def test_another_organisations_history_is_not_there(scene: Scene) -> None:
    north, south = await settled(scene, "north", 0), await settled(scene, "south", 1)
    booking = uuid4()
    await write(scene, north, journal(booking, at(1), "booking.confirmed", 1))

    path = f"/api/bookings/{booking}/history"
    assert (await scene.call("GET", path, token=south.token)).status == 404
    assert len((await scene.good("GET", path, token=north.token))["items"]) == 1


async def test_the_status_is_ok_until_something_is_wrong_and_says_what_to_do(scene: Scene) -> None:
    house = await settled(scene, "north", 0)
    await write(
        scene,
        house,
        sql("insert into room_sync (organisation_id, room_id, due_at, loaded_at, lags) values ($1, $2, $3, $3, $4)",
         utc_now(), [40, 90]),
    )  # fmt: skip
    async with (
        open_database(scene.database.login_dsn, Role.MANAGER) as manager,
        manager.transaction() as connection,
    ):
        await connection.execute(
            "insert into subscriptions (room_id, organisation_id, subscription_id, expires_at, live_since, sealed_by, due_at)"
            " values ($1, $2, 's', now() + interval '1 day', now(), 'k1', now())",
            house.room,
            house.id,
        )

    fine = await scene.good("GET", "/api/status", token=house.token)
    assert (fine["ok"], fine["rooms"], fine["troubles"]) == (True, {"live": 1}, [])
    assert (fine["lag_ms"], fine["client_state_keys"]) == (90, {"k1": 1})

    await write(
        scene,
        house,
        sql("update room_sync set due_at = now() - interval '6 minutes', problem = 'mailbox_gone'"
         " where organisation_id = $1 and room_id = $2"),
    )  # fmt: skip
    bad = await scene.good("GET", "/api/status", token=house.token)
    assert (bad["ok"], bad["rooms"], bad["troubles_in_all"]) == (False, {"unreachable": 1}, 2)
    overdue, gone = bad["troubles"]
    assert overdue["room_id"] is None
    assert "sync-worker" in overdue["what_to_do"][0]
    assert gone["room_id"] == str(house.room)
    assert gone["what_to_do"]


async def test_what_the_operator_does_to_dead_letters_is_on_record_outside_any_organisation(
    scene: Scene,
) -> None:
    _, administrator = await scene.organisation("north")
    note: dict[str, Any] = {"action": "dead_letters.redrive_asked", "messages": ["0123456789ab"]}

    made = await scene.good("POST", "/api/operator/audit", note, OPERATOR)

    listed = await scene.good("GET", "/api/operator/audit", token=OPERATOR)
    assert listed["items"] == [made]
    assert (made["actor"], made["subject"], made["detail"]) == (
        "operator", "queue:dead-letters", {"messages": ["0123456789ab"]},
    )  # fmt: skip
    inside = await scene.good("GET", "/api/audit", token=administrator)
    assert note["action"] not in str(inside), "no organisation sees it"
    wrong = await scene.call(
        "POST", "/api/operator/audit", {**note, "messages": ["a subject"]}, OPERATOR
    )
    assert wrong.status == 422


async def test_held_removals_are_confirmed_once_somebody_has_looked(scene: Scene) -> None:
    house = await settled(scene, "north", 0)
    path = f"/api/rooms/{house.room}/removals/confirm"
    assert (await scene.call("POST", path, token=house.token)).status == 409, "nothing is held"
    held = {"ids": [str(uuid4())] * 9, "first_lacked_at": at(0), "reads": 1}
    await write(
        scene,
        house,
        sql(
            "insert into room_sync (organisation_id, room_id, due_at, loaded_at, brake)"
            " values ($1, $2, now(), now(), $3)",
            held,
        ),
    )

    confirmed = await scene.good("POST", path, token=house.token)

    assert confirmed["held_removals"] == 9, "until the worker has asked for each"
    audit = (await scene.good("GET", "/api/audit", token=house.token))["items"]
    assert (audit[0]["action"], audit[0]["detail"]) == ("room.removals_confirmed", {"held": 9})

"""Commands to a simulated Outlook and back: one event, one booking, one result."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from contracts.commands import Change
from pgstore.testing import TestDatabase

from .sync_tenant import BOB, MARA, TOMORROW, Tenant, cancel, move, running_tenant, wall

HOUR = timedelta(hours=1)
GUEST = "guest@elsewhere.test"


@pytest.fixture
async def tenant(database: TestDatabase) -> AsyncIterator[Tenant]:
    async with running_tenant(database) as made:
        yield made


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await holds():  # noqa: ASYNC110  # the simulator sets no event here
            await asyncio.sleep(0.05)


async def writes(tenant: Tenant) -> dict[str, int]:
    report = await tenant.outlook("GET", "report")
    return {kind: count for kind, count in report["writes"].items() if count}


async def test_a_booking_is_made_in_the_organisers_calendar_and_confirmed_by_the_room(
    tenant: Tenant,
) -> None:
    order = tenant.book()
    result = await tenant.ask(order)
    assert (result.outcome, result.booking_id) == ("accepted", order.booking_id)
    booking = tenant.booking(order.booking_id)
    assert (booking.status, booking.origin, booking.subject) == ("confirmed", "clearooms", "Ours")
    assert (booking.organizer.email, booking.version) == (MARA["address"], result.version)
    assert "pending" in [each.status for each in tenant.received if each.id == order.booking_id]
    [event] = await tenant.calendar(MARA["id"])
    assert (event["subject"], event["start"]) == ("Ours", f"{wall(TOMORROW)}Z")
    [copy] = await tenant.calendar()
    assert copy["response"] == "accepted"
    assert len(tenant.living()) == 1
    assert await writes(tenant) == {"POST events": 1}


async def test_a_guest_is_booked_in_the_rooms_calendar_and_invited_after_the_second_look(
    tenant: Tenant,
) -> None:
    order = tenant.book(by=GUEST)
    result = await tenant.ask(order)
    assert result.outcome == "accepted"

    async def invited() -> bool:
        [event] = await tenant.calendar()
        return any(each["address"] == GUEST for each in event["attendees"])

    await until(invited)
    booking = tenant.booking(order.booking_id)
    assert (booking.status, booking.organizer.email) == ("confirmed", GUEST)
    assert [each.status for each in tenant.received if each.id == order.booking_id] == ["confirmed"]
    assert await writes(tenant) == {"POST events": 1, "PATCH events": 1}
    report = await tenant.outlook("GET", "report")
    assert report["event_gets"] == {}  # our own echo costs no read


async def test_a_guest_is_invited_though_reads_do_not_show_the_booking_yet(tenant: Tenant) -> None:
    await tenant.fault("POST", f"users/{tenant.mailbox}/events$", lag=5.0)
    await tenant.fault("PATCH", f"users/{tenant.mailbox}/events/", status=503)
    assert (await tenant.ask(tenant.book(by=GUEST))).outcome == "accepted"

    async def invited() -> bool:
        [event] = await tenant.calendar()
        return any(each["address"] == GUEST for each in event["attendees"])

    await until(invited)
    report = await tenant.outlook("GET", "report")
    assert [each["fired"] for each in report["faults"]] == [1, 1]
    assert report["event_gets"]


async def test_a_taken_slot_is_refused_with_alternatives_and_nothing_is_written(
    tenant: Tenant,
) -> None:
    await tenant.meeting(organizer=BOB["address"])
    await tenant.until(lambda: "confirmed" in tenant.statuses())
    for by in (MARA["address"], GUEST):
        result = await tenant.ask(tenant.book(by=by))
        assert (result.outcome, result.reason) == ("rejected", "overlap")
        assert result.alternatives
        assert all(
            each.start >= TOMORROW + HOUR or each.end <= TOMORROW for each in result.alternatives
        )
    assert await writes(tenant) == {}


async def test_of_two_commands_for_one_slot_the_first_gets_it(tenant: Tenant) -> None:
    orders = [tenant.book(by=by) for by in (MARA["address"], BOB["address"], GUEST)]
    names = [await tenant.send(order) for order in orders]
    results = [await tenant.result(name) for name in names]
    assert sorted(each.outcome for each in results) == ["accepted", "rejected", "rejected"]
    assert {each.reason for each in results} == {None, "overlap"}
    assert len(await tenant.calendar()) == 1


async def test_a_repeated_command_gets_the_same_result_and_no_second_event(tenant: Tenant) -> None:
    order = tenant.book()
    name = await tenant.send(order)
    first = await tenant.result(name)
    await tenant.send(order, name)
    await tenant.until(lambda: len(tenant.results) == 2)
    assert tenant.results[1] == first
    assert len(await tenant.calendar()) == 1


async def test_a_booking_is_moved_renamed_and_cancelled(tenant: Tenant) -> None:
    order = tenant.book()
    await tenant.ask(order)
    later = TOMORROW + 3 * HOUR
    moved = await tenant.ask(move(tenant.booking(order.booking_id), later, subject="Renamed"))
    assert moved.outcome == "accepted"
    booking = tenant.booking(order.booking_id)
    assert (booking.start, booking.subject, booking.status) == (later, "Renamed", "confirmed")
    [event] = await tenant.calendar(MARA["id"])
    assert (event["subject"], event["start"]) == ("Renamed", f"{wall(later)}Z")
    ended = await tenant.ask(cancel(order.booking_id))
    assert ended.outcome == "accepted"
    assert tenant.booking(order.booking_id).status == "cancelled"
    assert await tenant.calendar() == []
    assert await tenant.calendar(MARA["id"]) == []
    assert await writes(tenant) == {"POST events": 1, "PATCH events": 1, "cancel": 1}
    assert len(tenant.results) == 3


async def test_a_guests_booking_is_moved_and_cancelled_in_the_rooms_calendar(
    tenant: Tenant,
) -> None:
    order = tenant.book(by=GUEST)
    await tenant.ask(order)
    later = TOMORROW + 3 * HOUR
    moved = await tenant.ask(move(tenant.booking(order.booking_id), later))
    assert moved.outcome == "accepted"
    assert tenant.booking(order.booking_id).start == later
    [event] = await tenant.calendar()
    assert event["start"] == f"{wall(later)}Z"
    assert any(each["address"] == GUEST for each in event["attendees"])
    assert (await tenant.ask(cancel(order.booking_id))).outcome == "accepted"
    assert await tenant.calendar() == []


async def test_a_meeting_made_in_outlook_is_moved_and_cancelled_at_its_organiser(
    tenant: Tenant,
) -> None:
    await tenant.meeting()
    await tenant.until(lambda: "confirmed" in tenant.statuses())
    [booking] = tenant.living()
    later = TOMORROW + 3 * HOUR
    moved = await tenant.ask(move(booking, later))
    assert moved.outcome == "accepted"
    [event] = await tenant.calendar(MARA["id"])
    assert (event["subject"], event["start"]) == ("Secret merger", f"{wall(later)}Z")
    assert (await tenant.ask(cancel(booking.id))).outcome == "accepted"
    assert await tenant.calendar(MARA["id"]) == []
    assert tenant.booking(booking.id).status == "cancelled"


async def test_a_meeting_of_an_outsider_is_declined_but_cannot_be_moved(tenant: Tenant) -> None:
    await tenant.meeting(organizer=GUEST, organizer_name="Guest")
    await tenant.until(lambda: "confirmed" in tenant.statuses())
    [booking] = tenant.living()
    moved = await tenant.ask(move(booking, TOMORROW + 3 * HOUR))
    assert (moved.outcome, moved.reason) == ("rejected", "organizer_unreachable")
    assert (await tenant.ask(cancel(booking.id))).outcome == "accepted"
    assert await tenant.calendar() == []
    assert (await writes(tenant))["decline"] == 1


async def test_a_change_that_outlook_overtook_is_stale_and_other_fields_merge(
    tenant: Tenant,
) -> None:
    order = tenant.book()
    await tenant.ask(order)
    seen = tenant.booking(order.booking_id)
    [copy] = await tenant.calendar()
    later = TOMORROW + 2 * HOUR
    await tenant.change(copy["event_id"], start=wall(later), time_zone="UTC")
    await tenant.until(
        lambda: (
            (tenant.booking(seen.id).start, tenant.booking(seen.id).status) == (later, "confirmed")
        )
    )
    stale = await tenant.ask(move(seen, TOMORROW + 4 * HOUR))
    assert (stale.outcome, stale.reason) == ("rejected", "stale")
    rename = Change(booking_id=seen.id, sequence=4, base_version=seen.version, subject="Both")
    merged = await tenant.ask(rename)
    assert merged.outcome == "accepted"
    booking = tenant.booking(seen.id)
    assert (booking.subject, booking.start) == ("Both", later)


async def test_a_slot_taken_unseen_is_refused_by_the_first_look_with_alternatives(
    tenant: Tenant,
) -> None:
    await tenant.outlook("POST", "pause-deliveries", {"paused": True})
    await tenant.meeting(organizer=BOB["address"])

    async def accepted() -> bool:
        return [row["response"] for row in await tenant.calendar()] == ["accepted"]

    await until(accepted)
    result = await tenant.ask(tenant.book())
    assert (result.outcome, result.reason) == ("rejected", "overlap")
    assert result.alternatives
    await tenant.outlook("POST", "pause-deliveries", {"paused": False})

    async def withdrawn() -> bool:
        return await tenant.calendar(MARA["id"]) == []

    await until(withdrawn)


async def test_a_declined_move_leaves_the_booking_where_it_was(tenant: Tenant) -> None:
    order = tenant.book()
    await tenant.ask(order)
    taken = TOMORROW + 5 * HOUR
    # A meeting the mirror does not know: its notifications are held back.
    await tenant.outlook("POST", "pause-deliveries", {"paused": True})
    await tenant.meeting(taken, organizer=BOB["address"])
    await asyncio.sleep(
        0.6
    )  # the attendant's own time: the simulator answers the request after 0.3 s
    await tenant.outlook("POST", "pause-deliveries", {"paused": False})
    result = await tenant.ask(move(tenant.booking(order.booking_id), taken))
    assert (result.outcome, result.reason) == ("rejected", "overlap")
    await tenant.until(lambda: tenant.booking(order.booking_id).status == "confirmed")
    assert tenant.booking(order.booking_id).start == TOMORROW


async def test_cancelling_an_unknown_booking_waits_for_the_command_that_makes_it(
    tenant: Tenant,
) -> None:
    order = tenant.book()
    early = await tenant.send(cancel(order.booking_id, sequence=2))
    made = await tenant.send(order)
    assert (await tenant.result(made)).outcome == "accepted"
    assert (await tenant.result(early)).outcome == "accepted"
    assert tenant.booking(order.booking_id).status == "cancelled"
    assert await tenant.calendar() == []


async def test_commands_that_cannot_be_done_say_why(tenant: Tenant) -> None:
    cases = [
        (tenant.book(room_id=uuid4()), "room_unknown"),
        (tenant.book(TOMORROW - timedelta(days=3)), "outside_window"),
        (tenant.book(TOMORROW + timedelta(days=400)), "outside_window"),
        (tenant.book(not_after=TOMORROW - timedelta(days=2)), "expired"),
        (tenant.book(recurrence="FREQ=HOURLY;COUNT=3"), "invalid"),
    ]
    for command, reason in cases:
        result = await tenant.ask(command)
        assert (result.outcome, result.reason) == ("rejected", reason)
        assert result.text
    await tenant.office.run("update integrations set enabled = false")
    result = await tenant.ask(tenant.book())
    assert (result.outcome, result.reason) == ("rejected", "integration_off")
    assert await tenant.calendar() == []


async def test_a_lost_answer_after_the_effect_makes_one_event(tenant: Tenant) -> None:
    for by in (MARA["address"], GUEST):
        start = TOMORROW if by != GUEST else TOMORROW + 2 * HOUR
        where = tenant.mailbox if by == GUEST else "mara"
        await tenant.fault("POST", f"users/{where}.*/events$", status=500, when="after", drop=True)
        order = tenant.book(start, by=by)
        result = await tenant.ask(order)
        assert result.outcome == "accepted"
    report = await tenant.outlook("GET", "report")
    assert [each["fired"] for each in report["faults"]] == [1, 1]
    assert len(await tenant.calendar()) == 2
    assert len(tenant.living()) == 2
    assert report["writes"]["POST events"] == 2
    assert sum(report["marker_reads"].values()) >= 2


async def test_a_room_that_may_not_be_written_to_refuses_and_is_still_read(tenant: Tenant) -> None:
    denied = {"error": {"code": "ErrorAccessDenied", "message": "Access is denied."}}
    await tenant.fault("POST", f"users/{tenant.mailbox}/events$", status=403, body=denied)
    result = await tenant.ask(tenant.book(by=GUEST))
    assert (result.outcome, result.reason) == ("rejected", "invalid")
    assert "ErrorAccessDenied" in result.text
    await tenant.meeting()
    await tenant.until(lambda: "confirmed" in tenant.statuses())
    assert "room.unreachable" not in tenant.keys


async def test_foreign_meetings_that_overlap_are_shown_as_conflicted_until_one_goes(
    tenant: Tenant,
) -> None:
    await tenant.outlook("POST", "pause-deliveries", {"paused": False})
    first = tenant.book(by=GUEST)
    await tenant.ask(first)
    other = await tenant.outlook(
        "POST",
        f"mailboxes/{tenant.mailbox}/meetings",
        {"subject": "Later", "start": wall(TOMORROW + 9 * HOUR), "end": wall(TOMORROW + 10 * HOUR)},
    )
    another = await tenant.outlook(
        "POST",
        f"mailboxes/{tenant.mailbox}/meetings",
        {
            "subject": "Same",
            "start": wall(TOMORROW + 9.5 * HOUR),
            "end": wall(TOMORROW + 11 * HOUR),
        },
    )
    await tenant.until(lambda: [each.status for each in tenant.living()].count("conflicted") == 2)
    await tenant.remove(another["event_id"])
    await tenant.until(
        lambda: sorted(each.status for each in tenant.living()) == ["confirmed", "confirmed"]
    )
    assert other["event_id"] != another["event_id"]


async def test_a_direct_booking_gives_way_to_a_meeting_made_within_two_minutes(
    tenant: Tenant,
) -> None:
    order = tenant.book(by=GUEST)
    assert (await tenant.ask(order)).outcome == "accepted"
    await tenant.outlook(
        "POST",
        f"mailboxes/{tenant.mailbox}/meetings",
        {"subject": "Foreign", "start": wall(TOMORROW), "end": wall(TOMORROW + HOUR)},
    )
    await tenant.until(lambda: tenant.booking(order.booking_id).status == "cancelled")
    await tenant.until(lambda: [each.status for each in tenant.living()] == ["confirmed"])

    async def alone() -> bool:
        return len(await tenant.calendar()) == 1

    await until(alone)
    [left] = await tenant.calendar()
    assert left["subject"] == "Foreign"


async def test_a_hint_that_overtakes_the_answer_to_our_write_is_not_taken_for_anothers(
    tenant: Tenant,
) -> None:
    for by, where in ((MARA["address"], "mara"), (GUEST, str(tenant.mailbox))):
        start = TOMORROW if by != GUEST else TOMORROW + 2 * HOUR
        await tenant.fault("POST", f"users/{where}.*/events$", delay=1.5)
        order = tenant.book(start, by=by)
        assert (await tenant.ask(order)).outcome == "accepted"
    report = await tenant.outlook("GET", "report")
    assert [each["fired"] for each in report["faults"]] == [1, 1]
    assert {each.origin for each in tenant.received} == {"clearooms"}
    assert len(tenant.living()) == 2


async def test_two_workers_share_the_work_and_do_nothing_twice(database: TestDatabase) -> None:
    async with running_tenant(database, workers=2) as tenant:
        orders = [
            tenant.book(TOMORROW + place * HOUR, by=by)
            for place in range(12)
            for by in (MARA["address"], GUEST)
        ]
        names = [await tenant.send(order) for order in orders]
        results = [await tenant.result(name) for name in names]
        assert [each.outcome for each in results].count("accepted") == 12
        assert len(await tenant.calendar()) == 12
        await tenant.until(lambda: len(tenant.living()) == 12)
        assert len(tenant.results) == len(orders)

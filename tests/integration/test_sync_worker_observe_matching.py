"""A first load with bookings on both sides: what stands in Outlook becomes the platform's booking, and is not made again."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from pgstore.testing import TestDatabase

from .sync_tenant import BOB, MARA, TOMORROW, Tenant, cancel, move, running_tenant, wall

HOUR = timedelta(hours=1)


@pytest.fixture
async def tenant(database: TestDatabase) -> AsyncIterator[Tenant]:
    async with running_tenant(database) as made:
        yield made


async def writes(tenant: Tenant) -> dict[str, int]:
    report = await tenant.outlook("GET", "report")
    return {kind: count for kind, count in report["writes"].items() if count}


async def test_ten_bookings_that_stand_are_matched_two_collide_and_a_free_one_is_made(
    tenant: Tenant,
) -> None:
    slots = [TOMORROW + 2 * HOUR * number for number in range(13)]
    for slot in slots[:12]:
        await tenant.meeting(slot)
    await tenant.until(lambda: [b.status for b in tenant.living()] == ["confirmed"] * 12)
    before = {booking.start: booking.id for booking in tenant.living()}

    orders = [
        *(tenant.book(slot, by=MARA["address"].upper()) for slot in slots[:10]),
        tenant.book(slots[10], by=BOB["address"]),  # another person's meeting
        tenant.book(slots[11] + HOUR / 2),  # another time
        tenant.book(slots[12]),
    ]
    names = [await tenant.send(order) for order in orders]
    results = [await tenant.result(name) for name in names]

    assert [each.outcome for each in results[:10]] == ["accepted"] * 10
    assert [each.reason for each in results[10:12]] == ["overlap"] * 2
    assert results[12].outcome == "accepted"
    assert await writes(tenant) == {"POST events": 1}
    assert len(await tenant.calendar()) == 13
    for order, result in zip(orders[:10], results[:10], strict=True):
        booking = tenant.booking(order.booking_id)
        assert (booking.status, booking.origin, booking.subject) == (
            "confirmed", "clearooms", "Ours",
        )  # fmt: skip
        assert booking.version == result.version
        assert tenant.booking(before[order.start]).status == "cancelled"
    assert len(tenant.living()) == 13
    assert {booking.start for booking in tenant.living()} == set(slots)


async def test_a_matched_booking_is_moved_and_cancelled_at_its_organiser(tenant: Tenant) -> None:
    event_id = await tenant.meeting()
    await tenant.until(lambda: "confirmed" in tenant.statuses())
    order = tenant.book()
    assert (await tenant.ask(order)).outcome == "accepted"
    matched = tenant.booking(order.booking_id)

    later = TOMORROW + 3 * HOUR
    moved = await tenant.ask(move(matched, later))

    assert moved.outcome == "accepted"
    [event] = await tenant.calendar(MARA["id"])
    assert event["start"] == f"{wall(later)}Z"
    booking = tenant.booking(order.booking_id)
    assert (booking.start, booking.subject) == (later, "Ours")
    await tenant.change(event_id, start=wall(later + HOUR), end=wall(later + 2 * HOUR))
    await tenant.until(lambda: tenant.booking(order.booking_id).start == later + HOUR)
    assert (await tenant.ask(cancel(order.booking_id))).outcome == "accepted"
    assert await tenant.calendar(MARA["id"]) == []
    assert tenant.living() == []
    assert await writes(tenant) == {"PATCH events": 1, "cancel": 1}


async def test_the_second_command_for_a_matched_slot_is_refused(tenant: Tenant) -> None:
    await tenant.meeting()
    await tenant.until(lambda: "confirmed" in tenant.statuses())
    names = [await tenant.send(tenant.book()) for _ in range(2)]
    results = [await tenant.result(name) for name in names]
    assert [each.reason for each in results] == [None, "overlap"]
    assert len(tenant.living()) == 1

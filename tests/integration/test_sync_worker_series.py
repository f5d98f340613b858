"""Series by command to a simulated Outlook and back: one series there, its meetings here, each change as meant."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest

from contracts.commands import Cancel, Change
from contracts.events import Booking
from contracts.identity import booking_id_of_occurrence
from pgstore.testing import TestDatabase

from .sync_tenant import MARA, TOMORROW, Tenant, running_tenant, wall

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
GUEST = "guest@elsewhere.test"
RULE = f"FREQ=WEEKLY;BYDAY={TOMORROW:%a}".upper()[:-1] + ";COUNT=3"


@pytest.fixture
async def tenant(database: TestDatabase) -> AsyncIterator[Tenant]:
    async with running_tenant(database) as made:
        yield made


def meetings(tenant: Tenant) -> list[Booking]:
    return sorted(tenant.living(), key=lambda each: each.start)


async def booked(tenant: Tenant, by: str = MARA["address"]) -> list[Booking]:
    order = tenant.book(recurrence=RULE, by=by)
    result = await tenant.ask(order)
    assert (result.outcome, result.booking_id) == ("accepted", order.booking_id)
    found = meetings(tenant)
    assert [each.id for each in found] == [
        booking_id_of_occurrence(order.booking_id, TOMORROW + WEEK * number) for number in range(3)
    ]
    assert result.version == max(each.version for each in found)
    return found


def of_series(order_id: object, **fields: object) -> Change:
    return Change(**{"booking_id": order_id, "sequence": 2, "scope": "series", **fields})  # type: ignore[arg-type] # fields of the model


async def test_a_series_is_one_series_in_outlook_and_its_meetings_are_bookings_of_ours(
    tenant: Tenant,
) -> None:
    found = await booked(tenant)
    assert {(each.status, each.origin, each.subject) for each in found} == {
        ("confirmed", "clearooms", "Ours")
    }
    assert [each.start for each in found] == [TOMORROW + WEEK * number for number in range(3)]
    events = await tenant.calendar(MARA["id"])
    assert len({each["series_master_id"] for each in events}) == 1
    assert [each["subject"] for each in events] == ["Ours"] * 3
    report = await tenant.outlook("GET", "report")
    assert {kind: count for kind, count in report["writes"].items() if count} == {"POST events": 1}
    assert len(tenant.latest()) == 3  # none was told under another id


async def test_a_guests_series_is_booked_in_the_rooms_calendar(tenant: Tenant) -> None:
    found = await booked(tenant, by=GUEST)
    assert {(each.status, each.organizer.email) for each in found} == {("confirmed", GUEST)}
    assert len(tenant.latest()) == 3


async def test_one_meeting_moves_and_the_others_stay(tenant: Tenant) -> None:
    _, second, third = await booked(tenant)
    moved = await tenant.ask(
        Change(
            booking_id=second.id,
            sequence=2,
            base_version=second.version,
            start=second.start + HOUR,
            end=second.end + HOUR,
        )
    )
    assert moved.outcome == "accepted"
    assert tenant.booking(second.id).start == second.start + HOUR
    assert tenant.booking(third.id).start == third.start
    starts = [each["start"] for each in await tenant.calendar(MARA["id"])]
    assert starts == [
        f"{wall(each)}Z" for each in (TOMORROW, TOMORROW + WEEK + HOUR, TOMORROW + 2 * WEEK)
    ]


async def test_one_meeting_is_cancelled_and_the_others_stay(tenant: Tenant) -> None:
    first, second, third = await booked(tenant)
    gone = await tenant.ask(Cancel(booking_id=second.id, sequence=2, reason="Holiday"))
    assert gone.outcome == "accepted"
    assert tenant.booking(second.id).status == "cancelled"
    assert [each.id for each in meetings(tenant)] == [first.id, third.id]
    assert len(await tenant.calendar(MARA["id"])) == 2
    assert len(await tenant.calendar()) == 2


@pytest.mark.parametrize("by", [MARA["address"], GUEST])
async def test_the_whole_series_moves_to_another_time_of_day(tenant: Tenant, by: str) -> None:
    first, *_ = found = await booked(tenant, by=by)
    order = of_series(
        first.id,
        base_version=max(each.version for each in found),
        start=first.start + HOUR,
        end=first.end + HOUR,
    )
    result = await tenant.ask(order)
    assert (result.outcome, result.text) == ("accepted", "")
    await tenant.until(lambda: all(each.status == "confirmed" for each in meetings(tenant)))
    assert [each.start for each in meetings(tenant)] == [
        TOMORROW + HOUR + WEEK * number for number in range(3)
    ]
    assert {each.series_id for each in meetings(tenant)} == {first.series_id}


async def test_the_whole_series_moves_by_what_was_seen_of_a_first_meeting_cancelled_since(
    tenant: Tenant,
) -> None:
    _, second, third = await booked(tenant)
    [first, *_] = sorted(tenant.received, key=lambda each: each.version)  # as it was told at first
    assert first.start == TOMORROW
    assert (
        await tenant.ask(Cancel(booking_id=first.id, sequence=2, reason="Holiday"))
    ).outcome == "accepted"
    order = of_series(
        first.id,
        sequence=3,
        base_version=first.version,
        start=first.start + HOUR,
        end=first.end + HOUR,
    )
    result = await tenant.ask(order)
    assert (result.outcome, result.text) == ("accepted", "")
    assert [(each.id, each.start) for each in meetings(tenant)] == [
        (each.id, each.start + HOUR) for each in (second, third)
    ]


async def test_the_whole_series_gets_another_subject(tenant: Tenant) -> None:
    first, *_ = found = await booked(tenant)
    result = await tenant.ask(
        of_series(
            first.series_id,
            base_version=max(each.version for each in found),
            subject="Renamed",
        )
    )
    assert (result.outcome, result.text) == ("accepted", "")
    assert {each.subject for each in meetings(tenant)} == {"Renamed"}
    assert {each["subject"] for each in await tenant.calendar(MARA["id"])} == {"Renamed"}


@pytest.mark.parametrize("by", [MARA["address"], GUEST])
async def test_the_whole_series_is_cancelled(tenant: Tenant, by: str) -> None:
    first, *_ = await booked(tenant, by=by)
    result = await tenant.ask(
        Cancel(booking_id=first.series_id, sequence=2, reason="Over", scope="series")  # type: ignore[arg-type] # it has one
    )
    assert (result.outcome, result.text) == ("accepted", "")
    assert meetings(tenant) == []
    assert await tenant.calendar() == []
    assert await tenant.calendar(MARA["id"]) == []


async def outlooks_series(tenant: Tenant) -> list[Booking]:
    recurrence = {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [f"{TOMORROW:%A}".lower()]},
        "range": {
            "type": "numbered",
            "startDate": f"{TOMORROW:%Y-%m-%d}",
            "numberOfOccurrences": 3,
        },
    }
    await tenant.meeting(recurrence=recurrence)
    await tenant.until(lambda: [each.status for each in meetings(tenant)] == ["confirmed"] * 3)
    return meetings(tenant)


async def test_a_meeting_of_a_series_made_in_outlook_moves(tenant: Tenant) -> None:
    _, second, _ = await outlooks_series(tenant)
    moved = await tenant.ask(
        Change(
            booking_id=second.id,
            sequence=1,
            base_version=second.version,
            start=second.start + HOUR,
            end=second.end + HOUR,
        )
    )
    assert moved.outcome == "accepted"
    starts = [each["start"] for each in await tenant.calendar(MARA["id"])]
    assert f"{wall(TOMORROW + WEEK + HOUR)}Z" in starts


async def test_a_series_made_in_outlook_moves_and_is_cancelled_as_a_whole(tenant: Tenant) -> None:
    first, *_ = found = await outlooks_series(tenant)
    order = of_series(
        first.id,
        sequence=1,
        base_version=max(each.version for each in found),
        start=first.start + HOUR,
        end=first.end + HOUR,
    )
    result = await tenant.ask(order)
    assert (result.outcome, result.text) == ("accepted", "")
    await tenant.until(lambda: all(each.status == "confirmed" for each in meetings(tenant)))
    assert [each.start for each in meetings(tenant)] == [
        TOMORROW + HOUR + WEEK * number for number in range(3)
    ]
    over = Cancel(booking_id=first.series_id, sequence=2, reason="Over", scope="series")  # type: ignore[arg-type] # it has one
    assert (await tenant.ask(over)).outcome == "accepted"
    assert await tenant.calendar(MARA["id"]) == []
    assert meetings(tenant) == []


async def test_a_series_that_collides_is_refused_and_says_where(tenant: Tenant) -> None:
    await tenant.meeting(TOMORROW + WEEK)
    await tenant.until(lambda: "confirmed" in tenant.statuses())
    for by in (MARA["address"], GUEST):
        result = await tenant.ask(tenant.book(recurrence=RULE, by=by))
        assert (result.outcome, result.reason) == ("rejected", "overlap")
        assert "1 of the 3 times" in result.text
        assert f"{TOMORROW + WEEK:%d %B}" in result.text


async def test_a_series_that_the_room_declines_leaves_nothing_behind(tenant: Tenant) -> None:
    endless = RULE.replace(
        ";COUNT=3", ""
    )  # longer than the room's booking window: graph-calendar §2.6
    result = await tenant.ask(tenant.book(recurrence=endless))
    assert (result.outcome, result.reason) == ("rejected", "room_declined")
    async with asyncio.timeout(10):
        while await tenant.calendar(MARA["id"]):  # noqa: ASYNC110  # the simulator sets no event here
            await asyncio.sleep(0.05)
    assert tenant.living() == []


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("FREQ=HOURLY", "daily, weekly, monthly or yearly"),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "up to the 28th"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20301231", "not both"),
        ("FREQ=WEEKLY;BYDAY=XX", "list of weekdays"),
        ("FREQ=DAILY;BYHOUR=9", "BYHOUR"),
    ],
)
async def test_a_rule_that_outlook_cannot_keep_is_refused_with_the_reason(
    tenant: Tenant, rule: str, says: str
) -> None:
    result = await tenant.ask(tenant.book(recurrence=rule, booking_id=uuid4()))
    assert (result.outcome, result.reason) == ("rejected", "invalid")
    assert says in result.text

"""Rooms blocked for a whole day of another zone than UTC, and guests who ask for an hour of it."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pgstore.testing import TestDatabase

from .sync_tenant import BOB, TOMORROW, Tenant, running_tenant, wall
from .waiting import until

GUEST = "guest@elsewhere.test"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# An hour of the blocked day whose date in UTC is another one.
HOURS = [("Australia/Sydney", 9), ("America/New_York", 21)]


@pytest.fixture
async def tenant(database: TestDatabase) -> AsyncIterator[Tenant]:
    async with running_tenant(database) as made:
        yield made


def at(zone: str, hour: int) -> datetime:
    """The hour by the zone's clock on the day that is blocked."""
    day = TOMORROW + 2 * DAY
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(zone))


async def block(tenant: Tenant, zone: str) -> None:
    await tenant.meeting(
        at("UTC", 0), 24, all_day=True, time_zone=zone, organizer=BOB["address"], subject="Fair"
    )


async def shown(tenant: Tenant, responses: list[str]) -> None:
    """The room's calendar shows meetings that it answered like this."""

    async def answered() -> bool:
        return [row["response"] for row in await tenant.calendar()] == responses

    await until(answered, seconds=10)


async def writes(tenant: Tenant) -> dict[str, int]:
    report = await tenant.outlook("GET", "report")
    return {kind: count for kind, count in report["writes"].items() if count}


@pytest.mark.parametrize(("zone", "hour"), HOURS)
async def test_an_hour_of_a_blocked_day_is_refused_before_anything_is_written(
    tenant: Tenant, zone: str, hour: int
) -> None:
    await block(tenant, zone)
    await tenant.until(lambda: "confirmed" in tenant.statuses())
    [blocked] = tenant.living()
    assert wall(blocked.start) == wall(at("UTC", 0))  # the dates stay
    taken = at(zone, hour)
    result = await tenant.ask(tenant.book(taken, by=GUEST))
    assert (result.outcome, result.reason) == ("rejected", "overlap")
    assert result.alternatives
    assert all(
        each.end <= at(zone, 0) or each.start >= at(zone, 0) + DAY for each in result.alternatives
    )
    assert await writes(tenant) == {}
    free = taken + (DAY if hour < 12 else -DAY)  # what the same dates in UTC would take
    assert (await tenant.ask(tenant.book(free, by=GUEST))).outcome == "accepted"
    assert {each.status for each in tenant.living()} == {"confirmed"}


@pytest.mark.parametrize(("zone", "hour"), HOURS)
async def test_a_day_blocked_unseen_is_found_by_the_second_look(
    tenant: Tenant, zone: str, hour: int
) -> None:
    await tenant.outlook("POST", "pause-deliveries", {"paused": True})
    await block(tenant, zone)
    await shown(tenant, ["accepted"])
    result = await tenant.ask(tenant.book(at(zone, hour), by=GUEST))
    assert (result.outcome, result.reason) == ("rejected", "overlap")
    await shown(tenant, ["accepted"])
    assert await writes(tenant) == {"POST events": 1, "DELETE events": 1}


@pytest.mark.parametrize(("zone", "hour"), HOURS)
async def test_a_day_is_not_blocked_by_a_command_where_an_hour_of_it_is_taken(
    tenant: Tenant, zone: str, hour: int
) -> None:
    await tenant.meeting(at(zone, hour).astimezone(ZoneInfo("UTC")))
    await tenant.until(lambda: "confirmed" in tenant.statuses())
    midnight = at("UTC", 0)
    day = tenant.book(midnight, by=GUEST, end=midnight + DAY, all_day=True, time_zone=zone)
    result = await tenant.ask(day)
    assert (result.outcome, result.reason) == ("rejected", "overlap")
    assert await writes(tenant) == {}

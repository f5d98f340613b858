"""A simulated tenant over HTTPS, notifications through the real ingress, and the whole worker."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from pgstore.testing import TestDatabase

from .sync_tenant import TOMORROW, Tenant, running_tenant, wall


@pytest.fixture
async def tenant(database: TestDatabase) -> AsyncIterator[Tenant]:
    async with running_tenant(database) as made:
        yield made


async def test_a_meeting_is_pending_then_confirmed_moved_and_cancelled(tenant: Tenant) -> None:
    event_id = await tenant.meeting()
    await tenant.until(lambda: "confirmed" in tenant.statuses())
    later = TOMORROW + timedelta(hours=3)
    await tenant.change(event_id, start=wall(later), end=wall(later + timedelta(hours=1)))
    await tenant.until(lambda: any(b.start == later for b in tenant.living()))
    await tenant.change(event_id, cancel=True)
    await tenant.until(lambda: tenant.living() == [])
    assert {b.subject for b in tenant.received} == {"Mara Lind"}
    versions = [b.version for b in tenant.received]
    assert versions == sorted(set(versions))
    report = await tenant.outlook("GET", "report")
    assert set(report["event_gets"].values()) <= {1}


async def test_a_series_with_an_exception_and_a_cancelled_occurrence(tenant: Tenant) -> None:
    event_id = await tenant.meeting(
        recurrence={
            "pattern": {"type": "daily", "interval": 1},
            "range": {"type": "numbered", "numberOfOccurrences": 5},
        }
    )
    await tenant.until(lambda: [b.status for b in tenant.living()] == ["confirmed"] * 5)
    second, third = (str((TOMORROW + timedelta(days=day)).date()) for day in (1, 2))
    moved = TOMORROW + timedelta(days=1, hours=4)
    await tenant.change(
        event_id, occurrence=second, start=wall(moved), end=wall(moved + timedelta(hours=1))
    )
    await tenant.until(lambda: any(b.start == moved for b in tenant.living()))
    await tenant.change(event_id, occurrence=third, cancel=True)
    await tenant.until(lambda: len(tenant.living()) == 4)
    assert len({b.series_id for b in tenant.received}) == 1
    assert len(tenant.latest()) == 5


async def test_an_all_day_meeting_keeps_its_dates_and_a_free_one_occupies_nothing(
    tenant: Tenant,
) -> None:
    midnight = TOMORROW.replace(hour=0) + timedelta(days=2)
    await tenant.meeting(midnight, 24, all_day=True, subject="Fair")
    await tenant.meeting(TOMORROW, show_as="free")
    # Unanswered it shows as tentative, whatever the organiser asked for: told, then taken back.
    await tenant.until(
        lambda: [(b.all_day, b.status) for b in tenant.living()] == [(True, "confirmed")]
    )
    [booking] = tenant.living()
    assert (booking.start, booking.end) == (midnight, midnight + timedelta(days=1))


async def test_a_throttled_read_is_made_later(tenant: Tenant) -> None:
    await tenant.outlook(
        "POST",
        "faults",
        {
            "match": {"method": "GET", "path": "/events/"},
            "status": 429,
            "retry_after": 1,
            "times": 2,
        },
    )
    await tenant.meeting()
    await tenant.until(lambda: "confirmed" in tenant.statuses())
    report = await tenant.outlook("GET", "report")
    assert report["faults"][0]["fired"] > 0

"""The calendar: an office's day and a room's week, booking, changing, cancelling."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest_asyncio
from playwright.async_api import Browser, expect

from ..e2e.office import Office
from ..e2e.processes import until
from .premises import Account, Premises
from .visitor import visiting

BERLIN = ZoneInfo("Europe/Berlin")


@dataclass
class Scene:
    """An office with rooms, and a day of it that nothing else uses."""

    office: Office
    account: Account
    member: Account

    def at(self, day: int, clock: str) -> datetime:
        """That time, so many days from the Monday after next."""
        today = datetime.now(BERLIN).date()
        monday = today + timedelta(days=14 - today.weekday())
        return datetime.combine(monday + timedelta(days=day), time.fromisoformat(clock), BERLIN)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def scene(premises: Premises) -> AsyncIterator[Scene]:
    office, account = await premises.office("calendar", rooms=4)
    yield Scene(office, account, await premises.member(office.portal))


async def test_look(scene: Scene, premises: Premises, browser: Browser) -> None:
    rooms = list(scene.office.rooms.items())
    meet = scene.office.meet
    await meet(rooms[0][1], scene.at(0, "09:00"), 60, "Weekly planning", None)
    await meet(rooms[0][1], scene.at(0, "11:00"), 15, "Stand-up")
    await meet(rooms[1][1], scene.at(0, "09:30"), 90, "Interview", None)
    await meet(rooms[1][1], scene.at(0, "13:00"), 60, "Budget", None)
    await meet(rooms[1][1], scene.at(0, "13:30"), 60, "Roadmap", None)
    await meet(rooms[2][1], scene.at(0, "22:00"), 240, "Night shift", None)
    await meet(rooms[3][1], scene.at(0, "10:00"), 120, "W" * 255, None)
    day = scene.at(0, "00:00").date()
    start, end = scene.at(0, "00:00"), scene.at(1, "12:00")

    async def there() -> bool:
        found = 0
        for room in scene.office.rooms:
            path = f"/api/rooms/{room}/bookings?from={start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}&to={end.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
            found += len((await scene.office.portal.call("GET", path))["items"])
        return found == 7

    await until(there)
    for phone in (False, True):
        async with visiting(browser, premises.origin, scene.member.token, phone=phone) as visitor:
            name = "phone" if phone else "desktop"
            await visitor.open(f"/bookings?day={day}")
            await visitor.live()
            await visitor.shot(f"bookings-day-{name}")
            assert await visitor.barriers() == []
            await visitor.page.emulate_media(color_scheme="dark")
            await visitor.shot(f"bookings-day-{name}-dark")
            await visitor.page.emulate_media(color_scheme="light")
            await visitor.open(f"/bookings?room={rooms[0][0]}&day={day}")
            await visitor.shot(f"bookings-week-{name}")
            assert await visitor.barriers() == []
            await visitor.page.get_by_role("link", name="Book a room").click()
            await expect(visitor.page.get_by_role("dialog")).to_be_visible()
            await visitor.shot(f"bookings-new-{name}")
            assert await visitor.barriers() == []
            await visitor.page.get_by_role("button", name="Close").click()
            await visitor.page.get_by_role("link", name="Weekly planning").click()
            await expect(visitor.page.get_by_role("dialog")).to_be_visible()
            await visitor.shot(f"bookings-panel-{name}")
            assert await visitor.barriers() == []

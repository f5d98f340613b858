"""What is stopped on a page stops, leaves Outlook alone, and goes on without loss: the whole integration, or one room."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from playwright.async_api import Browser, Page, expect

from ..e2e.office import Office
from ..e2e.processes import until
from .calendar import card
from .premises import Premises
from .visitor import PATIENCE_MS, visiting

INTEGRATION = "/settings/apps/office-365"
ROOMS = "/settings/meeting-rooms"


def in_two_days(hour: int) -> datetime:
    day = datetime.now(UTC).date() + timedelta(days=2)
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


async def subscriptions(office: Office) -> int:
    """How many of this tenant Microsoft has."""
    listed = (await office.sim.call("GET", "/_sim/subscriptions"))["items"]
    return sum(each["tenant"] == str(office.tenant) for each in listed)


async def subjects(office: Office, mailbox: UUID) -> list[str]:
    """What Outlook shows in a room."""
    return sorted(row["subject"] for row in await office.shown(mailbox))


async def shows(page: Page, *wanted: str) -> None:
    """The calendar has just these in two days."""
    await expect(page.locator("#calendar li.booking")).to_have_count(len(wanted))
    for subject in wanted:
        await expect(card(page, subject)).to_be_visible()


async def test_switched_off_nothing_is_asked_of_microsoft_and_switched_on_again_nothing_is_missing(
    premises: Premises, browser: Browser
) -> None:
    office, account = await premises.office("pausing", rooms=1)

    async def none_is_left() -> bool:
        return await subscriptions(office) == 0

    [mailbox] = office.mailboxes
    await office.meet(mailbox, in_two_days(9), 60, "Before", None)
    assert not await none_is_left()
    calendar = f"/bookings?day={in_two_days(9).date()}"
    async with visiting(browser, premises.origin, account.token) as visitor:
        page = visitor.page
        await visitor.open(calendar)
        await visitor.live()
        await shows(page, "Before")
        await visitor.open(INTEGRATION)
        switch = page.get_by_role("switch", name="Enable Office 365 Calendar Integration")
        await switch.click()
        await page.get_by_role("button", name="Switch off").click()
        await expect(switch).not_to_be_checked()
        async with asyncio.timeout(PATIENCE_MS / 1000):
            await until(none_is_left)
        await office.meet(mailbox, in_two_days(11), 60, "Meanwhile", None)
        await visitor.open(calendar)
        await shows(page, "Before")
        await visitor.open(INTEGRATION)
        await switch.click()
        await expect(switch).to_be_checked()
        await visitor.open(calendar)
        await shows(page, "Before", "Meanwhile")
    assert await subjects(office, mailbox) == ["Before", "Meanwhile"]


async def test_a_removed_room_leaves_outlook_as_it_is_and_imported_again_it_goes_on(
    premises: Premises, browser: Browser
) -> None:
    office, account = await premises.office("returning", rooms=2)
    room, mailbox = next(iter(office.rooms.items()))
    await office.meet(mailbox, in_two_days(9), 60, "Before", None)
    calendar = f"/bookings?day={in_two_days(9).date()}"
    async with visiting(browser, premises.origin, account.token) as visitor:
        page = visitor.page
        await visitor.open(calendar)
        await visitor.live()
        await shows(page, "Before")
        page.on("dialog", lambda dialog: dialog.accept())
        await visitor.open(f"{ROOMS}/{room}")
        await page.get_by_role("button", name="Remove room").click()
        await expect(page.get_by_role("status")).to_contain_text("is removed")
        await office.meet(mailbox, in_two_days(11), 60, "Meanwhile", None)
        await visitor.open(calendar)
        await shows(page)
        assert await subjects(office, mailbox) == ["Before", "Meanwhile"]

        await visitor.open(f"{ROOMS}/import")
        listed = page.locator(f"#m-{mailbox}")
        await listed.get_by_role("button", name="Import").click()
        await expect(listed).to_contain_text("Imported")
        await visitor.open(calendar)
        await shows(page, "Before", "Meanwhile")
        await visitor.open(f"{ROOMS}/{room}")
        await expect(page.get_by_role("heading", name="Live")).to_be_visible()
    assert await subjects(office, mailbox) == ["Before", "Meanwhile"]

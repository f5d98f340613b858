"""Records: what the sync did, double bookings, one booking's history, and who changed what."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest_asyncio
from playwright.async_api import Browser, expect

from ..e2e.office import Office
from .premises import Account, Premises
from .visitor import visiting


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(premises: Premises) -> AsyncIterator[tuple[Office, Account]]:
    """One connected organisation with a live room."""
    yield await premises.office("records", rooms=1)


def soon(hours: float) -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)


async def test_what_the_sync_does_shows_by_itself_and_leads_to_the_bookings_history(
    premises: Premises, browser: Browser, house: tuple[Office, Account]
) -> None:
    office, account = house
    [(room, mailbox)] = office.rooms.items()
    async with visiting(browser, premises.origin, account.token) as visitor:
        page = visitor.page
        await visitor.open("/activity")
        await visitor.live()
        await office.meet(mailbox, soon(50), subject="Quarterly figures")
        line = page.get_by_role("row").filter(has_text="Confirmed (seen in Outlook)")
        await expect(line.first).to_be_visible()
        await expect(line.first.get_by_role("link").first).to_have_attribute(
            "href", f"/settings/meeting-rooms/{room}"
        )
        await expect(page.locator("main")).not_to_contain_text("Quarterly figures")
        await visitor.shot("activity")
        assert await visitor.barriers() == []
        await line.first.get_by_role("link", name="History").click()
        await expect(page.get_by_role("heading", name="Confirmed")).to_be_visible()
        story = page.get_by_role("region", name="What happened")
        await expect(story).to_contain_text("Microsoft said that the event changed")
        await expect(story).to_contain_text("The event was read")
        await expect(story).to_contain_text("Confirmed")
        await visitor.shot("booking-history")
        assert await visitor.barriers() == []


async def test_a_request_of_ones_own_is_told_from_asking_to_the_end(
    premises: Premises, browser: Browser, house: tuple[Office, Account]
) -> None:
    office, account = house
    [room] = office.rooms
    start = soon(60)
    body = {
        "start": start.isoformat(),
        "end": (start + timedelta(hours=1)).isoformat(),
        "subject": "Ours",
    }
    booked = await office.portal.call("POST", f"/api/rooms/{room}/bookings", body)
    booking = booked.get("id") or booked["booking_id"]
    async with visiting(browser, premises.origin, account.token, phone=True) as visitor:
        page = visitor.page
        await visitor.open("/activity")
        await expect(page.get_by_text("The request was carried out").first).to_be_visible(
            timeout=20_000
        )
        await visitor.shot("activity-phone")
        await visitor.open(f"/activity/bookings/{booking}")
        story = page.get_by_role("region", name="What happened")
        await expect(story).to_contain_text("Asked to book in the portal")
        await expect(story).to_contain_text("Making the event")
        await visitor.shot("booking-history-phone")
        assert await visitor.barriers() == []


async def test_a_double_booking_shows_both_sides_and_goes_when_one_goes(
    premises: Premises, browser: Browser, house: tuple[Office, Account]
) -> None:
    office, account = house
    [(room, mailbox)] = office.rooms.items()
    start = soon(70)
    async with visiting(browser, premises.origin, account.token) as visitor:
        page = visitor.page
        await visitor.open("/activity")
        await visitor.live()
        await office.meet(mailbox, start, 60, subject="Board", organizer=None)
        other = await office.meet(
            mailbox, start + timedelta(minutes=30), 60, subject="Lunch", organizer=None
        )
        conflict = page.get_by_role("region", name="Double bookings").get_by_role("listitem")
        await expect(conflict.first).to_contain_text("Board", timeout=20_000)
        await expect(conflict.first).to_contain_text("Lunch")
        await expect(conflict.first).to_contain_text("found")
        await expect(conflict.first).to_contain_text("Times of Europe/Berlin")
        await expect(page.get_by_role("link", name="Open in Bookings")).to_have_attribute(
            "href", re.compile(rf"^/bookings\?room={room}&day=\d{{4}}-\d\d-\d\d$")
        )
        await visitor.shot("conflicts")
        assert await visitor.barriers() == []
        await office.cancel(mailbox, other)
        await expect(page.get_by_role("region", name="Double bookings")).to_have_count(
            0, timeout=20_000
        )


async def test_activity_is_paged_and_says_when_there_is_none(
    premises: Premises, browser: Browser, house: tuple[Office, Account]
) -> None:
    office, account = house
    [(_, mailbox)] = office.rooms.items()
    for hour in range(100, 152):
        await office.meet(mailbox, soon(hour), organizer=None)
    _, fresh = await premises.organisation("nothing-done")
    async with visiting(browser, premises.origin, fresh.token) as visitor:
        await visitor.open("/activity")
        await expect(visitor.page.get_by_role("heading", name="Nothing yet")).to_be_visible()
        await visitor.shot("activity-empty")
        assert await visitor.barriers() == []
    async with visiting(browser, premises.origin, account.token) as visitor:
        page = visitor.page
        await visitor.open("/activity")
        await page.get_by_role("link", name="Older").click(timeout=30_000)
        await expect(page).to_have_url(re.compile(r"before=\d+$"))
        await expect(page.get_by_role("row").nth(1)).to_be_visible()
        await page.get_by_role("link", name="Newest").click()
        await expect(page).to_have_url(premises.origin + "/activity")


async def test_the_audit_names_people_and_things_in_words(
    premises: Premises, browser: Browser, house: tuple[Office, Account]
) -> None:
    office, account = house
    [room] = office.rooms
    name = (await office.portal.call("GET", f"/api/rooms/{room}"))["name"]
    await office.portal.call("POST", f"/api/rooms/{room}/resync", {})
    gone = await premises.member(office.portal)
    people = (await office.portal.call("GET", "/api/users"))["items"]
    [user] = [each["id"] for each in people if each["email"] == gone.email]
    await office.portal.call("DELETE", f"/api/users/{user}")
    async with visiting(browser, premises.origin, account.token) as visitor:
        page = visitor.page
        await visitor.open("/audit")
        first = page.get_by_role("row").nth(1)
        await expect(first).to_contain_text(account.email)
        await expect(first).to_contain_text(f"removed the user {gone.email}")
        await expect(page.get_by_role("row").filter(has_text=gone.email).last).to_contain_text(
            "added the user"
        )
        rows = page.get_by_role("row")
        await expect(
            rows.filter(has_text=f"had the whole calendar of the room {name} read again")
        ).to_have_count(1)
        await expect(rows.filter(has_text=f"imported the room {name}")).to_have_count(1)
        await expect(rows.filter(has_text="added the office HQ")).to_have_count(1)
        await visitor.shot("audit")
        assert await visitor.barriers() == []
    async with visiting(browser, premises.origin, account.token, phone=True) as visitor:
        await visitor.open("/audit")
        await visitor.shot("audit-phone")

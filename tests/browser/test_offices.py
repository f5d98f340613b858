"""Settings → Offices: time zones, opening hours, and what may be removed."""

import re

from playwright.async_api import Browser, Page, expect

from .premises import Premises
from .visitor import visiting


async def _add(page: Page, name: str, zone: str | None = None) -> None:
    await page.get_by_label("Name").fill(name)
    if zone is not None:
        await page.get_by_label("Time zone").fill(zone)
    await page.get_by_role("button", name="Add office").click()


async def test_the_first_office_has_the_browsers_time_zone_and_leads_on_to_its_rooms(
    premises: Premises, browser: Browser
) -> None:
    _, account = await premises.organisation("first-office")
    async with visiting(
        browser, premises.origin, account.token, timezone_id="America/New_York"
    ) as visitor:
        page = visitor.page
        await visitor.open("/settings/offices")
        await expect(page.get_by_role("heading", name="No office yet")).to_be_visible()
        await expect(page.get_by_label("Time zone")).to_have_value("America/New_York")
        await visitor.shot("offices-empty")
        assert await visitor.barriers() == []
        await _add(page, "New York")
        await expect(page.get_by_role("status")).to_have_text("Office New York added.")
        card = page.get_by_role("region", name="New York")
        await expect(card).to_contain_text("America/New_York")
        await expect(card).to_contain_text("08:00 to 18:00")
        await expect(card.get_by_role("link", name="Import rooms")).to_have_attribute(
            "href", re.compile(r"^/settings/meeting-rooms/import\?office=")
        )
        assert await visitor.barriers() == []


async def test_the_zones_to_choose_from_are_places(premises: Premises, browser: Browser) -> None:
    _, account = await premises.organisation("zones")
    async with visiting(browser, premises.origin, account.token) as visitor:
        await visitor.open("/settings/offices")
        zones = await visitor.page.locator("#zones option").evaluate_all(
            "options => options.map(each => each.value)"
        )
    assert {"Europe/Berlin", "Asia/Kolkata", "America/Argentina/Buenos_Aires", "UTC"} <= set(zones)
    assert not [zone for zone in zones if "/" not in zone and zone != "UTC"]


async def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    premises: Premises, browser: Browser
) -> None:
    _, account = await premises.organisation("wrong-office")
    async with visiting(browser, premises.origin, account.token) as visitor:
        visitor.refusals_expected = True
        page = visitor.page
        await visitor.open("/settings/offices")
        await page.get_by_label("Opens").fill("09:30")
        await page.get_by_label("Closes").fill("09:00")
        await _add(page, "Berlin", "Europe/Belrin")
        zone = page.get_by_label("Time zone")
        await expect(zone).to_have_attribute("aria-invalid", "true")
        await expect(zone).to_have_value("Europe/Belrin")
        await expect(page.get_by_text("Is not a time zone of the IANA database")).to_be_visible()
        await expect(page.get_by_text("Must be later than opens.")).to_be_visible()
        await expect(page.get_by_label("Name")).to_have_value("Berlin")
        await expect(page.get_by_role("alert")).to_be_focused()
        await visitor.shot("offices-wrong")
        assert await visitor.barriers() == []


async def test_an_office_is_edited_and_removed_but_not_under_its_rooms(
    premises: Premises, browser: Browser
) -> None:
    office, account = await premises.office("hours", rooms=1)
    async with visiting(browser, premises.origin, account.token) as visitor:
        visitor.refusals_expected = True
        page = visitor.page
        page.on("dialog", lambda dialog: dialog.accept())
        await visitor.open("/settings/offices")
        await visitor.shot("offices")
        await page.get_by_role("link", name="Edit HQ").click()
        await page.get_by_label("Opens").fill("07:15")
        await page.get_by_label("Time zone").fill("Europe/London")
        await page.get_by_role("button", name="Save").click()
        card = page.get_by_role("region", name="HQ")
        await expect(card).to_contain_text("07:15 to 18:00")
        await expect(card).to_contain_text("Europe/London")

        await page.get_by_role("link", name="Edit HQ").click()
        await visitor.shot("office")
        assert await visitor.barriers() == []
        await page.get_by_role("button", name="Remove office").click()
        await expect(page.get_by_role("alert")).to_have_text(
            "The office still has 1 room: move or remove it first."
        )
        [room] = office.rooms
        await office.portal.call("DELETE", f"/api/rooms/{room}")
        await page.get_by_role("button", name="Remove office").click()
        await expect(page.get_by_role("status")).to_have_text("Office removed.")
        await expect(page.get_by_role("heading", name="No office yet")).to_be_visible()

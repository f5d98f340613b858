"""Signing in and out, and the frame of every page."""

import re

from playwright.async_api import Browser, expect

from .premises import Premises
from .visitor import visiting


async def test_a_person_signs_in_sees_the_overview_and_signs_out(
    premises: Premises, browser: Browser
) -> None:
    _, account = await premises.organisation("doorstep")
    async with visiting(browser, premises.origin) as visitor:
        page = visitor.page
        await visitor.open("/?from=mail")
        await expect(page).to_have_url(re.compile(r"/sign-in\?to="))
        await visitor.shot("sign-in")
        assert await visitor.barriers() == []
        await page.get_by_label("E-mail address").fill(account.email)
        await page.get_by_label("Password").fill(account.password)
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(premises.origin + "/?from=mail")
        await visitor.open("/")
        await expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        await visitor.live()
        await visitor.shot("overview-first")
        assert await visitor.barriers() == []
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_text("Signed out.")).to_be_visible()
        await visitor.open("/")
        await expect(page).to_have_url(premises.origin + "/sign-in")


async def test_a_wrong_password_is_told_and_nothing_but_the_address_is_kept(
    premises: Premises, browser: Browser
) -> None:
    _, account = await premises.organisation("wrong-password")
    async with visiting(browser, premises.origin) as visitor:
        visitor.refusals_expected = True
        page = visitor.page
        await visitor.open("/sign-in")
        await page.get_by_label("E-mail address").fill(account.email)
        await page.get_by_label("Password").fill("not this one at all")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_have_text("E-mail address or password is wrong.")
        await expect(page.get_by_label("E-mail address")).to_have_value(account.email)
        await expect(page.get_by_label("Password")).to_have_value("")


async def test_on_a_phone_the_menu_opens_and_closes_by_keyboard(
    premises: Premises, browser: Browser
) -> None:
    _, account = await premises.organisation("phone")
    async with visiting(browser, premises.origin, account.token, phone=True) as visitor:
        page = visitor.page
        await visitor.open("/")
        menu = page.get_by_role("navigation", name="Main")
        await expect(menu).to_be_hidden()
        await page.get_by_role("button", name="Menu").press("Enter")
        await expect(menu).to_be_visible()
        await visitor.shot("menu-phone")
        await page.keyboard.press("Escape")
        await expect(menu).to_be_hidden()
        await expect(page.get_by_role("button", name="Menu")).to_be_focused()

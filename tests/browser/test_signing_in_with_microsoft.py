"""Signing in with Microsoft, at the simulator's account picker."""

import re
from dataclasses import dataclass
from uuid import uuid4

import pytest_asyncio
from playwright.async_api import Browser, expect

from .premises import Account, Premises
from .visitor import Visitor, visiting


@dataclass(slots=True)
class Desk:
    """A tenant that a member of ours works in, under the very address that we know them by."""

    account: Account
    administrator: Account
    stranger: str
    """Somebody of the tenant whom nobody has added here."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(premises: Premises) -> Desk:
    office, administrator = await premises.connected("microsoft", 1)
    member = await premises.member(office.portal)
    person = {"id": str(uuid4()), "address": member.email, "name": "Mia Member"}
    await premises.sim.call(
        "POST", "/_sim/tenants", {"tenant_id": str(office.tenant), "users": [person]}
    )
    return Desk(member, administrator, office.people[0])


async def _at_microsoft(visitor: Visitor) -> None:
    await visitor.page.get_by_role("link", name="Sign in with Microsoft").click()
    await expect(visitor.page.get_by_role("heading", name="Pick an account")).to_be_visible()


async def test_a_person_picks_their_account_at_microsoft_and_ends_on_the_page_they_wanted(
    premises: Premises, browser: Browser, desk: Desk
) -> None:
    # The simulator's certificate is its own: a person's browser knows Microsoft's.
    async with visiting(
        browser, premises.origin, elsewhere=premises.sim.origin, ignore_https_errors=True
    ) as visitor:
        page = visitor.page
        await visitor.open("/bookings?day=2027-01-11")
        await expect(page).to_have_url(re.compile(r"/sign-in\?to="))
        await visitor.shot("sign-in-with-microsoft")
        assert await visitor.barriers() == []
        await _at_microsoft(visitor)
        await visitor.shot("simulated-microsoft")
        await page.get_by_role("button", name=desk.account.email).click()
        await expect(page).to_have_url(premises.origin + "/bookings?day=2027-01-11")
        await expect(page.get_by_text(desk.account.email)).to_be_visible()
        await visitor.live()
        # Neither code nor state stays in the history that a person can see.
        await page.reload()
        await expect(page).to_have_url(premises.origin + "/bookings?day=2027-01-11")
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_text("Signed out.")).to_be_visible()
    async with visiting(browser, premises.origin, desk.administrator.token) as visitor:
        await visitor.open("/audit")
        await expect(visitor.page.get_by_text("with Microsoft").first).to_be_visible()
        await expect(
            visitor.page.get_by_text("was linked to their account at Microsoft")
        ).to_be_visible()
        await visitor.open("/settings/users")
        row = visitor.page.get_by_role("row").filter(has_text=desk.account.email)
        await expect(row).to_contain_text("Linked")
        await visitor.shot("users-linked")
        assert await visitor.barriers() == []


async def test_by_keyboard_on_a_phone_whoever_is_not_known_here_is_told_what_to_do(
    premises: Premises, browser: Browser, desk: Desk
) -> None:
    async with visiting(
        browser,
        premises.origin,
        phone=True,
        elsewhere=premises.sim.origin,
        ignore_https_errors=True,
    ) as visitor:
        page = visitor.page
        await visitor.open("/sign-in?to=%2Fplan")
        for _ in range(3):  # password, the button, and on to Microsoft
            await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Sign in with Microsoft")).to_be_focused()
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name=desk.stranger).press("Enter")
        told = page.get_by_role("alert")
        await expect(told).to_contain_text("that account is not known here")
        await expect(told).to_be_focused()
        await visitor.shot("sign-in-with-microsoft-unknown-phone")
        assert await visitor.barriers() == []
        # And it can be tried again, the page that was wanted still known.
        await _at_microsoft(visitor)
        await page.get_by_role("button", name=desk.account.email).click()
        await expect(page).to_have_url(premises.origin + "/plan")


async def test_whoever_cancels_at_microsoft_is_back_at_the_sign_in_page(
    premises: Premises, browser: Browser, desk: Desk
) -> None:
    async with visiting(
        browser, premises.origin, elsewhere=premises.sim.origin, ignore_https_errors=True
    ) as visitor:
        page = visitor.page
        await visitor.open("/sign-in")
        await _at_microsoft(visitor)
        await page.get_by_role("button", name="Cancel").click()
        await expect(page.get_by_role("alert")).to_contain_text("You cancelled at Microsoft")
        await visitor.shot("sign-in-with-microsoft-cancelled")
        # A password works all the same.
        await page.get_by_label("E-mail address").fill(desk.account.email)
        await page.get_by_label("Password").fill(desk.account.password)
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(premises.origin + "/")

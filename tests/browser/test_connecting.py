"""Office 365 Integration: saving, testing, renewing and switching off, as an administrator does it."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from ..e2e.office import Api, Office
from ..unit.graphsim.credentials import credential
from .premises import Account, Premises
from .visitor import visiting

PATH = "/settings/apps/office-365"


@dataclass(slots=True)
class Newcomer:
    """An organisation that has connected nothing yet, its administrator, and the tenant that it has."""

    api: Api
    account: Account
    tenant: Office

    async def save(self, **more: Any) -> None:
        """Save the integration by REST."""
        body = {
            "enabled": True,
            "tenant_id": str(self.tenant.tenant),
            "client_id": str(self.tenant.client),
            "client_secret": self.tenant.secret,
        }
        await self.api.call("PUT", "/api/integration", body | more)

    async def app(self, **what: Any) -> None:
        """Change the app's registration in Entra."""
        app = {"client_id": str(self.tenant.client), **what}
        body = {"tenant_id": str(self.tenant.tenant), "apps": [app]}
        await self.tenant.sim.call("POST", "/_sim/tenants", body)


async def newcomer(premises: Premises, name: str) -> Newcomer:
    api, account = await premises.organisation(name)
    return Newcomer(api, account, await premises.tenant(f"{name}-{uuid4().hex[:6]}"))


async def enter(page: Page, made: Newcomer, secret: str) -> None:
    await page.get_by_label("Client ID").fill(str(made.tenant.client))
    await page.get_by_label("Client Secret").fill(secret)
    await page.get_by_label("Tenant ID").fill(str(made.tenant.tenant))
    await page.get_by_role("button", name="Save").click()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def connected(premises: Premises) -> AsyncIterator[Newcomer]:
    """Saved and tested green, with a secret that ends in 20 days."""
    made = await newcomer(premises, "connected")
    ends = datetime.now(UTC) + timedelta(days=20, hours=1)
    await made.app(secret=made.tenant.secret, secret_ends=f"{ends:%Y-%m-%dT%H:%M:%SZ}")
    await made.save(secret_expires_at=f"{ends:%Y-%m-%dT%H:%M:%SZ}")
    assert (await made.api.call("POST", "/api/integration/test", {}))["ok"]
    yield made


async def test_an_administrator_saves_three_values_and_sees_every_check_turn_green(
    premises: Premises, browser: Browser
) -> None:
    made = await newcomer(premises, "first")
    async with visiting(browser, premises.origin, made.account.token) as visitor:
        page = visitor.page
        await visitor.open(PATH)
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Not connected")
        await expect(page.get_by_role("switch", name="Enable Office 365")).to_be_checked()
        await visitor.shot("integration-first")
        assert await visitor.barriers() == []
        await enter(page, made, made.tenant.secret)
        await expect(page.get_by_text("Saved. Now press Test Settings.")).to_be_visible()
        await expect(page.get_by_label("Client Secret")).to_have_value("")
        await page.get_by_role("button", name="Test Settings").press("Enter")
        await expect(page.get_by_role("heading", name="Connection successful")).to_be_visible()
        await expect(page.get_by_role("status").filter(has_text="2 room mailboxes")).to_be_visible()
        checks = page.get_by_role("list", name="Checks").get_by_role("listitem")
        await expect(checks).to_have_count(10)
        await expect(checks.filter(has_text="Admin consent")).to_contain_text("Passed")
        await expect(page.get_by_role("button", name="Test Settings")).to_be_focused()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Connected")
        await expect(page.get_by_role("heading", name="How far")).to_contain_text("Tenant-wide")
        await expect(page.locator("#scope")).to_contain_text("can be limited to the rooms")
        await visitor.shot("integration-successful")
        assert await visitor.barriers() == []
        await page.emulate_media(color_scheme="dark")
        await visitor.shot("integration-successful-dark")


async def test_a_secret_id_and_a_short_id_are_refused_beside_their_fields(
    premises: Premises, browser: Browser
) -> None:
    made = await newcomer(premises, "pasted")
    async with visiting(browser, premises.origin, made.account.token) as visitor:
        visitor.refusals_expected = True
        page = visitor.page
        await visitor.open(PATH)
        await enter(page, made, str(uuid4()))
        await expect(page.get_by_label("Client Secret")).to_have_accessible_description(
            "This is the Secret ID (a GUID); paste the secret's Value, shown only once when it is made."
            " The secret's Value, which Entra shows only once; not its Secret ID."
        )
        await expect(page.get_by_label("Client ID")).to_have_value(str(made.tenant.client))
        await expect(page.get_by_label("Client Secret")).to_have_value("")
        await visitor.shot("integration-secret-id")
        await page.get_by_label("Client ID").fill("contoso")
        await page.get_by_label("Client Secret").fill(made.tenant.secret)
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_label("Client ID")).to_have_accessible_description(
            "Must be a GUID: 36 characters with hyphens, as Entra shows it."
            " Entra calls it Application (client) ID: 36 characters with hyphens."
        )


async def test_a_test_goes_on_while_the_page_is_loaded_again_and_a_second_press_starts_none(
    premises: Premises, browser: Browser
) -> None:
    made = await newcomer(premises, "patient")
    await made.save()
    slow = {"match": {"path": "/places/", "tenant": str(made.tenant.tenant)}, "latency": 8.0}
    await made.tenant.sim.call("POST", "/_sim/faults", slow)
    async with visiting(browser, premises.origin, made.account.token) as visitor:
        page, other = visitor.page, await visitor.page.context.new_page()
        await visitor.open(PATH)
        await other.goto(premises.origin + PATH)
        await page.get_by_role("button", name="Test Settings").click()
        checks = page.get_by_role("list", name="Checks").get_by_role("listitem")
        await expect(checks.filter(has_text="Sign-in to Entra")).to_contain_text("Passed")
        await expect(checks.filter(has_text="Room mailboxes")).to_contain_text("Checking")
        await expect(checks.filter(has_text="Webhook")).to_contain_text("Waiting")
        await other.get_by_role("button", name="Test Settings").click()
        await visitor.open(PATH)
        await expect(checks.filter(has_text="Room mailboxes")).to_contain_text("Checking")
        await visitor.shot("integration-testing")
        for each in (page, other):
            await expect(each.get_by_role("heading", name="Connection successful")).to_be_visible(
                timeout=20_000
            )
    audit = (await made.api.call("GET", "/api/audit"))["items"]
    assert [entry["action"] for entry in audit].count("integration.tested") == 1


async def test_a_failed_test_names_the_cause_the_steps_and_a_diagnosis_to_copy(
    premises: Premises, browser: Browser
) -> None:
    made = await newcomer(premises, "expired")
    await made.app(secret=made.tenant.secret, secret_ends="2025-01-01T00:00:00Z")
    await made.save()
    async with visiting(
        browser,
        premises.origin,
        made.account.token,
        permissions=["clipboard-read", "clipboard-write"],
    ) as visitor:
        page = visitor.page
        await visitor.open(PATH)
        await page.get_by_role("button", name="Test Settings").click()
        verdict = page.locator("#verdict")
        await expect(verdict.get_by_role("heading", name="Connection failed")).to_be_visible()
        await expect(verdict).to_contain_text("The Client Secret has expired.")
        await expect(verdict.get_by_role("listitem")).to_have_count(2)
        await visitor.shot("integration-failed")
        assert await visitor.barriers() == []
        await page.get_by_role("button", name="Copy diagnosis").click()
        await expect(page.get_by_role("button", name="Copied")).to_be_visible()
        copied = await page.evaluate("navigator.clipboard.readText()")
        assert "AADSTS7000222" in copied
        assert made.tenant.secret not in copied


async def test_where_microsoft_leaves_two_causes_open_both_are_told_apart(
    premises: Premises, browser: Browser
) -> None:
    made = await newcomer(premises, "unconsented")
    await made.app(roles=[])
    await made.save()
    async with visiting(browser, premises.origin, made.account.token, phone=True) as visitor:
        page = visitor.page
        await visitor.open(PATH)
        await page.get_by_role("button", name="Test Settings").click()
        await expect(page.get_by_text("leave 2 causes open")).to_be_visible()
        await expect(page.get_by_text("It is this one if:")).to_have_count(2)
        await visitor.shot("integration-two-causes-phone")
        assert await visitor.barriers() == []


async def test_a_new_secret_that_does_not_work_is_told_with_its_test_and_the_old_one_stays(
    premises: Premises, browser: Browser, connected: Newcomer
) -> None:
    async with visiting(browser, premises.origin, connected.account.token) as visitor:
        visitor.refusals_expected = True
        page = visitor.page
        await visitor.open(PATH)
        await page.get_by_label("Client Secret").fill("not~this~one")
        await page.get_by_role("button", name="Save").click()
        await expect(
            page.get_by_role("heading", name="The new secret does not work")
        ).to_be_visible()
        await expect(page.get_by_text("The old one stays in use:")).to_be_visible()
        await expect(page.locator("#tried")).to_contain_text("not one of this app's")
        await visitor.shot("integration-renewal-refused")
        assert await visitor.barriers() == []
        await connected.app(
            secrets=[
                {"value": connected.tenant.secret},
                {"value": "the~new~one", "ends": "2031-01-31T00:00:00Z"},
            ]
        )
        await page.get_by_label("Client Secret").fill("the~new~one")
        await page.get_by_role("button", name="Save").click()
        await expect(
            page.get_by_text("Tested and saved. Nothing stopped meanwhile.")
        ).to_be_visible()
    saved = await connected.api.call("GET", "/api/integration")
    assert saved["status"] == "ok"


async def test_a_typed_in_end_is_shown_and_a_certificate_replaces_the_secret_and_brings_its_own(
    premises: Premises, browser: Browser
) -> None:
    made = await newcomer(premises, "proof")
    await made.app(roles=["Calendars.ReadWrite", "Place.Read.All"])  # so Microsoft cannot tell
    await made.save()
    async with visiting(browser, premises.origin, made.account.token) as visitor:
        visitor.refusals_expected = True
        page = visitor.page
        await visitor.open(PATH)
        await page.get_by_text("More: end of the secret").click()
        await page.get_by_label("The secret ends on").fill("2031-01-31")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Friday 31 January 2031")).to_be_visible()
        await page.get_by_text("Use a certificate instead").click()
        pem = page.get_by_label("Certificate with its private key")
        await pem.fill("-----BEGIN CERTIFICATE-----")
        await page.get_by_role("button", name="Save").click()
        await expect(pem).to_have_accessible_description(re.compile("^Needs one BEGIN PRIVATE KEY"))
        given = credential()
        await pem.fill(given.pem + given.private_pem)
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", name="When the certificate ends")).to_be_visible()
        await expect(pem).to_have_value("")


async def test_switching_off_says_what_it_does_and_asks_and_switching_on_resumes(
    premises: Premises, browser: Browser
) -> None:
    made = await newcomer(premises, "switch")
    await made.save()
    async with visiting(browser, premises.origin, made.account.token) as visitor:
        page = visitor.page
        await visitor.open(PATH)
        switch = page.get_by_role("switch", name="Enable Office 365 Calendar Integration")
        await switch.press("Space")
        await expect(
            page.get_by_role("heading", name="Switch the integration off?")
        ).to_be_focused()
        await expect(page.get_by_text("Rooms and bookings are kept.")).to_be_visible()
        await visitor.shot("integration-switching-off")
        assert await visitor.barriers() == []
        await page.get_by_role("button", name="Switch off").click()
        await expect(page.get_by_text("Switched off: rooms and bookings are kept.")).to_be_visible()
        await expect(switch).not_to_be_checked()
        await switch.click()
        await expect(page.get_by_text("Switched on: what changed")).to_be_visible()
        await expect(switch).to_be_checked()


async def test_the_webhook_url_is_copied_and_the_scope_script_fetched(
    premises: Premises, browser: Browser, connected: Newcomer
) -> None:
    async with visiting(
        browser,
        premises.origin,
        connected.account.token,
        permissions=["clipboard-read", "clipboard-write"],
    ) as visitor:
        page = visitor.page
        await visitor.open(PATH)
        await expect(page.get_by_label("Webhook URL")).to_have_value(premises.origin)
        await expect(page.get_by_label("Webhook URL")).not_to_be_editable()
        await expect(page.get_by_text("For your network team")).to_be_visible()
        await expect(page.get_by_text("Tenant-wide", exact=True)).to_be_visible()
        await page.get_by_role("button", name="Copy", exact=True).click()
        await expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert await page.evaluate("navigator.clipboard.readText()") == premises.origin
        await page.get_by_text("Limit the app to the rooms").click()
        await expect(page.get_by_text("A changed scope may take two hours")).to_be_visible()
        await page.get_by_role("button", name="Script: rooms only").click()
        await expect(page.get_by_text("Import rooms first")).to_be_visible()

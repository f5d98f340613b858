"""The overview tells the truth from the first day on, and every page warns of credentials that end."""

from datetime import UTC, datetime, timedelta

import pytest_asyncio
from playwright.async_api import Browser, expect

from ..e2e.office import Office
from .premises import Account, Premises
from .visitor import visiting

Settled = tuple[Office, Account]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def settled(premises: Premises) -> Settled:
    """A connected organisation with two live rooms."""
    return await premises.office("settled")


async def test_a_new_organisation_is_not_connected_and_is_led_on_step_by_step(
    premises: Premises, browser: Browser
) -> None:
    api, account = await premises.organisation("brand-new")
    tenant = await premises.tenant("brand-new")
    async with visiting(browser, premises.origin, account.token) as visitor:
        page = visitor.page
        await visitor.open("/")
        await expect(page.get_by_role("heading", name="Calendar sync")).to_contain_text(
            "Not connected"
        )
        await visitor.shot("overview-new")
        assert await visitor.barriers() == []
        await api.call(
            "PUT",
            "/api/integration",
            {
                "enabled": True,
                "tenant_id": str(tenant.tenant),
                "client_id": str(tenant.client),
                "client_secret": tenant.secret,
            },
        )
        await visitor.open("/")
        await expect(page.get_by_role("link", name="Press Test Settings")).to_be_visible()
        await api.call("POST", "/api/integration/test", {})
        await visitor.open("/")
        await expect(page.get_by_role("link", name="Add an office")).to_be_visible()
        await api.call("POST", "/api/offices", {"name": "HQ", "time_zone": "Europe/Berlin"})
        await visitor.open("/")
        await expect(page.get_by_role("link", name="Import rooms")).to_be_visible()


async def test_all_right_is_said_of_live_rooms_alone_and_a_meeting_takes_its_room_off_the_free_ones(
    premises: Premises, browser: Browser, settled: Settled
) -> None:
    office, account = settled
    names = [f"{office.name} room {n}" for n in range(2)]
    async with visiting(browser, premises.origin, account.token) as visitor:
        page = visitor.page
        await visitor.open("/")
        await visitor.live()
        await expect(page.get_by_role("heading", name="Calendar sync")).to_contain_text("All right")
        free = page.get_by_role("region", name="HQ: free now")
        for name in names:
            await expect(free.get_by_text(name)).to_be_visible()
        await visitor.shot("overview")
        now = datetime.now(UTC).replace(second=0, microsecond=0)
        await office.meet(office.mailboxes[0], now - timedelta(minutes=5))
        await expect(free.get_by_text(names[0])).to_have_count(0)
        await expect(free.get_by_text(names[1])).to_be_visible()


async def test_the_scope_script_names_the_imported_rooms_in_the_variant_that_was_chosen(
    premises: Premises, browser: Browser, settled: Settled
) -> None:
    office, account = settled
    async with visiting(browser, premises.origin, account.token) as visitor:
        page = visitor.page
        await visitor.open("/settings/apps/office-365")
        await page.get_by_text("Limit the app to the rooms").click()
        await page.get_by_role("button", name="Script: rooms and staff").click()
        script = page.get_by_role("region", name="PowerShell script")
        await expect(script).to_contain_text(f"'room0@{office.name}.example'")
        await expect(script).to_contain_text("RecipientTypeDetails -eq 'UserMailbox'")
        await expect(page.get_by_role("button", name="Copy script")).to_be_visible()
        await visitor.shot("integration-script")


async def test_a_member_sees_free_rooms_and_nothing_to_administer(
    premises: Premises, browser: Browser, settled: Settled
) -> None:
    office, _ = settled
    member = await premises.member(office.portal)
    async with visiting(browser, premises.origin, member.token, phone=True) as visitor:
        page = visitor.page
        await visitor.open("/")
        await expect(page.get_by_role("region", name="HQ: free now")).to_be_visible()
        await expect(page.get_by_role("link", name="Book", exact=True)).to_be_visible()
        await expect(page.get_by_text("Rooms live")).to_have_count(0)
        await visitor.shot("overview-member-phone")
        assert await visitor.barriers() == []


async def test_every_page_warns_of_a_secret_that_ends_and_leads_to_its_renewal(
    premises: Premises, browser: Browser
) -> None:
    api, account = await premises.organisation("ending")
    tenant = await premises.tenant("ending")
    ends = datetime.now(UTC) + timedelta(days=6, hours=1)
    app = {
        "client_id": str(tenant.client),
        "secret": tenant.secret,
        "secret_ends": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
    }
    await tenant.sim.call("POST", "/_sim/tenants", {"tenant_id": str(tenant.tenant), "apps": [app]})
    body = {
        "enabled": True,
        "tenant_id": str(tenant.tenant),
        "client_id": str(tenant.client),
        "client_secret": tenant.secret,
        "secret_expires_at": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
    }
    await api.call("PUT", "/api/integration", body)
    async with visiting(browser, premises.origin, account.token) as visitor:
        page = visitor.page
        await visitor.open("/settings/apps/office-365/guide")
        warning = page.get_by_role("region", name="Warning")
        await expect(warning).to_contain_text("The client secret ends in 6 days")
        await warning.get_by_role("link", name="Renew it").click()
        await expect(page.get_by_role("heading", name="When the secret ends")).to_be_in_viewport()
        await expect(page.get_by_role("link", name="Reminder for your calendar")).to_have_attribute(
            "href", "/api/integration/renewal.ics"
        )
        await visitor.open("/")
        await expect(page.get_by_role("region", name="Trouble")).to_contain_text(
            "expires in 6 days"
        )
        await visitor.shot("overview-trouble")
        assert await visitor.barriers() == []
    member = await premises.member(api)
    async with visiting(browser, premises.origin, member.token) as visitor:
        await visitor.open("/bookings")
        await expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
        await expect(visitor.page.get_by_role("region", name="Warning")).to_have_count(0)
        await visitor.open("/")
        await expect(visitor.page.get_by_role("region", name="Trouble")).to_have_count(0)

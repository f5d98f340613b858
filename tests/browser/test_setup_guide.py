"""The setup guide: its progress, what it says, the message for a Global Administrator, the PDF."""

from playwright.async_api import Browser, expect

from .premises import Premises
from .visitor import visiting

PATH = "/settings/apps/office-365/guide"
TENANT, CLIENT = "11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-aaaaaaaaaaaa"


async def test_steps_in_entra_are_ticked_by_hand_and_kept_the_others_are_seen(
    premises: Premises, browser: Browser
) -> None:
    api, account = await premises.organisation("guided")
    async with visiting(browser, premises.origin, account.token) as visitor:
        page = visitor.page
        await visitor.open("/")
        await page.get_by_role("link", name="Start the setup guide").click()
        await expect(page.get_by_text("0 of 8 steps done")).to_be_visible()
        await page.get_by_label("Register the app").press("Space")
        await expect(page.get_by_text("1 of 8 steps done")).to_be_visible()
        await visitor.shot("guide")
        assert await visitor.barriers() == []
        await api.call("POST", "/api/offices", {"name": "HQ", "time_zone": "Europe/Berlin"})
        await visitor.open(PATH)
        await expect(page.get_by_text("2 of 8 steps done")).to_be_visible()
        await expect(page.get_by_label("Register the app")).to_be_checked()
        await expect(page.get_by_role("heading", name="Done: Add an office")).to_be_visible()


async def test_the_cheat_sheet_names_three_permissions_and_calls_user_read_harmless(
    premises: Premises, browser: Browser
) -> None:
    _, account = await premises.organisation("cheat-sheet")
    async with visiting(browser, premises.origin, account.token, phone=True) as visitor:
        page = visitor.page
        await visitor.open(PATH)
        sheet = page.get_by_role("region", name="Permission cheat-sheet").get_by_role("table")
        names = await sheet.get_by_role("rowheader").all_text_contents()
        assert names == ["Calendars.ReadWrite", "Directory.Read.All", "Place.Read.All"]
        await expect(page.get_by_text("harmless and unused").last).to_be_visible()
        for said in (
            "(single tenant)",
            "Leave the redirect URI empty",
            "Entra shows it only now. If it is lost, make a new one.",
        ):
            await expect(page.get_by_role("paragraph").filter(has_text=said)).to_be_visible()
        values = page.get_by_role("region", name="Which value goes where").get_by_role("table")
        await expect(values.get_by_role("row", name="Client Secret")).to_contain_text(
            "not the Secret ID"
        )
        await visitor.shot("guide-phone")
        assert await visitor.barriers() == []


async def test_whoever_is_no_global_administrator_copies_a_message_with_the_app_and_the_steps(
    premises: Premises, browser: Browser
) -> None:
    _, account = await premises.organisation("message")
    async with visiting(
        browser, premises.origin, account.token, permissions=["clipboard-read", "clipboard-write"]
    ) as visitor:
        visitor.refusals_expected = True
        page = visitor.page
        await visitor.open(PATH)
        await page.get_by_label("Tenant ID").fill("contoso")
        await page.get_by_role("button", name="Put them into the message").click()
        await expect(page.get_by_label("Tenant ID")).to_have_accessible_description(
            "Must be a GUID: 36 characters with hyphens, as Entra shows it."
        )
        await page.get_by_label("Tenant ID").fill(TENANT)
        await page.get_by_label("Client ID").fill(CLIENT)
        await page.get_by_role("button", name="Put them into the message").click()
        await page.get_by_role("button", name="Copy message").click()
        await expect(page.get_by_role("button", name="Copied")).to_be_visible()
        message = await page.evaluate("navigator.clipboard.readText()")
        for part in (
            "Clearooms Calendar Sync",
            TENANT,
            CLIENT,
            "Grant admin consent",
            "/adminconsent?client_id=",
        ):
            assert part in message


async def test_the_guide_is_there_as_a_pdf_for_administrators_alone(
    premises: Premises, browser: Browser
) -> None:
    api, account = await premises.organisation("printed")
    member = await premises.member(api)
    for who, status in ((account, 200), (member, 403)):
        async with premises.session.get(
            f"{premises.origin}{PATH}.pdf", cookies={"session": who.token}
        ) as answer:
            assert answer.status == status
            if status == 200:
                assert answer.content_type == "application/pdf"
                assert (await answer.read()).startswith(b"%PDF-")

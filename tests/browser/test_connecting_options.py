"""Office 365 Integration, what most never open: the chat, rich notifications, and the options of the test."""

import pytest_asyncio
from playwright.async_api import Browser, expect

from .premises import Premises
from .test_connecting import PATH, Newcomer, newcomer
from .visitor import visiting

CHAT = "https://192.88.99.7/hooks/t0ken"  # of a relay that is no more (RFC 7526): public, and nobody is there


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def made(premises: Premises) -> Newcomer:
    """Saved, not tested yet."""
    saved = await newcomer(premises, "options")
    await saved.save()
    return saved


async def test_a_chat_is_set_without_being_shown_again_and_forgotten_on_request(
    premises: Premises, browser: Browser, made: Newcomer
) -> None:
    async with visiting(browser, premises.origin, made.account.token) as visitor:
        visitor.refusals_expected = True
        page = visitor.page
        chat = page.get_by_label("Chat webhook")
        await visitor.open(PATH)
        await page.get_by_text("More: end of the secret, chat").click()
        for address, why in (
            ("http://chat.example/hook", "Must be the https:// address that the chat shows"),
            ("https://127.0.0.1/hook", "Leads to an address that is not on the public internet"),
        ):
            await chat.fill(address)
            await page.get_by_role("button", name="Save").click()
            await expect(page.get_by_text(why)).to_be_visible()
            await expect(chat).to_have_attribute("aria-invalid", "true")
        await visitor.shot("integration-chat-refused")
        assert await visitor.barriers() == []
        await chat.fill(CHAT)
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Saved. Now press Test Settings.")).to_be_visible()
        await page.get_by_text("More: end of the secret, chat").click()
        await expect(chat).to_have_value("")
        await expect(chat).to_have_accessible_description(
            "Set, and not shown again. We post to it when the secret ends soon, is refused or works again."
        )
        assert CHAT not in await page.content()
        await page.get_by_label("Stop posting to the chat").check()
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Saved. Now press Test Settings.")).to_be_visible()
        await expect(page.get_by_label("Stop posting to the chat")).to_have_count(0)
    assert not (await made.api.call("GET", "/api/integration"))["chat_webhook_set"]


async def test_rich_notifications_are_chosen_and_stay_chosen(
    premises: Premises, browser: Browser, made: Newcomer
) -> None:
    async with visiting(browser, premises.origin, made.account.token, phone=True) as visitor:
        page = visitor.page
        await visitor.open(PATH)
        await page.get_by_text("More: end of the secret, chat").click()
        kind = page.get_by_role("combobox", name="Notifications")
        await expect(kind).to_have_value("basic")
        await kind.select_option("rich")
        await visitor.shot("integration-more-phone")
        assert await visitor.barriers() == []
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Saved. Now press Test Settings.")).to_be_visible()
        await page.get_by_text("More: end of the secret, chat").click()
        await expect(kind).to_have_value("rich")
    assert (await made.api.call("GET", "/api/integration"))["delivery"] == "rich"


async def test_the_options_of_the_test_write_and_undo_and_ask_for_a_mailbox_that_must_be_out_of_reach(
    premises: Premises, browser: Browser, made: Newcomer
) -> None:
    async with visiting(browser, premises.origin, made.account.token) as visitor:
        visitor.refusals_expected = True
        page = visitor.page
        await visitor.open(PATH)
        await page.get_by_text("Options", exact=True).click()
        outside = page.get_by_label("Mailbox that must be out of reach")
        await outside.fill("nobody@here")
        await page.get_by_role("button", name="Test Settings").click()
        await expect(page.get_by_role("heading", name="Not tested")).to_be_visible()
        await outside.fill(made.tenant.people[0])
        await page.get_by_label("Also write: put a test event").check()
        await page.get_by_role("button", name="Test Settings").click()
        await expect(page.get_by_role("heading", name="Connection successful")).to_be_visible()
        checks = page.get_by_role("list", name="Checks").get_by_role("listitem")
        await expect(checks.filter(has_text="Write and undo")).to_contain_text("Passed")
        await expect(checks.filter(has_text="Reach of the app")).to_contain_text(
            "the mailbox named as outside can be read"
        )
        await visitor.shot("integration-options")
        assert await visitor.barriers() == []

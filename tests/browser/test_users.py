"""Settings → Users: people, their roles and passwords."""

from playwright.async_api import Browser, expect

from .premises import Premises
from .visitor import visiting


async def test_a_person_is_added_made_administrator_given_a_password_and_removed(
    premises: Premises, browser: Browser
) -> None:
    api, account = await premises.organisation("people")
    async with visiting(browser, premises.origin, account.token) as visitor:
        visitor.refusals_expected = True
        page = visitor.page
        page.on("dialog", lambda dialog: dialog.accept())
        await visitor.open("/settings/users")
        await visitor.shot("users-first")
        await page.get_by_label("E-mail address").fill("mara@people.example")
        await page.get_by_label("Password").fill("twelve characters")
        await page.get_by_role("button", name="Add person").click()
        await expect(page.get_by_role("status")).to_contain_text("mara@people.example may sign in")
        row = page.get_by_role("row").filter(has_text="mara@people.example")
        await expect(row).to_contain_text("Member")
        await visitor.shot("users")
        assert await visitor.barriers() == []

        await row.get_by_role("link", name="Change mara@people.example").click()
        await visitor.shot("user")
        assert await visitor.barriers() == []
        await page.get_by_label("Role").select_option("administrator")
        await page.get_by_role("button", name="Save role").click()
        await expect(row).to_contain_text("Administrator")

        await row.get_by_role("link").click()
        await page.get_by_label("New password").fill("another twelve")
        await page.get_by_role("button", name="Set password").click()
        await expect(page.get_by_role("status")).to_contain_text("has a new password")
        signing = {"email": "mara@people.example", "password": "another twelve"}
        assert (await api.call("POST", "/api/session", signing))["user"]["role"] == "administrator"

        await row.get_by_role("link").click()
        await page.get_by_role("button", name="Remove person").click()
        await expect(page.get_by_role("status")).to_contain_text("may not sign in any more")
        await expect(row).to_have_count(0)


async def test_where_people_sign_in_with_microsoft_one_is_added_without_a_password(
    premises: Premises, browser: Browser
) -> None:
    api, account = await premises.organisation("without-password")
    async with visiting(browser, premises.origin, account.token, phone=True) as visitor:
        page = visitor.page
        await visitor.open("/settings/users")
        await page.get_by_label("E-mail address").fill("noor@people.example")
        await expect(page.get_by_label("Password (optional)")).to_have_value("")
        await page.get_by_role("button", name="Add person").click()
        await expect(page.get_by_role("status")).to_contain_text(
            "noor@people.example may sign in with Microsoft now."
        )
        await expect(page.get_by_role("row").filter(has_text="noor@")).to_contain_text("not yet")
        await visitor.shot("users-microsoft-phone")
        assert await visitor.barriers() == []
    people = (await api.call("GET", "/api/users"))["items"]
    assert [each["microsoft"] for each in people] == [False, False]


async def test_a_short_password_and_an_address_in_use_are_refused_with_what_to_do(
    premises: Premises, browser: Browser
) -> None:
    _, account = await premises.organisation("refused-people")
    async with visiting(browser, premises.origin, account.token) as visitor:
        visitor.refusals_expected = True
        page = visitor.page
        await visitor.open("/settings/users")
        await expect(page.get_by_text("at least 12 characters")).to_be_visible()
        # As a browser that does not check by itself sends it.
        await page.locator("form[action='/settings/users']").evaluate(
            "form => form.noValidate = true"
        )
        await page.get_by_label("E-mail address").fill("mara")
        await page.get_by_label("Password").fill("short")
        await page.get_by_role("button", name="Add person").click()
        await expect(page.get_by_text("Must have at least 12 characters.")).to_be_visible()
        await expect(page.get_by_text("Must be an e-mail address, such as")).to_be_visible()
        await expect(page.get_by_label("E-mail address")).to_have_value("mara")
        await expect(page.get_by_label("Password")).to_have_value("")
        await page.get_by_label("E-mail address").fill(account.email)
        await page.get_by_label("Password").fill("twelve characters")
        await page.get_by_role("button", name="Add person").click()
        await expect(page.get_by_role("alert")).to_have_text("This e-mail address cannot be used.")


async def test_nobody_locks_themselves_out_and_a_new_password_of_ones_own_signs_out_with_a_word(
    premises: Premises, browser: Browser
) -> None:
    _, account = await premises.organisation("myself")
    async with visiting(browser, premises.origin, account.token, phone=True) as visitor:
        page = visitor.page
        await visitor.open("/settings/users")
        await visitor.shot("users-phone")
        await page.get_by_role("link", name=f"Change {account.email}").click()
        await expect(page.get_by_text("you cannot lock yourself out")).to_be_visible()
        await expect(page.get_by_role("button", name="Remove person")).to_have_count(0)
        await expect(page.get_by_role("button", name="Save role")).to_have_count(0)
        await visitor.shot("user-own-phone")
        assert await visitor.barriers() == []
        await page.get_by_label("New password").fill("my very own new one")
        await page.get_by_role("button", name="Set password").click()
        await expect(page).to_have_url(premises.origin + "/sign-in")
        await expect(page.get_by_role("status")).to_contain_text("Sign in with the new one.")

"""Hostile text in subjects and names is inert in every view of the calendar and breaks no layout."""

import re

from playwright.async_api import Browser, Page, expect

from .calendar import Calendar
from .premises import Premises
from .visitor import visiting

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    '"><script>alert(2)</script>',
    "{{7*7}}${7*7}<%= 7*7 %>",
    "javascript:alert(3)",
    "evil\u202egnp.exe\u202d\u2066",
    "W" * 255,
    "' onmouseover='alert(4)",
    "</li></ol></section><h1>Broken</h1>",
)


async def _fits(page: Page) -> None:
    """Nothing is wider than the window, and the page has its one heading."""
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await expect(page.locator("h1")).to_have_count(1)
    assert await page.locator("#calendar img, #calendar script, #calendar h1").count() == 0


async def test_hostile_subjects_are_shown_as_they_are_and_nothing_else_happens(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day, room = calendar.day(), calendar.rooms[3]
    for number, subject in enumerate(HOSTILE):
        await calendar.office.meet(room.mailbox, day.at(f"{9 + number:02}:00"), 60, subject, None)
    # Two that overlap name each other.
    await calendar.office.meet(room.mailbox, day.at("09:30"), 15, HOSTILE[0] + "2", None)
    for phone in (False, True):
        async with visiting(
            browser, premises.origin, calendar.member.token, phone=phone
        ) as visitor:
            page = visitor.page
            page.on("dialog", lambda dialog: visitor.complaints.append(dialog.message))
            shown = page.locator("#calendar .what")
            for path in (calendar.address(day), calendar.address(day, room=room.id)):
                await visitor.open(path)
                await visitor.live()
                for subject in HOSTILE:
                    await expect(shown.get_by_text(subject, exact=True)).to_have_count(1)
                await expect(page.locator("#calendar")).to_contain_text("overlaps <img src=x")
                await _fits(page)
            await visitor.shot("bookings-hostile" + ("-phone" if phone else ""))
            for subject in HOSTILE:
                await shown.get_by_text(subject, exact=True).click()
                dialog = page.get_by_role("dialog")
                await expect(dialog.get_by_label("Subject")).to_have_value(subject)
                await expect(dialog.get_by_role("heading")).to_have_text(subject)
                assert await dialog.evaluate("each => each.scrollWidth <= each.clientWidth")
                await dialog.get_by_role("button", name="Close").click()
                await expect(dialog).to_be_hidden()


async def test_hostile_names_and_reasons_are_inert_in_forms(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day = calendar.day()
    async with visiting(browser, premises.origin, calendar.member.token) as visitor:
        visitor.refusals_expected = True
        page = visitor.page
        page.on("dialog", lambda dialog: visitor.complaints.append(dialog.message))
        await visitor.open(calendar.address(day))
        await visitor.live()
        dialog = page.get_by_role("dialog")
        await page.get_by_role("link", name="Book a room").click()
        await dialog.get_by_label("Subject").fill(HOSTILE[1])
        await dialog.get_by_text("For somebody else").click()
        await dialog.get_by_label("Name").fill(HOSTILE[0])
        await dialog.get_by_role("button", name="Book").click()
        await expect(dialog.get_by_role("alert")).to_contain_text("E-mail address")
        await expect(dialog.get_by_label("Name")).to_have_value(HOSTILE[0])
        await expect(dialog.get_by_label("Subject")).to_have_value(HOSTILE[1])
        await dialog.get_by_label("E-mail address").fill("ida@guest.example")
        await dialog.get_by_role("button", name="Book").click()
        await expect(page.locator("#said")).to_contain_text(f"Booked: {HOSTILE[1]}")
        await expect(page.locator("#calendar .what")).to_have_text([HOSTILE[1]])
        await _fits(page)
        await visitor.open(f"/bookings?find={HOSTILE[0]}&day={day.date}")
        await expect(page.get_by_text(re.compile("No room of"))).to_be_visible()
        await _fits(page)

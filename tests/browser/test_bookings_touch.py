"""A finger in the calendar of a window that is wide enough for columns: it scrolls, and picks up a booking on which it rests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from playwright.async_api import Browser, CDPSession, Page, expect

from .calendar import Calendar, card, point
from .premises import Premises
from .visitor import PATIENCE_MS, Visitor, visiting

TABLET = {"width": 1024, "height": 600}  # so low that a day is longer


class Finger:
    """One finger on the glass, as Chromium hears of it from a screen."""

    def __init__(self, wire: CDPSession) -> None:
        self._wire = wire

    async def down(self, at: tuple[float, float]) -> None:
        await self._told("touchStart", at)

    async def to(self, *way: tuple[float, float]) -> None:
        for at in way:
            await self._told("touchMove", at)

    async def up(self) -> None:
        await self._told("touchEnd")

    async def lost(self) -> None:
        """The system took the touch away."""
        await self._told("touchCancel")

    async def swipe(self, start: tuple[float, float], up: float) -> None:
        """Quickly, whatever else the machine does: all of it is on its way before the first is answered."""
        x, y = start
        moves = [("touchMove", (x, y - up * part / 8)) for part in range(1, 9)]
        async with asyncio.TaskGroup() as at_once:
            at_once.create_task(self._told("touchStart", start))
            for move in moves:
                at_once.create_task(self._told(*move))
            at_once.create_task(self._told("touchEnd"))

    async def _told(self, kind: str, *at: tuple[float, float]) -> None:
        points = [{"x": x, "y": y} for x, y in at]
        await self._wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


@asynccontextmanager
async def _touching(
    premises: Premises, browser: Browser, calendar: Calendar, path: str
) -> AsyncIterator[tuple[Visitor, Finger]]:
    token = calendar.member.token
    async with visiting(browser, premises.origin, token, phone=True, viewport=TABLET) as visitor:
        await visitor.open(path)
        await visitor.live()
        yield visitor, Finger(await visitor.page.context.new_cdp_session(visitor.page))


async def _scrolled(page: Page, least: float) -> float:
    """How far, once it is at least so far and stands still."""
    watch = """least => new Promise(done => {
        let before = -1;
        const look = () => {
            if (scrollY >= least && scrollY === before) return done(scrollY);
            before = scrollY;
            requestAnimationFrame(look);
        };
        look();
    })"""
    async with asyncio.timeout(PATIENCE_MS / 1000):
        way: float = await page.evaluate(watch, least)
    return way


async def test_a_finger_that_rests_on_a_booking_moves_it_and_one_that_is_lost_puts_it_back(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day, (blue, *_) = calendar.day(), calendar.rooms
    await calendar.office.meet(blue.mailbox, day.at("09:00"), 60, "Heavy", None)
    async with _touching(premises, browser, calendar, calendar.address(day)) as (visitor, finger):
        page = visitor.page
        ghost = page.locator("#calendar .ghost")
        await expect(card(page, "Heavy")).to_be_visible()
        await page.mouse.wheel(0, 150)
        assert await _scrolled(page, 100) == 150
        await finger.down(await point(page, blue, "09:20"))
        await expect(ghost).to_have_text("09:00\N{EN DASH}10:00")
        await finger.to(await point(page, blue, "10:20"), await point(page, blue, "11:35"))
        await expect(ghost).to_have_text("11:15\N{EN DASH}12:15")
        await finger.lost()
        await expect(ghost).to_have_count(0)
        await expect(card(page, "Heavy")).to_contain_text("09:00\N{EN DASH}10:00")

        await finger.down(await point(page, blue, "09:20"))
        await expect(ghost).to_be_visible()
        await finger.to(await point(page, blue, "10:20"), await point(page, blue, "11:20"))
        assert await _scrolled(page, 0) == 150
        await finger.up()
        await expect(card(page, "Heavy")).to_contain_text("11:00\N{EN DASH}12:00")
        await expect(page.get_by_role("dialog")).to_be_hidden()
        (shown,) = await calendar.outlook(blue, day)
        assert datetime.fromisoformat(shown["start"]) == day.at("11:00")


async def test_a_finger_that_swipes_scrolls_and_one_that_taps_opens_and_neither_moves_anything(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day, (blue, *_) = calendar.day(), calendar.rooms
    await calendar.office.meet(blue.mailbox, day.at("11:00"), 120, "Rock", None)
    async with _touching(premises, browser, calendar, calendar.address(day)) as (visitor, finger):
        page = visitor.page
        await expect(card(page, "Rock")).to_be_visible()
        await page.evaluate(
            "new MutationObserver(all => all.some(each => [...each.addedNodes].some(node => node.className === 'ghost'))"
            " && (window.pickedUp = true)).observe(document.getElementById('calendar'), {childList: true, subtree: true})"
        )
        await finger.swipe(await point(page, blue, "11:30"), 160)
        await _scrolled(page, 50)
        assert not await page.evaluate("window.pickedUp")
        await expect(card(page, "Rock")).to_contain_text("11:00\N{EN DASH}13:00")
        await expect(page.get_by_role("dialog")).to_be_hidden()

        await card(page, "Rock").get_by_role("link").tap()
        await expect(page.get_by_role("dialog").get_by_role("heading", name="Rock")).to_be_visible()
        assert not await page.evaluate("window.pickedUp")
        (shown,) = await calendar.outlook(blue, day)
        assert datetime.fromisoformat(shown["start"]) == day.at("11:00")

"""The calendar as it is looked at: an office's day, a room's week, on a desk and on a phone."""

import re
from datetime import UTC, datetime, time

from playwright.async_api import Browser, expect

from .calendar import Calendar, card
from .premises import Premises
from .visitor import visiting


async def test_an_offices_day_shows_every_room_with_its_bookings_where_they_belong(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day, _, (blue, green, red, grey) = calendar.day(), calendar.day(), calendar.rooms
    meet = calendar.office.meet
    async with visiting(browser, premises.origin, calendar.member.token) as visitor:
        page = visitor.page
        await visitor.open(calendar.address(day))
        await expect(
            page.get_by_role("heading", name=f"{day.date:%A} {day.date.day}")
        ).to_be_visible()
        await expect(page.get_by_text("Nothing is booked.")).to_have_count(1)
        await visitor.live()
        await meet(blue.mailbox, day.at("09:00"), 60, "Weekly planning", None)
        await meet(blue.mailbox, day.at("11:00"), 15, "Stand-up", 1)
        await meet(green.mailbox, day.at("13:00"), 60, "Budget", None)
        await meet(green.mailbox, day.at("13:30"), 60, "Roadmap", None)
        await meet(red.mailbox, day.at("22:00"), 240, "Night shift", None)
        await meet(red.mailbox, day.at("10:00"), 45, "Daily", None)
        await calendar.answers(grey, automate="AutoUpdate")
        await meet(grey.mailbox, day.at("15:00"), 60, "Unanswered", 2)
        midnight = datetime.combine(day.date, time(), UTC)
        await meet(grey.mailbox, midnight, 1440, "Fair", None, all_day=True)
        await expect(card(page, "Weekly planning")).to_contain_text("09:00\N{EN DASH}10:00")
        await expect(card(page, "Person1")).to_contain_text("11:00\N{EN DASH}11:15")
        await expect(card(page, "Budget").first).to_contain_text("double booked")
        await expect(card(page, "overlaps Roadmap, 13:30\N{EN DASH}14:30")).to_be_visible()
        await expect(card(page, "Night shift")).to_contain_text("22:00 \N{EN DASH}")
        await expect(card(page, "Person2")).to_contain_text("waiting for the room")
        await calendar.answers(grey)
        await expect(page.get_by_role("list", name="All day")).to_contain_text("Fair")
        # One column each, at the height of its time.
        places = {
            subject: await card(page, subject).first.bounding_box()
            for subject in ("Weekly planning", "Budget", "Daily", "Fair")
        }
        lefts = [place["x"] for place in places.values() if place]
        assert lefts == sorted(lefts)
        assert len(set(lefts)) == 4
        assert places["Weekly planning"]["y"] < places["Daily"]["y"] < places["Budget"]["y"]  # type: ignore[index] # all are shown
        assert await visitor.barriers() == []
        await visitor.shot("bookings-day")
        await page.emulate_media(color_scheme="dark")
        await visitor.shot("bookings-day-dark")
        await page.emulate_media(color_scheme="light")


async def test_a_room_has_its_week_and_every_view_an_address(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day, _, (blue, _, red, _) = calendar.day(), calendar.day(), calendar.rooms
    meet = calendar.office.meet
    await meet(blue.mailbox, day.at("09:00"), 60, "Weekly planning", None)
    await meet(red.mailbox, day.at("22:00"), 240, "Late", None)
    await meet(red.mailbox, day.at("10:00"), 45, "Rounds", None, recurrence={
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "numbered", "startDate": str(day.date), "numberOfOccurrences": 2},
    })  # fmt: skip
    async with visiting(browser, premises.origin, calendar.member.token) as visitor:
        page = visitor.page
        await visitor.open(calendar.address(day))
        await visitor.live()
        await expect(card(page, "Rounds")).to_contain_text("repeats")
        await page.get_by_role("link", name="Next day").click()
        await expect(card(page, "Late")).to_contain_text("\N{EN DASH} 02:00")
        await page.go_back()
        await page.get_by_role("link", name=re.compile(rf"^{red.name}")).click()
        await expect(page).to_have_url(re.compile(rf"room={red.id}&day={day.date}"))
        await expect(card(page, "Rounds")).to_have_count(2)
        await expect(card(page, "Late")).to_have_count(2)
        assert await visitor.barriers() == []
        await visitor.shot("bookings-week")
        await page.get_by_role("link", name="Next week").click()
        await expect(card(page, "Rounds")).to_have_count(0)
        await page.get_by_role("link", name="Today").click()
        await expect(page.locator("#calendar .today")).to_have_count(1)
        await page.get_by_label("Room", exact=True).select_option("All rooms, one day")
        await expect(page.get_by_role("list", name="Rooms: the week of each")).to_be_visible()
        await page.get_by_label("Day", exact=True).fill(str(day.date))
        await page.keyboard.press("Enter")
        await expect(card(page, "Weekly planning")).to_be_visible()


async def test_one_meeting_of_a_series_that_is_moved_or_called_off_in_outlook_shows_so_alone(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    days, (blue, *_) = [calendar.day() for _ in range(3)], calendar.rooms
    while [each.date.weekday() for each in days] != [0, 1, 2]:  # one week shows all of it
        days = [*days[1:], calendar.day()]
    series = await calendar.office.meet(blue.mailbox, days[0].at("10:00"), 60, "Rounds", None, recurrence={
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "numbered", "startDate": str(days[0].date), "numberOfOccurrences": 3},
    })  # fmt: skip
    path = f"/_sim/mailboxes/{blue.mailbox}/meetings/{series}"
    async with visiting(browser, premises.origin, calendar.member.token) as visitor:
        page = visitor.page
        await visitor.open(calendar.address(days[0], room=blue.id))
        await visitor.live()
        rounds = card(page, "Rounds")
        await expect(rounds).to_have_count(3)
        moved = {"start": days[1].at("14:00").isoformat(), "end": days[1].at("15:00").isoformat()}
        await calendar.office.sim.call("PATCH", path, {"occurrence": str(days[1].date), **moved})
        await expect(rounds.filter(has_text="14:00\N{EN DASH}15:00")).to_have_count(1)
        await expect(rounds.filter(has_text="10:00\N{EN DASH}11:00")).to_have_count(2)
        await calendar.office.sim.call(
            "PATCH", path, {"occurrence": str(days[2].date), "cancel": True}
        )
        await expect(rounds).to_have_count(2)
        await expect(rounds.filter(has_text="10:00\N{EN DASH}11:00")).to_have_count(1)


async def test_on_a_phone_a_day_is_a_list_by_time_with_the_same_functions(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day, (blue, green, *_) = calendar.day(), calendar.rooms
    meet = calendar.office.meet
    await meet(green.mailbox, day.at("13:00"), 60, "Budget", None)
    await meet(green.mailbox, day.at("13:30"), 60, "Roadmap", None)
    await meet(blue.mailbox, day.at("09:00"), 60, "Interview", None)
    async with visiting(browser, premises.origin, calendar.member.token, phone=True) as visitor:
        page = visitor.page
        await visitor.open(calendar.address(day))
        await visitor.live()
        await expect(page.locator("#calendar li.booking .what")).to_have_text(
            ["Interview", "Budget", "Roadmap"]
        )
        await expect(card(page, "Interview")).to_contain_text(blue.name)
        assert await visitor.barriers() == []
        await visitor.shot("bookings-day-phone")
        await card(page, "Interview").get_by_role("link").tap()
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_role("heading", name="Interview")).to_be_visible()
        assert await visitor.barriers() == []
        await visitor.shot("bookings-panel-phone")
        await dialog.get_by_role("button", name="Close").tap()
        await page.get_by_role("link", name="Book a room").tap()
        await expect(dialog.get_by_label("Day", exact=True)).to_have_value(str(day.date))
        await visitor.shot("bookings-new-phone")
        await dialog.get_by_role("button", name="Close").tap()
        await page.get_by_role("link", name=green.name).first.tap()
        await expect(page.get_by_role("region")).to_have_count(7)
        await expect(page.get_by_text("Nothing is booked.").first).to_be_visible()
        assert await visitor.barriers() == []
        await visitor.shot("bookings-week-phone")
        wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide


async def test_the_day_on_which_clocks_go_forward_has_23_hours_and_a_free_row_for_none_of_them(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    async with visiting(browser, premises.origin, calendar.member.token) as visitor:
        page = visitor.page
        hours = page.locator("#calendar .axis span")
        await visitor.open("/bookings?day=2027-03-28&hours=all")
        await expect(hours).to_have_count(23)
        await expect(hours.filter(has_text="02:00")).to_have_count(0)
        await visitor.open("/bookings?day=2027-10-31&hours=all")
        await expect(hours).to_have_count(25)
        await expect(hours.filter(has_text="02:00again")).to_have_count(1)
        await visitor.open(f"/bookings?day=2027-03-28&room={calendar.rooms[0].id}&hours=all")
        await expect(hours).to_have_count(24)
        await expect(page.locator("#calendar .gap")).to_have_count(1)
        await visitor.shot("bookings-clock-change")


async def test_before_there_are_rooms_the_page_says_what_comes_first(
    premises: Premises, browser: Browser
) -> None:
    api, administrator = await premises.organisation("empty")
    member = await premises.member(api)
    for account, text in ((administrator, "Import rooms"), (member, "an administrator")):
        async with visiting(browser, premises.origin, account.token) as visitor:
            await visitor.open("/bookings")
            await expect(visitor.page.get_by_text(text)).to_be_visible()
            assert await visitor.barriers() == []


async def test_rooms_and_offices_of_others_are_not_there(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    api, account = await premises.organisation("stranger")
    await api.call("POST", "/api/offices", {"name": "Elsewhere", "time_zone": "UTC"})
    async with visiting(browser, premises.origin, account.token) as visitor:
        visitor.refusals_expected = True
        await visitor.open(f"/bookings?room={calendar.rooms[0].id}")
        await expect(visitor.page.get_by_text("No rooms yet")).to_be_visible()
        await visitor.open("/bookings?day=never")
        await expect(visitor.page.get_by_role("alert")).to_contain_text("day: Input should be")

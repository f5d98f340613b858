"""Booking a room, changing a booking, cancelling it: by keyboard, by mouse, without scripts."""

from datetime import date, datetime, timedelta

from playwright.async_api import Browser, Locator, Page, expect

from .calendar import Calendar, card, point
from .premises import Premises
from .visitor import visiting


def panel(page: Page) -> Locator:
    return page.get_by_role("dialog")


def said(page: Page) -> Locator:
    return page.locator("#said")


async def test_a_room_is_booked_by_keyboard_and_shows_in_outlook(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day, room = calendar.day(), calendar.rooms[0]
    async with visiting(browser, premises.origin, calendar.member.token) as visitor:
        page = visitor.page
        await visitor.open(calendar.address(day))
        await visitor.live()
        await page.get_by_role("link", name="Book a room").press("Enter")
        await expect(panel(page).get_by_label("Subject")).to_be_focused()
        assert await visitor.barriers() == []
        await visitor.shot("bookings-new")
        await page.keyboard.type("Retrospective")
        await panel(page).get_by_label("Start").fill("10:00")
        await panel(page).get_by_label("Start").press("Tab")
        await expect(panel(page).get_by_label("End", exact=True)).to_have_value("10:30")
        await panel(page).get_by_label("Subject").press("Enter")
        await expect(said(page)).to_contain_text("Booked: Retrospective")
        await expect(panel(page)).to_be_hidden()
        await expect(card(page, "Retrospective")).to_contain_text("10:00\N{EN DASH}10:30")
        await expect(page.get_by_role("link", name="Book a room")).to_be_focused()
        (shown,) = await calendar.outlook(room, day)
        assert shown["subject"] == "Retrospective"


async def test_a_press_on_a_free_slot_books_there_and_a_drag_as_long_as_it_reaches(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day, room = calendar.day(), calendar.rooms[2]
    async with visiting(browser, premises.origin, calendar.member.token) as visitor:
        page = visitor.page
        await visitor.open(calendar.address(day))
        await page.mouse.click(*await point(page, room, "14:20"))
        await expect(panel(page).get_by_label("Start")).to_have_value("14:15")
        await expect(panel(page).get_by_label("End", exact=True)).to_have_value("14:45")
        await expect(panel(page).get_by_label("Room", exact=True)).to_have_value(str(room.id))
        await page.keyboard.press("Escape")
        await page.mouse.move(*await point(page, room, "09:00"))
        await page.mouse.down()
        await page.mouse.move(*await point(page, room, "09:40"), steps=4)
        await page.mouse.move(*await point(page, room, "10:20"), steps=4)
        await page.mouse.up()
        await expect(panel(page).get_by_label("Start")).to_have_value("09:00")
        await expect(panel(page).get_by_label("End", exact=True)).to_have_value("10:30")
        await panel(page).get_by_label("Subject").fill("Dragged")
        await panel(page).get_by_role("button", name="Book").click()
        await expect(card(page, "Dragged")).to_contain_text("09:00\N{EN DASH}10:30")


async def test_a_form_that_is_sent_twice_books_once(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day, room = calendar.day(), calendar.rooms[0]
    async with visiting(browser, premises.origin, calendar.member.token) as visitor:
        page = visitor.page
        await visitor.open(calendar.address(day))
        await page.get_by_role("link", name="Book a room").click()
        await panel(page).get_by_label("Subject").fill("Once")
        statuses = await page.evaluate(
            """() => {
                const form = document.querySelector("#panel .booking-form");
                const send = () => fetch(form.action, {
                    method: "POST", body: new URLSearchParams(new FormData(form)),
                    headers: {"HX-Request": "true"},
                }).then((answer) => answer.status);
                return Promise.all([send(), send(), send()]);
            }"""
        )
        assert statuses == [200] * 3
        await panel(page).get_by_role("button", name="Book").click()
        await expect(said(page)).to_contain_text("Booked: Once")
        assert len(await calendar.outlook(room, day)) == 1


async def test_a_taken_slot_is_refused_in_words_and_an_alternative_books_with_one_press(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day, (room, *_) = calendar.day(), calendar.rooms
    await calendar.office.meet(room.mailbox, day.at("09:00"), 60, "Taken", None)
    async with visiting(browser, premises.origin, calendar.member.token) as visitor:
        visitor.refusals_expected = True
        page = visitor.page
        await visitor.open(calendar.address(day))
        await visitor.live()
        await expect(card(page, "Taken")).to_be_visible()
        await page.get_by_role("link", name="Book a room").click()
        await panel(page).get_by_label("Subject").fill("Squeezed in")
        await panel(page).get_by_label("Start").fill("09:30")
        await panel(page).get_by_label("End", exact=True).fill("10:30")
        await panel(page).get_by_role("button", name="Book").click()
        refusal = panel(page).get_by_role("alert")
        await expect(refusal).to_contain_text("The room is taken at this time. Free instead:")
        await expect(refusal).to_be_focused()
        await expect(panel(page).get_by_label("Subject")).to_have_value("Squeezed in")
        await expect(panel(page).get_by_label("Start")).to_have_value("09:30")
        assert await visitor.barriers() == []
        await visitor.shot("bookings-refused")
        offered = refusal.get_by_role("button")
        await expect(offered.first).to_contain_text(room.name)
        await expect(offered).to_have_count(6)
        await offered.filter(has_text=room.name).first.click()
        await expect(said(page)).to_contain_text("Booked: Squeezed in")
        await expect(card(page, "Squeezed in")).to_be_visible()
        assert len(await calendar.outlook(room, day)) == 2


async def test_what_does_not_fit_is_told_beside_its_field_and_nothing_is_lost(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day = calendar.day()
    async with visiting(browser, premises.origin, calendar.member.token) as visitor:
        visitor.refusals_expected = True
        page = visitor.page
        await visitor.open(calendar.address(day))
        await page.get_by_role("link", name="Book a room").click()
        await panel(page).get_by_label("Subject").fill("Backwards")
        await panel(page).get_by_label("Start").fill("11:00")
        await panel(page).get_by_label("End", exact=True).fill("10:00")
        await panel(page).get_by_text("For somebody else").click()
        await panel(page).get_by_label("Name").fill("Ida")
        await panel(page).get_by_role("button", name="Book").click()
        await expect(panel(page).get_by_role("alert")).to_contain_text(
            "End must be later than the start"
        )
        await expect(panel(page).get_by_label("End", exact=True)).to_have_attribute(
            "aria-invalid", "true"
        )
        await expect(panel(page).get_by_label("Subject")).to_have_value("Backwards")
        await expect(panel(page).get_by_label("Name")).to_have_value("Ida")
        await expect(panel(page).get_by_label("Name")).to_be_visible()
        assert await visitor.barriers() == []


async def test_a_colleague_gets_it_in_their_calendar_and_a_guest_is_invited(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day, room = calendar.day(), calendar.rooms[1]
    colleague = calendar.office.people[0]
    async with visiting(browser, premises.origin, calendar.member.token) as visitor:
        page = visitor.page
        await visitor.open(calendar.address(day, room=room.id))
        for clock, subject, address in (
            ("09:00", "Colleague", colleague),
            ("11:00", "Guest", "ida@guest.example"),
        ):
            await page.get_by_role("link", name="Book a room").click()
            await panel(page).get_by_label("Subject").fill(subject)
            await panel(page).get_by_label("Start").fill(clock)
            await panel(page).get_by_label("Start").press("Tab")
            await panel(page).get_by_text("For somebody else").click()
            await panel(page).get_by_label("Name").fill("Ida")
            await panel(page).get_by_label("E-mail address").fill(address)
            await panel(page).get_by_role("button", name="Book").click()
            await expect(said(page)).to_contain_text(f"Booked: {subject}")
        await expect(card(page, "Colleague")).to_contain_text("09:00")
        await expect(card(page, "Guest")).to_contain_text("11:00")
        shown = sorted(await calendar.outlook(room, day), key=lambda row: str(row["start"]))
        people = [{person["address"] for person in row["attendees"]} for row in shown]
        assert "ida@guest.example" in people[1]
        theirs = await calendar.agenda(calendar.office.calendars[colleague], day)
        assert "Colleague" in [row["subject"] for row in theirs]


async def test_a_series_is_booked_in_words_and_one_meeting_or_all_of_it_is_changed(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day, room = calendar.day(), calendar.rooms[3]
    last = day.date + timedelta(weeks=2)
    async with visiting(browser, premises.origin, calendar.member.token) as visitor:
        page = visitor.page
        await visitor.open(calendar.address(day, room=room.id))
        await visitor.live()
        await page.get_by_role("link", name="Book a room").click()
        await panel(page).get_by_label("Subject").fill("Choir")
        await panel(page).get_by_label("Day", exact=True).fill(str(day.date))
        await panel(page).get_by_label("Start").fill("12:00")
        await panel(page).get_by_label("Start").press("Tab")
        await panel(page).get_by_label("Repeats").select_option("Weekly")
        await expect(panel(page).get_by_label(f"{day.date:%a}")).to_be_checked()
        await panel(page).get_by_label("Meetings").fill("3")
        assert await visitor.barriers() == []
        await visitor.shot("bookings-series")
        await panel(page).get_by_role("button", name="Book").click()
        await expect(said(page)).to_contain_text(f"every week on {day.date:%A}, 3 times")
        await expect(card(page, "Choir")).to_contain_text("repeats")

        await card(page, "Choir").get_by_role("link").click()
        await expect(panel(page).get_by_role("radio", name="This meeting").first).to_be_checked()
        await expect(panel(page)).to_contain_text(
            f"Every week on {day.date:%A}, at least until {last.day} {last:%B %Y}"
        )
        await panel(page).get_by_label("Start").fill("12:30")
        await panel(page).get_by_label("Start").press("Tab")
        assert await visitor.barriers() == []
        await visitor.shot("bookings-panel-series")
        await panel(page).get_by_role("button", name="Save").click()
        await expect(card(page, "Choir")).to_contain_text("12:30\N{EN DASH}13:00")
        await page.get_by_role("link", name="Next week").click()
        await expect(card(page, "Choir")).to_contain_text("12:00\N{EN DASH}12:30")

        await card(page, "Choir").get_by_role("link").click()
        await panel(page).get_by_text("Cancel this booking").click()
        await panel(page).get_by_role("radio", name="The whole series").last.check()
        await panel(page).get_by_role("button", name="Cancel booking").click()
        await expect(said(page)).to_contain_text("The series is cancelled: Choir")
        await expect(card(page, "Choir")).to_have_count(0)


async def test_a_booking_is_changed_by_its_form_dragged_elsewhere_and_made_longer(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day, (blue, green, *_) = calendar.day(), calendar.rooms
    async with visiting(browser, premises.origin, calendar.member.token) as visitor:
        page = visitor.page
        await visitor.open(calendar.address(day))
        await visitor.live()
        await page.mouse.click(*await point(page, blue, "09:00"))
        await panel(page).get_by_label("Subject").fill("Wandering")
        await panel(page).get_by_label("Subject").press("Enter")
        await expect(card(page, "Wandering")).to_be_visible()
        await expect(panel(page)).to_be_hidden()

        await card(page, "Wandering").get_by_role("link").press("Enter")
        await expect(panel(page).get_by_role("heading", name="Wandering")).to_be_focused()
        await expect(panel(page)).to_contain_text("Confirmed")
        assert await visitor.barriers() == []
        await visitor.shot("bookings-panel")
        await panel(page).get_by_label("Subject").fill("Walkabout")
        await panel(page).get_by_label("Subject").press("Enter")
        await expect(said(page)).to_contain_text("Changed: Walkabout")
        await expect(card(page, "Walkabout")).to_be_visible()
        await expect(card(page, "Walkabout").get_by_role("link")).to_be_focused()

        async def drag(start: tuple[float, float], end: tuple[float, float]) -> None:
            await page.mouse.move(*start)
            await page.mouse.down()
            await page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=3)
            await page.mouse.move(*end, steps=3)
            await page.mouse.up()

        await drag(await point(page, blue, "09:10"), await point(page, blue, "11:10"))
        await expect(card(page, "Walkabout")).to_contain_text("11:00\N{EN DASH}11:30")
        await drag(await point(page, blue, "11:10"), await point(page, green, "13:10"))
        await expect(said(page)).to_contain_text(f"13:00\N{EN DASH}13:30, {green.name}")
        await expect(card(page, "Walkabout")).to_have_attribute("data-room", str(green.id))
        await expect(card(page, "Walkabout")).to_have_count(1)
        box = await card(page, "Walkabout").bounding_box()
        assert box is not None
        x, bottom = box["x"] + box["width"] / 2, box["y"] + box["height"] - 3
        await drag((x, bottom), await point(page, green, "14:10"))
        await expect(card(page, "Walkabout")).to_contain_text("13:00\N{EN DASH}14:15")
        await expect(panel(page)).to_be_hidden()
        (shown,) = await calendar.outlook(green, day)
        assert shown["subject"] == "Walkabout"
        assert await calendar.outlook(blue, day) == []


async def test_what_outlook_changed_meanwhile_is_shown_and_the_change_may_be_repeated(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day, room = calendar.day(), calendar.rooms[0]
    event = await calendar.office.meet(room.mailbox, day.at("09:00"), 60, "Contested", None)
    async with visiting(browser, premises.origin, calendar.member.token) as visitor:
        visitor.refusals_expected = True
        page = visitor.page
        await visitor.open(calendar.address(day))
        await visitor.live()
        await card(page, "Contested").get_by_role("link").click()
        await panel(page).get_by_label("Start").fill("14:00")
        await panel(page).get_by_label("Start").press("Tab")
        await calendar.office.move(room.mailbox, event, day.at("10:30"), 60)
        await expect(card(page, "Contested")).to_contain_text("10:30\N{EN DASH}11:30")
        await expect(panel(page).get_by_label("Start")).to_have_value("14:00")
        await panel(page).get_by_role("button", name="Save").click()
        refusal = panel(page).get_by_role("alert")
        await expect(refusal).to_contain_text("changed in Outlook meanwhile")
        await expect(panel(page)).to_contain_text("10:30\N{EN DASH}11:30")
        await expect(panel(page).get_by_label("Start")).to_have_value("14:00")
        await visitor.shot("bookings-stale")
        await panel(page).get_by_role("button", name="Save").click()
        await expect(card(page, "Contested")).to_contain_text("14:00\N{EN DASH}15:00")


async def test_a_meeting_made_in_outlook_keeps_its_room_and_the_page_says_why(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day, (blue, green, *_) = calendar.day(), calendar.rooms
    await calendar.office.meet(blue.mailbox, day.at("09:00"), 60, "Theirs", 2)
    async with visiting(browser, premises.origin, calendar.member.token) as visitor:
        visitor.refusals_expected = True
        page = visitor.page
        await visitor.open(calendar.address(day))
        await visitor.live()
        await card(page, "Person2").get_by_role("link").click()
        await panel(page).get_by_label("Room", exact=True).select_option(str(green.id))
        await panel(page).get_by_role("button", name="Save").click()
        await expect(panel(page).get_by_role("alert")).to_contain_text("change its room there")


async def test_a_booking_is_cancelled_with_a_reason(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day, room = calendar.day(), calendar.rooms[0]
    await calendar.office.meet(room.mailbox, day.at("09:00"), 60, "Doomed", 0)
    async with visiting(browser, premises.origin, calendar.member.token) as visitor:
        page = visitor.page
        await visitor.open(calendar.address(day))
        await visitor.live()
        await card(page, "Person0").get_by_role("link").press("Enter")
        await panel(page).get_by_text("Cancel this booking").press("Enter")
        await panel(page).get_by_label("Reason").fill("The roof leaks.")
        assert await visitor.barriers() == []
        await visitor.shot("bookings-cancel")
        await panel(page).get_by_label("Reason").press("Enter")
        await expect(said(page)).to_contain_text("Cancelled")
        await expect(card(page, "Person0")).to_have_count(0)
        assert await calendar.outlook(room, day) == []


async def test_while_the_room_has_not_answered_the_form_waits_and_the_stream_ends_it(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day = calendar.day()
    slow = {
        "match": {"method": "POST", "path": "/events", "tenant": str(calendar.office.tenant)},
        "delay": 6,
    }
    async with visiting(browser, premises.origin, calendar.member.token) as visitor:
        page = visitor.page
        await visitor.open(calendar.address(day))
        await visitor.live()
        await page.get_by_role("link", name="Book a room").click()
        await panel(page).get_by_label("Subject").fill("Patience")
        await panel(page).get_by_text("For somebody else").click()
        await panel(page).get_by_label("E-mail address").fill(calendar.office.people[1])
        await premises.sim.call("POST", "/_sim/faults", slow)
        await panel(page).get_by_role("button", name="Book").click()
        await expect(panel(page).get_by_text("Asking the room")).to_be_visible()
        await expect(panel(page)).to_contain_text("Waiting for the room to answer")
        await expect(panel(page).locator("[data-waiting]")).to_be_focused()
        await visitor.shot("bookings-waiting")
        await expect(said(page)).to_contain_text("Booked: Patience")
        await expect(panel(page)).to_be_hidden()
        await expect(card(page, "Patience")).to_be_visible()


async def test_without_scripts_everything_is_a_page_and_works(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day, room = calendar.day(), calendar.rooms[1]
    async with visiting(
        browser, premises.origin, calendar.member.token, java_script_enabled=False
    ) as visitor:
        visitor.refusals_expected = True
        page = visitor.page
        await visitor.open(calendar.address(day))
        await page.get_by_role("link", name="Book a room").click()
        await page.get_by_label("Room", exact=True).select_option(str(room.id))
        await page.get_by_label("Subject").fill("Plain")
        await visitor.shot("bookings-new-page")
        await page.get_by_role("button", name="Book", exact=True).last.click()
        await expect(page.get_by_role("status").first).to_contain_text("Booked: Plain")
        await card(page, "Plain").get_by_role("link").click()
        await page.get_by_label("Subject").fill("Plainer")
        await page.get_by_role("button", name="Save").last.click()
        await expect(card(page, "Plainer")).to_be_visible()
        await card(page, "Plainer").get_by_role("link").click()
        await page.get_by_text("Cancel this booking").click()
        await page.get_by_role("button", name="Cancel booking").click()
        await expect(page.get_by_role("status").first).to_contain_text("Cancelled: Plainer")
        await expect(card(page, "Plainer")).to_have_count(0)


async def test_a_whole_day_booked_by_form_is_one_in_outlook_and_is_made_two(
    premises: Premises, browser: Browser, calendar: Calendar
) -> None:
    day, room = calendar.day(), calendar.rooms[2]
    first, last = day.date, day.date + timedelta(days=1)

    def words(of: date) -> str:
        return f"{of.day} {of:%b}"

    async with visiting(browser, premises.origin, calendar.member.token) as visitor:
        page = visitor.page
        await visitor.open(calendar.address(day))
        await visitor.live()
        await page.get_by_role("link", name="Book a room").press("Enter")
        await panel(page).get_by_label("Room").select_option(str(room.id))
        await panel(page).get_by_label("Subject").fill("Offsite")
        await panel(page).get_by_label("All day").check()
        await expect(panel(page).get_by_label("Start")).to_be_hidden()
        assert await visitor.barriers() == []
        await panel(page).get_by_label("Subject").press("Enter")
        await expect(said(page)).to_contain_text(f"Booked: Offsite, {words(first)}, all day")
        await expect(page.get_by_role("list", name="All day")).to_contain_text("All day Offsite")
        (shown,) = await calendar.outlook(room, day)
        assert (shown["subject"], shown["all_day"]) == ("Offsite", True)

        await card(page, "Offsite").get_by_role("link").click()
        await expect(panel(page)).to_contain_text(f"All day, {words(first)} (Europe/Berlin)")
        await panel(page).get_by_text("Ends on another day").click()
        await panel(page).get_by_label("Last day").fill(str(last))
        await panel(page).get_by_label("Subject").press("Enter")
        await expect(said(page)).to_contain_text("Changed: Offsite")
        await expect(card(page, "Offsite")).to_contain_text(
            f"All day, {words(first)} \N{EN DASH} {words(last)}"
        )
        (shown,) = await calendar.outlook(room, day)
        assert shown["all_day"]
        assert datetime.fromisoformat(shown["end"]) - datetime.fromisoformat(
            shown["start"]
        ) == timedelta(days=2)

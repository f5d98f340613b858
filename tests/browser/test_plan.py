"""The office plan, drawn by an administrator and looked at by everybody."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest_asyncio
from PIL import Image, ImageDraw
from playwright.async_api import Browser, Dialog, FilePayload, Locator, Page, expect

from ..e2e.office import Api, Office
from .premises import Account, Premises
from .visitor import Visitor, visiting

DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1400 700"><script>document.title = "x"</script>'
    '<path d="M90 90h900v500z" fill="none" stroke="black"/></svg>'
)
HOSTILE = "<script>document.title='x'</script>"
DROP = """(sheet, text) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([text], "plan.svg"));
    sheet.dispatchEvent(new DragEvent("drop", { bubbles: true, dataTransfer }));
}"""


@dataclass
class Storey:
    """An organisation with four live rooms; each test draws in an office of its own."""

    office: Office
    administrator: Account
    hq: str

    async def office_of_its_own(self, name: str) -> str:
        made = await self.office.portal.call(
            "POST", "/api/offices", {"name": name, "time_zone": "Europe/Berlin"}
        )
        return str(made["id"])

    async def plan(self, office_id: str) -> Any:
        return await self.office.portal.call("GET", f"/api/offices/{office_id}/plan")

    async def draw(self, office_id: str, *icons: Any) -> None:
        version = (await self.plan(office_id))["version"]
        await self.office.portal.call(
            "PUT", f"/api/offices/{office_id}/plan", {"version": version, "icons": list(icons)}
        )

    async def upload(self, office_id: str, raw: bytes) -> None:
        headers = {"Authorization": f"Bearer {self.office.portal.token}"}
        url = f"{self.office.portal.origin}/api/offices/{office_id}/plan/image"
        async with self.office.portal.session.put(
            url, data=BytesIO(raw), headers=headers
        ) as answer:
            assert answer.status == 200, await answer.text()


def floor(width: int = 1600, height: int = 900) -> bytes:
    """A floor plan, as an architect exports it."""
    picture = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((40, 40, width - 40, height - 40), outline="#555555", width=8)
    for nth in range(1, 4):
        pen.line(
            (width * nth // 4, 40, width * nth // 4, height // 2 - 60), fill="#555555", width=6
        )
    pen.line((40, height // 2 - 60, width - 40, height // 2 - 60), fill="#999999", width=4)
    for nth in range(12):
        left = 90 + nth * (width - 160) // 12
        pen.rectangle((left, height - 220, left + 70, height - 170), outline="#aaaaaa", width=3)
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def file(raw: bytes, name: str = "floor.png", kind: str = "image/png") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": raw}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def storey(premises: Premises) -> AsyncIterator[Storey]:
    office, administrator = await premises.office("storey", rooms=4)
    hq = (await office.portal.call("GET", "/api/offices"))["items"][0]["id"]
    yield Storey(office, administrator, hq)


def icon(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=re.compile("Plan of")).get_by_role(
        "button", name=re.compile(f"^(Room|Desk) {name},")
    )


async def saved(page: Page) -> None:
    await expect(page.get_by_text("All changes saved")).to_be_visible()


async def test_an_administrator_uploads_a_picture_and_places_rooms_and_desks(
    premises: Premises, browser: Browser, storey: Storey
) -> None:
    rooms = sorted(str(each) for each in storey.office.rooms)
    names = [
        room["name"] for room in (await storey.office.portal.call("GET", "/api/rooms"))["items"]
    ]
    async with visiting(browser, premises.origin, storey.administrator.token) as visitor:
        page = visitor.page
        await visitor.open(f"/settings/offices/{storey.hq}/plan")
        await expect(page.get_by_role("heading", name="Edit Office Plan")).to_be_visible()
        await expect(page.get_by_text("No picture yet.")).to_be_visible()
        await visitor.shot("plan-editor-empty")
        assert await visitor.barriers() == []
        await page.get_by_label("Upload picture").set_input_files(file(floor()))
        await expect(page.get_by_text("Change picture")).to_be_visible()
        await expect(page.locator("image")).to_have_attribute("width", "1600")

        sheet = page.locator(".plan-svg")
        await sheet.click(position={"x": 120, "y": 90})
        room = page.get_by_label("Room", exact=True)
        await expect(room).to_be_focused()
        assert await room.locator("option").all_text_contents() == names
        await visitor.shot("plan-editor-new-room")
        assert await visitor.barriers() == []
        await room.select_option(label=names[2])
        await page.get_by_role("button", name="Add to plan").click()
        await expect(icon(page, names[2])).to_be_focused()

        await sheet.click(position={"x": 330, "y": 90})
        assert names[2] not in await room.locator("option").all_text_contents()
        await page.get_by_role("button", name="Add to plan").click()
        await page.get_by_label("Desks").check()
        await sheet.click(position={"x": 200, "y": 300})
        await page.get_by_label("Desk's name").fill("Window 1")
        await page.keyboard.press("Enter")
        await expect(icon(page, "Window 1")).to_be_focused()
        await sheet.click(position={"x": 260, "y": 300})
        await page.get_by_label("Desk's name").fill("window 1")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("There is a desk of this name already")).to_be_visible()
        await page.keyboard.press("Escape")
        await saved(page)
        await icon(page, names[0]).click()
        await visitor.shot("plan-editor")
        assert await visitor.barriers() == []

        plan = await storey.plan(storey.hq)
        kept = [(each["kind"], each["name"]) for each in plan["icons"]]
        assert kept == [("room", names[2]), ("room", names[0]), ("desk", "Window 1")]
        assert {each["room_id"] for each in plan["icons"][:2]} < set(rooms)
        await page.reload()
        await expect(icon(page, "Window 1")).to_be_visible()


async def test_an_icon_is_dragged_and_moved_by_buttons_and_by_keys_and_moves_are_undone(
    premises: Premises, browser: Browser, storey: Storey
) -> None:
    office = await storey.office_of_its_own("Moving")
    await storey.draw(office, {"kind": "desk", "name": "A", "x": 400, "y": 300})
    async with visiting(browser, premises.origin, storey.administrator.token) as visitor:
        page = visitor.page
        await visitor.open(f"/settings/offices/{office}/plan")
        mark = icon(page, "A")
        sheet = await page.locator(".plan-svg").bounding_box()
        assert sheet
        unit = sheet["width"] / 1200
        await page.mouse.move(sheet["x"] + 400 * unit, sheet["y"] + 300 * unit)
        await page.mouse.down()
        await page.mouse.move(sheet["x"] + 500 * unit, sheet["y"] + 320 * unit, steps=4)
        await page.mouse.move(sheet["x"] + 600 * unit, sheet["y"] + 350 * unit)
        await page.mouse.up()
        await expect(mark).to_have_attribute(
            "aria-label", re.compile("Desk A, (599|600|601) from the left, (349|350|351) from")
        )
        x, y = [
            int(each) for each in re.findall(r"\d+", await mark.get_attribute("aria-label") or "")
        ]

        async def expect_at(left: int, top: int) -> None:
            await expect(mark).to_have_attribute(
                "aria-label", f"Desk A, {left} from the left, {top} from the top"
            )

        for name in ("Right", "Right", "Down"):
            await page.get_by_role("button", name=name, exact=True).click()
        await expect_at(x + 2, y + 1)
        await mark.focus()
        await page.keyboard.press("ArrowLeft")
        await page.keyboard.press("Shift+ArrowUp")
        await expect_at(x + 1, y - 9)
        await saved(page)
        kept = (await storey.plan(office))["icons"][0]
        assert (kept["x"], kept["y"]) == (x + 1, y - 9)
        await page.get_by_role("button", name="Undo").click()
        await page.get_by_role("button", name="Undo").click()
        await expect_at(400, 300)
        await saved(page)
        kept = (await storey.plan(office))["icons"][0]
        assert (kept["x"], kept["y"]) == (400, 300)


async def test_a_plan_is_drawn_by_keyboard_alone(
    premises: Premises, browser: Browser, storey: Storey
) -> None:
    office = await storey.office_of_its_own("Keys")
    async with visiting(browser, premises.origin, storey.administrator.token) as visitor:
        page = visitor.page
        await visitor.open(f"/settings/offices/{office}/plan")
        await page.get_by_label("Rooms").focus()
        await page.keyboard.press("ArrowLeft")
        await expect(page.get_by_label("Desks")).to_be_checked()
        await page.get_by_role("button", name="Add at centre").press("Enter")
        await expect(page.get_by_label("Desk's name")).to_be_focused()
        await page.keyboard.type("Corner")
        await page.keyboard.press("Enter")
        mark = icon(page, "Corner")
        await expect(mark).to_be_focused()
        before = await mark.get_attribute("aria-label")
        await page.keyboard.press("ArrowDown")
        await expect(mark).not_to_have_attribute("aria-label", before or "")
        await page.keyboard.press("Delete")
        await expect(mark).to_have_count(0)
        await expect(page.get_by_role("button", name="Add at centre")).to_be_focused()
        await page.keyboard.press("Control+z")
        await expect(mark).to_be_visible()
        await saved(page)
        assert [each["name"] for each in (await storey.plan(office))["icons"]] == ["Corner"]


async def test_icons_stay_where_they_are_when_a_picture_of_another_size_is_uploaded(
    premises: Premises, browser: Browser, storey: Storey
) -> None:
    office = await storey.office_of_its_own("Pictures")
    await storey.draw(office, {"kind": "desk", "name": "A", "x": 1500, "y": 700})
    async with visiting(browser, premises.origin, storey.administrator.token) as visitor:
        visitor.refusals_expected = True
        page = visitor.page
        await visitor.open(f"/settings/offices/{office}/plan")
        for width, height in ((1600, 900), (400, 300)):
            await page.locator("#f-picture").set_input_files(file(floor(width, height)))
            await expect(page.locator("image")).to_have_attribute("width", str(width))
            await expect(icon(page, "A")).to_have_attribute(
                "aria-label", "Desk A, 1500 from the left, 700 from the top"
            )
            assert (
                await page.locator(".plan-svg").get_attribute("viewBox") == "0 0 1600 900"
                or width == 400
            )
        # Somebody else is faster with another one: it is shown, and what to do is said.
        await storey.upload(office, floor(800, 600))
        await page.locator("#f-picture").set_input_files(file(floor(900, 700)))
        await expect(page.get_by_role("alert")).to_contain_text("upload yours again")
        await expect(page.locator("image")).to_have_attribute("width", "800")
        await page.locator("#f-picture").set_input_files(file(floor(900, 700)))
        await expect(page.locator("image")).to_have_attribute("width", "900")
        await visitor.shot("plan-editor-trail")
        for raw, name, words in (
            (b"GIF89a", "a.gif", "This is a GIF picture. Save it as PNG or JPEG"),
            (b"%PDF-1.7", "a.pdf", "This is a PDF. Export the page"),
            (floor()[:2000], "a.png", "damaged or not complete"),
        ):
            await page.locator("#f-picture").set_input_files(file(raw, name))
            await expect(page.get_by_role("alert")).to_contain_text(words)
        await visitor.shot("plan-editor-refused")
        assert await visitor.barriers() == []
        sheet = page.locator(".plan-svg")
        await sheet.evaluate(DROP, " ".ljust(11 * 1024 * 1024))
        await expect(page.get_by_role("alert")).to_contain_text("more than 10 MiB")
        await sheet.evaluate(DROP, DRAWING)
        await expect(page.locator("image")).to_have_attribute("width", "1400")
        await expect(page.get_by_role("alert")).to_have_count(0)


async def test_two_editors_at_once_lose_nothing(
    premises: Premises, browser: Browser, storey: Storey
) -> None:
    office = await storey.office_of_its_own("Both")
    await storey.draw(
        office,
        {"kind": "desk", "name": "A", "x": 100, "y": 100},
        {"kind": "desk", "name": "B", "x": 300, "y": 100},
    )
    async with visiting(browser, premises.origin, storey.administrator.token) as visitor:
        visitor.refusals_expected = True
        page = visitor.page
        await visitor.open(f"/settings/offices/{office}/plan")
        await expect(icon(page, "A")).to_be_visible()
        await storey.draw(
            office,
            {"kind": "desk", "name": "B", "x": 300, "y": 500},
            {"kind": "desk", "name": "C", "x": 500, "y": 100},
            {"kind": "desk", "name": "A", "x": 100, "y": 100},
        )
        await icon(page, "A").focus()
        await page.keyboard.press("Shift+ArrowRight")
        await expect(page.get_by_role("alert")).to_contain_text(
            "their changes and yours are both kept"
        )
        await saved(page)
        await expect(icon(page, "C")).to_be_visible()
        kept = {
            each["name"]: (each["x"], each["y"]) for each in (await storey.plan(office))["icons"]
        }
        assert kept == {"A": (110, 100), "B": (300, 500), "C": (500, 100)}


async def test_what_could_not_be_saved_is_said_and_saved_later(
    premises: Premises, browser: Browser, storey: Storey
) -> None:
    office = await storey.office_of_its_own("Offline")
    await storey.draw(office, {"kind": "desk", "name": "A", "x": 100, "y": 100})
    async with visiting(browser, premises.origin, storey.administrator.token) as visitor:
        page = visitor.page
        await visitor.open(f"/settings/offices/{office}/plan")
        await page.route("**/plan", lambda route: route.abort())
        await icon(page, "A").focus()
        await page.keyboard.press("ArrowRight")
        await expect(page.get_by_role("alert")).to_contain_text(
            "Not saved: the server cannot be reached"
        )
        asked: list[str] = []

        async def stay(dialog: Dialog) -> None:
            asked.append(dialog.type)
            await dialog.dismiss()

        page.once("dialog", stay)
        await page.get_by_role("link", name="See live plan").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        assert asked == ["beforeunload"]
        await page.unroute("**/plan")
        await page.get_by_role("button", name="Save").click()
        await saved(page)
        await expect(page.get_by_role("alert")).to_have_count(0)
        assert (await storey.plan(office))["icons"][0]["x"] == 101
        visitor.complaints = [each for each in visitor.complaints if "ERR_FAILED" not in each]


async def test_who_is_signed_out_while_editing_signs_in_elsewhere_and_saves(
    premises: Premises, browser: Browser, storey: Storey
) -> None:
    office = await storey.office_of_its_own("Signed out")
    await storey.draw(office, {"kind": "desk", "name": "A", "x": 100, "y": 100})
    member = await premises.member(storey.office.portal)
    users = (await storey.office.portal.call("GET", "/api/users"))["items"]
    user = next(each["id"] for each in users if each["email"] == member.email)
    await storey.office.portal.call("PATCH", f"/api/users/{user}", {"role": "administrator"})
    sign_in = {"email": member.email, "password": member.password}

    async def session() -> str:
        return str((await storey.office.portal.call("POST", "/api/session", sign_in))["token"])

    token = await session()
    async with visiting(browser, premises.origin, token) as visitor:
        visitor.refusals_expected = True
        page = visitor.page
        await visitor.open(f"/settings/offices/{office}/plan")
        await expect(icon(page, "A")).to_be_visible()
        theirs = Api(premises.session, premises.origin, token)
        await theirs.call("DELETE", "/api/session")
        await icon(page, "A").focus()
        await page.keyboard.press("ArrowRight")
        await expect(page.get_by_role("alert")).to_contain_text("you are signed out")
        await page.context.add_cookies(
            [{"name": "session", "value": await session(), "url": premises.origin}]
        )
        await page.get_by_role("button", name="Save").click()
        await saved(page)
        assert (await storey.plan(office))["icons"][0]["x"] == 101


async def test_on_a_phone_an_icon_is_made_and_dragged_by_touch(
    premises: Premises, browser: Browser, storey: Storey
) -> None:
    office = await storey.office_of_its_own("Touch")
    await storey.upload(office, floor())
    async with visiting(
        browser, premises.origin, storey.administrator.token, phone=True
    ) as visitor:
        page = visitor.page
        await visitor.open(f"/settings/offices/{office}/plan")
        await page.get_by_role("radio", name="Desks").tap()
        await page.locator(".plan-svg").tap(position={"x": 150, "y": 150})
        await page.get_by_label("Desk's name").fill("Touched")
        await page.get_by_role("button", name="Add to plan").tap()
        mark = icon(page, "Touched")
        await saved(page)
        before = (await storey.plan(office))["icons"][0]
        await mark.scroll_into_view_if_needed()
        box = await mark.bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        cdp = await page.context.new_cdp_session(page)
        await cdp.send(
            "Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]}
        )
        for nth in range(1, 6):
            await cdp.send(
                "Input.dispatchTouchEvent",
                {"type": "touchMove", "touchPoints": [{"x": x + nth * 10, "y": y + nth * 6}]},
            )
        await cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        await expect(mark).not_to_have_attribute(
            "aria-label", re.compile(f", {before['x']} from the left")
        )
        await saved(page)
        after = (await storey.plan(office))["icons"][0]
        assert after["x"] > before["x"] + 50
        assert after["y"] > before["y"] + 30
        await page.evaluate("scrollTo(0, 0)")
        await visitor.shot("plan-editor-phone")
        assert await visitor.barriers() == []


def mark_of(visitor: Visitor, name: str) -> Locator:
    return visitor.page.get_by_role("region", name=re.compile("Plan of")).get_by_role(
        "link", name=re.compile(name)
    )


async def test_the_live_plan_shows_each_room_and_follows_outlook_within_500_ms(
    premises: Premises, browser: Browser, storey: Storey
) -> None:
    rooms = (await storey.office.portal.call("GET", "/api/rooms"))["items"]
    await storey.upload(storey.hq, floor())
    places = [(180, 200), (580, 200), (990, 200)]
    await storey.draw(
        storey.hq,
        *(
            {"kind": "room", "room_id": room["id"], "x": x, "y": y}
            for room, (x, y) in zip(rooms, places, strict=False)
        ),
        *(
            {"kind": "desk", "name": f"Window {nth}", "x": 125 + 120 * nth, "y": 700}
            for nth in range(1, 5)
        ),
    )
    member = await premises.member(storey.office.portal)
    async with visiting(browser, premises.origin, member.token) as visitor:
        page = visitor.page
        await visitor.open(f"/plan?office={storey.hq}")
        await visitor.live()
        first = mark_of(visitor, rooms[0]["name"])
        await expect(first).to_have_attribute("aria-label", re.compile("free"))
        await expect(page.get_by_role("link", name="Edit plan")).to_have_count(0)
        # From the event on the stream until the words are painted, by the page's own clock.
        await page.evaluate(
            """() => { window.heard = []; window.painted = [];
            document.body.addEventListener('live:booking', () => heard.push(performance.now()));
            new MutationObserver(() => { const mark = document.querySelector('.plan-icon.taken');
                if (mark && !painted.length) requestAnimationFrame(() => painted.push(performance.now())); })
                .observe(document.getElementById('plan-live'), {subtree: true, childList: true, attributes: true}); }"""
        )
        start = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
        mailbox = storey.office.rooms[UUID(rooms[0]["id"])]
        event = await storey.office.meet(mailbox, start, 120)
        await expect(first).to_have_attribute("aria-label", re.compile("taken until"))
        later = start + timedelta(hours=3)
        await storey.office.meet(
            storey.office.rooms[UUID(rooms[1]["id"])], later, 30, organizer=None
        )
        await expect(mark_of(visitor, rooms[1]["name"])).to_have_attribute(
            "aria-label", re.compile("free")
        )
        took = await page.evaluate("painted[0] - heard[0]")
        print(f"live plan: painted {took:.0f} ms after the event")  # noqa: T201 — a figure
        assert took < 500
        await visitor.shot("plan")
        assert await visitor.barriers() == []
        await page.emulate_media(color_scheme="dark")
        await visitor.shot("plan-dark")
        listed = page.get_by_role("list").get_by_role("link", name=re.compile(rooms[0]["name"]))
        await expect(listed).to_contain_text("Taken until")
        await expect(page.get_by_role("heading", name="Rooms")).to_contain_text("3 of 4 free")
        await storey.office.cancel(mailbox, event)
        await expect(listed).to_contain_text("Free")
        await first.click()
        await expect(page).to_have_url(f"{premises.origin}/bookings?room={rooms[0]['id']}")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()


async def test_the_live_plan_asks_again_when_a_meeting_begins_or_ends_without_being_told(
    premises: Premises, browser: Browser, storey: Storey
) -> None:
    async with visiting(browser, premises.origin, storey.administrator.token) as visitor:
        page = visitor.page
        await page.clock.install()
        await visitor.open(f"/plan?office={storey.hq}")
        await visitor.live()
        await page.evaluate(
            "document.addEventListener('htmx:afterSettle', () => document.body.dataset.settled = Date.now())"
        )
        body, part = page.locator("body"), page.locator("#plan-live")
        for _ in range(2):
            due = float(await part.get_attribute("data-due") or "")
            before = await body.get_attribute("data-settled") or "never"
            async with page.expect_response(lambda answer: "/plan?office=" in answer.url):
                await page.clock.fast_forward(int(due * 1000) + 100)
            await expect(body).not_to_have_attribute("data-settled", before)


async def test_a_name_with_markup_is_nothing_but_a_name(
    premises: Premises, browser: Browser, storey: Storey
) -> None:
    office = await storey.office_of_its_own("Hostile")
    await storey.draw(office, {"kind": "desk", "name": HOSTILE, "x": 400, "y": 300})
    async with visiting(browser, premises.origin, storey.administrator.token) as visitor:
        page = visitor.page
        await visitor.open(f"/plan?office={office}")
        await expect(page.locator(".desk title")).to_have_text(HOSTILE)
        await visitor.open(f"/settings/offices/{office}/plan")
        await page.locator(".plan-icon.desk").click()
        await expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
        await expect(page).to_have_title("Edit Office Plan · Clearooms")


async def test_an_office_is_chosen_and_one_without_a_plan_says_so(
    premises: Premises, browser: Browser, storey: Storey
) -> None:
    office = await storey.office_of_its_own("Annexe")
    async with visiting(browser, premises.origin, storey.administrator.token) as visitor:
        page = visitor.page
        await visitor.open("/plan")
        await page.get_by_label("Office", exact=True).select_option(label="Annexe")
        await expect(page).to_have_url(f"{premises.origin}/plan?office={office}")
        await expect(page.get_by_text("No plan of Annexe yet")).to_be_visible()
        await visitor.shot("plan-none")
        assert await visitor.barriers() == []
        await page.get_by_role("link", name="Draw the plan").click()
        await expect(page.get_by_role("heading", name="Edit Office Plan")).to_be_visible()
    fresh, account = await premises.organisation("planless")
    member = await premises.member(fresh)
    async with visiting(browser, premises.origin, member.token) as visitor:
        await visitor.open("/plan")
        await expect(
            visitor.page.get_by_text("An administrator of yours can add one.")
        ).to_be_visible()
        assert await visitor.barriers() == []
    async with visiting(browser, premises.origin, account.token) as visitor:
        await visitor.open("/plan")
        await expect(visitor.page.get_by_role("link", name="Add an office")).to_be_visible()


async def test_on_a_phone_the_live_plan_scrolls_and_the_list_tells_everything(
    premises: Premises, browser: Browser, storey: Storey
) -> None:
    async with visiting(
        browser, premises.origin, storey.administrator.token, phone=True
    ) as visitor:
        page = visitor.page
        await visitor.open(f"/plan?office={storey.hq}")
        await expect(page.get_by_role("heading", name="Rooms")).to_contain_text("of 4 free")
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390
        view = page.get_by_role("region", name=re.compile("Plan of"))
        assert await view.evaluate("view => view.scrollWidth > view.clientWidth")
        await page.get_by_role("button", name="Smaller").tap()
        assert await view.evaluate("view => view.scrollWidth <= view.clientWidth + 1")
        await page.get_by_role("button", name="Larger").tap()
        await visitor.shot("plan-phone")
        assert await visitor.barriers() == []

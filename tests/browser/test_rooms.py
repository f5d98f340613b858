"""Settings → Meeting Rooms: how each room is, while it loads, when it is live, and when something is wrong."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest_asyncio
from playwright.async_api import Browser, expect

from pgstore import Role, open_database

from ..e2e.office import Office
from ..e2e.processes import until
from .premises import Account, Premises
from .visitor import PATIENCE_MS, visiting

PATH = "/settings/meeting-rooms"


_TOUCHED_BY_A_REFRESH = """() => new Promise(done => {
  const part = document.getElementById("health");
  const touched = [];
  new MutationObserver(list => list.forEach(({target}) => target === part || touched.push(target.nodeName)))
    .observe(part, {subtree: true, childList: true, characterData: true, attributes: true});
  part.addEventListener("htmx:afterSettle", () => setTimeout(() => done(touched)));
  htmx.trigger(document.body, "live:room");
})"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(premises: Premises) -> AsyncIterator[tuple[Office, Account]]:
    """One connected organisation with two live rooms."""
    yield await premises.office("rooms", rooms=2)


def soon(hours: float) -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)


async def test_without_an_office_the_way_leads_there_and_without_rooms_to_the_import(
    premises: Premises, browser: Browser
) -> None:
    api, account = await premises.organisation("no-rooms")
    async with visiting(browser, premises.origin, account.token) as visitor:
        page = visitor.page
        await visitor.open(PATH)
        await visitor.shot("rooms-no-office")
        await expect(page.get_by_role("link", name="Add an office")).to_have_attribute(
            "href", "/settings/offices"
        )
        await api.call("POST", "/api/offices", {"name": "HQ", "time_zone": "Europe/Berlin"})
        await visitor.open(PATH)
        await expect(page.get_by_role("heading", name="No rooms here yet")).to_be_visible()
        await expect(page.get_by_role("link", name="Import rooms").first).to_be_visible()
        await visitor.shot("rooms-empty")
        assert await visitor.barriers() == []


async def test_a_room_is_found_by_a_part_of_its_name_and_when_none_fits_the_page_says_so(
    premises: Premises, browser: Browser, house: tuple[Office, Account]
) -> None:
    office, account = house
    first, second = office.rooms
    async with visiting(browser, premises.origin, account.token, phone=True) as visitor:
        page = visitor.page
        await visitor.open(f"{PATH}?search=ROOM 1")
        await expect(page.locator(f"#r-{second}")).to_be_visible()
        await expect(page.locator(f"#r-{first}")).to_have_count(0)
        await page.get_by_label("Search").fill("room0@")
        await expect(page.locator(f"#r-{first}")).to_be_visible()
        await expect(page.locator(f"#r-{second}")).to_have_count(0)
        await expect(page).to_have_url(re.compile("search=room0%40$"))
        await page.get_by_label("Search").fill("no such room")
        await expect(page.get_by_role("heading", name="No room fits")).to_be_visible()
        await visitor.shot("rooms-none-found-phone")
        assert await visitor.barriers() == []


async def test_rooms_are_shown_by_office_with_state_last_change_and_lag(
    premises: Premises, browser: Browser, house: tuple[Office, Account]
) -> None:
    office, account = house
    room, mailbox = next(iter(office.rooms.items()))
    async with visiting(browser, premises.origin, account.token) as visitor:
        page = visitor.page
        await visitor.open(PATH)
        await visitor.live()
        row = page.locator(f"#r-{room}")
        await expect(row).to_contain_text("Live")
        await office.meet(mailbox, soon(30))
        # Nobody reloads: the row says it by itself.
        await expect(row.get_by_role("cell").nth(1)).to_contain_text("second", timeout=20_000)
        await expect(row.get_by_role("cell").nth(2)).to_contain_text(" s")
        offices = page.get_by_role("navigation", name="Offices")
        await expect(offices.get_by_role("link", name="HQ 2")).to_be_visible()
        await offices.get_by_role("link", name="HQ 2").click()
        await expect(offices.get_by_role("link", name="HQ 2")).to_have_attribute(
            "aria-current", "true"
        )
        await visitor.shot("rooms")
        assert await visitor.barriers() == []
    async with visiting(browser, premises.origin, account.token, phone=True) as visitor:
        await visitor.open(PATH)
        await visitor.shot("rooms-phone")
        assert await visitor.barriers() == []


async def test_a_room_loads_before_ones_eyes_and_then_is_live(
    premises: Premises, browser: Browser
) -> None:
    office, account = await premises.connected("loading", 1)
    [mailbox] = office.mailboxes
    [hq] = (await office.portal.call("GET", "/api/offices"))["items"]
    slow = {"match": {"path": "calendarView", "tenant": str(office.tenant)}, "latency": 5}
    await premises.sim.call("POST", "/_sim/faults", slow)
    body = {"mailbox_id": str(mailbox), "office_id": hq["id"]}
    room = await office.portal.call("POST", "/api/rooms", body)
    async with visiting(browser, premises.origin, account.token) as visitor:
        page = visitor.page
        await visitor.open(f"{PATH}/{room['id']}")
        await expect(page.get_by_text("0 bookings loaded so far")).to_be_visible()
        await expect(page.get_by_role("progressbar")).to_be_visible()
        await visitor.shot("room-loading")
        assert await visitor.barriers() == []
        await expect(page.get_by_role("heading", name="Live")).to_be_visible(timeout=30_000)
        await expect(page.get_by_role("progressbar")).to_have_count(0)


async def test_a_room_that_cannot_be_connected_says_why_and_what_to_do(
    premises: Premises, browser: Browser
) -> None:
    office, account = await premises.connected("hybrid", 1)
    [mailbox] = office.mailboxes
    plant = {
        "id": str(mailbox),
        "mailbox": f"room0@{office.name}.example",
        "hosting": "on_premises",
    }
    body = {"tenant_id": str(office.tenant), "rooms": [plant]}
    await premises.sim.call("POST", "/_sim/tenants", body)
    [hq] = (await office.portal.call("GET", "/api/offices"))["items"]
    await office.portal.call(
        "POST", "/api/rooms", {"mailbox_id": str(mailbox), "office_id": hq["id"]}
    )
    async with visiting(browser, premises.origin, account.token) as visitor:
        page = visitor.page
        await visitor.open(PATH)
        await visitor.live()
        row = page.get_by_role("row").filter(has_text="Unreachable")
        await expect(row).to_contain_text("not usable in Exchange Online", timeout=20_000)
        await expect(row).to_contain_text("“Room missing?” with the room's address says which")
        await visitor.shot("rooms-unreachable")
        assert await visitor.barriers() == []


async def test_a_rooms_page_shows_its_health_and_has_it_read_again_moved_and_removed(
    premises: Premises, browser: Browser, house: tuple[Office, Account]
) -> None:
    office, account = house
    room = list(office.rooms)[1]
    annex = await office.portal.call(
        "POST", "/api/offices", {"name": "Annex", "time_zone": "Europe/London"}
    )
    async with visiting(browser, premises.origin, account.token) as visitor:
        page = visitor.page
        asked: list[str] = []

        async def answer(dialog: object) -> None:
            asked.append(dialog.message)  # type: ignore[attr-defined] # Playwright's Dialog
            await dialog.accept()  # type: ignore[attr-defined] # the same

        page.on("dialog", answer)
        await visitor.open(f"{PATH}/{room}")
        await expect(page.get_by_role("heading", name="Live")).to_be_visible()
        await expect(page.get_by_text("Subscription")).to_be_visible()
        await expect(page.get_by_text("Whole calendar read")).to_be_visible()
        await visitor.shot("room")
        assert await visitor.barriers() == []
        await page.get_by_role("button", name="Read again").click()
        await expect(page.get_by_role("status")).to_contain_text("The whole calendar is read again")

        await page.get_by_label("Office").select_option("Annex")
        await page.get_by_role("button", name="Move", exact=True).click()
        await expect(page.get_by_role("status")).to_contain_text("is moved")
        moved = await office.portal.call("GET", f"/api/rooms/{room}")
        assert moved["office_id"] == annex["id"]

        await expect(page.get_by_text("kept here for 30 days")).to_be_visible()
        await page.get_by_role("button", name="Remove room").click()
        await expect(page.get_by_role("status")).to_contain_text("is removed")
        assert asked == [f"Remove {moved['name']}? Its sync stops; Outlook stays as it is."]
        await expect(page.locator(f"#r-{room}")).to_have_count(0)


async def test_a_refresh_that_brings_nothing_new_touches_nothing_on_the_page(
    premises: Premises, browser: Browser, house: tuple[Office, Account]
) -> None:
    office, account = house
    async with visiting(browser, premises.origin, account.token) as visitor:
        page = visitor.page
        await page.clock.set_fixed_time(soon(2))
        await visitor.open(f"{PATH}/{next(iter(office.rooms))}")
        await visitor.live()
        await expect(page.locator("#health time[data-ago]").first).to_have_text(re.compile(" ago$"))
        assert await page.evaluate(_TOUCHED_BY_A_REFRESH) == []


async def test_removals_held_back_are_confirmed_by_whoever_looked(
    premises: Premises, browser: Browser, house: tuple[Office, Account]
) -> None:
    office, account = house
    room, mailbox = next(iter(office.rooms.items()))
    for hour in range(40, 48):
        await office.meet(mailbox, soon(hour))
    async with visiting(browser, premises.origin, account.token) as visitor:
        page = visitor.page
        page.on("dialog", lambda dialog: dialog.accept())

        async def held() -> bool:
            await hold(
                premises, office, room, 7
            )  # a worker that finds nothing lacking takes it away
            await visitor.open(f"{PATH}/{room}")
            return await page.get_by_text("7 removals are held back").is_visible()

        async with asyncio.timeout(PATIENCE_MS / 1000):
            await until(held)
        await visitor.shot("room-held")
        assert await visitor.barriers() == []
        await page.get_by_role("button", name="Confirm 7 removals").click()
        await expect(page.get_by_role("status")).to_contain_text("looked up once more")


async def test_what_the_sync_would_do_is_shown_while_it_only_observes(
    premises: Premises, browser: Browser, house: tuple[Office, Account]
) -> None:
    office, account = house
    room = next(iter(office.rooms))
    async with (
        planned(premises, office, room),
        visiting(browser, premises.origin, account.token) as visitor,
    ):
        await visitor.open(f"{PATH}/{room}")
        region = visitor.page.get_by_role("region", name="What the sync would do")
        await expect(region).to_contain_text("The slot is taken.")
        await visitor.shot("room-observed")
        assert await visitor.barriers() == []


async def hold(premises: Premises, office: Office, room: UUID, count: int) -> None:
    """Removals held back, written as the worker does."""
    ids = [str(uuid4()) for _ in range(count)]
    brake = {"ids": ids, "first_lacked_at": datetime.now(UTC).isoformat(), "reads": 1}
    await _written(
        premises, office, "update room_sync set brake = $2 where room_id = $1", room, brake
    )


@asynccontextmanager
async def planned(premises: Premises, office: Office, room: UUID) -> AsyncIterator[None]:
    """A plan of one line, written as a worker does that observes; those in live mode would take it away, so the room is leased."""
    await _written(
        premises,
        office,
        "update room_sync set planned_at = now(), epoch = epoch + 1, lease_until = now() + interval '10 minutes'"
        " where room_id = $1",
        room,
    )
    await _written(
        premises,
        office,
        "insert into plan_lines values (current_organisation(), $1, 1, gen_random_uuid(), 'c1', 'refuse', 'overlap',"
        " 'The slot is taken.', now())",
        room,
    )
    yield
    await _written(
        premises, office, "update room_sync set lease_until = null where room_id = $1", room
    )


async def _written(premises: Premises, office: Office, statement: str, *values: object) -> None:
    assert office.organisation is not None
    async with (
        open_database(premises.database.login_dsn, Role.WORKER) as worker,
        worker.organisation_transaction(office.organisation) as connection,
    ):
        await connection.execute(statement, *values)

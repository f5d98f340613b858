"""An office whose calendar is looked at: its rooms by name, days that no other test uses, what Outlook shows of them."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from playwright.async_api import Locator, Page

from ..e2e.office import Office
from .premises import Account, Premises

BERLIN = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True, slots=True)
class Room:
    """One of ours, with its mailbox."""

    id: UUID
    mailbox: UUID
    address: str
    name: str


@dataclass(slots=True)
class Day:
    """A working day of this office, weeks ahead."""

    date: date

    def at(self, clock: str) -> datetime:
        """That time of the day in Berlin."""
        return datetime.combine(self.date, time.fromisoformat(clock), BERLIN)


@dataclass(slots=True)
class Calendar:
    """The office, who administers it and a member."""

    office: Office
    administrator: Account
    member: Account
    rooms: list[Room]
    days: int = field(default=0)

    def day(self) -> Day:
        """A Monday to Friday that no test had before."""
        today = datetime.now(BERLIN).date()
        monday = today + timedelta(days=14 - today.weekday())
        week, weekday = divmod(self.days, 5)
        self.days += 1
        return Day(monday + timedelta(days=7 * week + weekday))

    def address(self, day: Day, **more: object) -> str:
        """Where the calendar shows this day."""
        return f"/bookings?{urlencode({'day': day.date, **more})}"

    async def outlook(self, room: Room, day: Day) -> list[dict[str, Any]]:
        """What Outlook shows in the room on this day."""
        return [row for row in await self._listed(room, day) if not row["is_cancelled"]]

    async def answers(self, room: Room, **processing: object) -> None:
        """From now on the room's mailbox processes requests like that, without keywords as rooms do by default."""
        named = {"id": str(room.mailbox), "mailbox": room.address, "name": room.name}
        body = {
            "tenant_id": str(self.office.tenant),
            "rooms": [named | {"processing": processing}],
        }
        await self.office.sim.call("POST", "/_sim/tenants", body)

    async def _listed(self, room: Room, day: Day) -> list[dict[str, Any]]:
        start, end = day.at("00:00"), day.at("00:00") + timedelta(days=1)
        span = urlencode({"from": _instant(start), "to": _instant(end)})
        path = f"/_sim/mailboxes/{room.mailbox}/meetings?{span}"
        items: list[dict[str, Any]] = (await self.office.sim.call("GET", path))["items"]
        return items


def _instant(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")


async def open_calendar(premises: Premises) -> Calendar:
    """An office with four rooms, everything live."""
    office, administrator = await premises.office("Harbour", rooms=4)
    listed = (await office.portal.call("GET", "/api/rooms"))["items"]
    rooms = [
        Room(UUID(each["id"]), UUID(each["mailbox_id"]), each["mailbox"], each["name"])
        for each in listed
    ]
    return Calendar(office, administrator, await premises.member(office.portal), rooms)


def card(page: Page, subject: str) -> Locator:
    """The booking of this subject as the calendar shows it."""
    return page.locator("#calendar li.booking").filter(has_text=subject)


def slot(page: Page, room: Room) -> Locator:
    """A room's free column."""
    return page.locator(f"#calendar .slot[data-room='{room.id}']")


async def point(page: Page, room: Room, clock: str) -> tuple[float, float]:
    """Where this time stands in a room's column."""
    box = await slot(page, room).bounding_box()
    board = page.locator("#calendar .board")
    rows = int(await board.get_attribute("data-rows") or 0)
    first = int((await board.get_attribute("data-clock") or "").split(":")[1])
    hours, minutes = (int(part) for part in clock.split(":"))
    assert box is not None
    row = (hours * 60 + minutes - first) / 5
    return box["x"] + box["width"] / 2, box["y"] + box["height"] * (row + 0.5) / rows

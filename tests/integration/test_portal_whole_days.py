"""A booking of a whole day as people read it, in an office whose days are not those of UTC."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from pgstore.testing import TestDatabase

from .portal_rows import Statement, sql, write
from .portal_scene import OFFICE, House, Scene, open_scene_on_postgres

DAY = timedelta(days=1)
ZONES = ("America/Los_Angeles", "Pacific/Auckland")


@dataclass
class Desk:
    """A reader of the pages of an office with one room, of which everything is known."""

    scene: Scene
    house: House
    office: UUID
    zone: ZoneInfo

    def today(self) -> date:
        return datetime.now(self.zone).date()

    async def takes(self, day: date, series: UUID | None = None, by: tzinfo = UTC) -> UUID:
        """The room is booked for that day, as the worker writes it; of a series it began at midnight by that clock. Its id."""
        booking = uuid4()
        original = datetime.combine(day, time(), by) if series else None
        await write(self.scene, self.house, _booked(booking, day, self.zone, series, original))
        return booking

    async def read(self, path: str) -> str:
        """What a page says, without its markup."""
        headers = {"Cookie": f"session={self.house.token}"}
        async with self.scene.session.get(path, headers=headers) as answer:
            page = await answer.text()
            assert answer.status == 200, page
        main = page[page.index("<main") :]
        return " ".join(re.sub(r"<[^>]*>", " ", main).split())

    async def markup(self, path: str) -> str:
        headers = {"Cookie": f"session={self.house.token}"}
        async with self.scene.session.get(path, headers=headers) as answer:
            return await answer.text()


def _booked(
    booking: UUID, day: date, zone: ZoneInfo, series: UUID | None, original: datetime | None
) -> Statement:
    dates = [datetime.combine(each, time(), UTC) for each in (day, day + DAY)]
    taken = [datetime.combine(each, time(), zone) for each in (day, day + DAY)]
    return sql(
        "insert into bookings (organisation_id, room_id, id, event_id, kind, etag, starts, ends, occupied_from,"
        " occupied_until, all_day, time_zone, subject, organizer_name, organizer_email, status, origin, version,"
        " changed_at, series_id, original_start)"
        " values ($1, $2, $3, $4, $5, 'e', $6, $7, $8, $9, true, $10, 'Fair', 'Ada', 'ada@x.example', 'confirmed',"
        " 'outlook', 1, now(), $11, $12)",
        booking,
        str(booking),
        "occurrence" if series else "single",
        *dates,
        *taken,
        zone.key,
        series,
        original,
    )


@pytest.fixture(params=ZONES)
async def desk(
    request: pytest.FixtureRequest, database: TestDatabase, tmp_path: Path
) -> AsyncIterator[Desk]:
    async with open_scene_on_postgres(database, tmp_path) as scene:
        organisation, token = await scene.organisation("coast")
        await scene.connected(token)
        body = OFFICE | {"name": "Coast", "time_zone": request.param}
        office = UUID((await scene.good("POST", "/api/offices", body, token))["id"])
        room = UUID((await scene.room(token, office))["id"])
        house = House(organisation, token, room)
        await write(
            scene,
            house,
            sql(
                "insert into room_sync (organisation_id, room_id, due_at, loaded_at, loaded, expected)"
                " values ($1, $2, now(), now(), 0, 0)"
            ),
        )
        yield Desk(scene, house, office, ZoneInfo(request.param))


def _said(day: date) -> str:
    return f"{day.day} {day:%b}"


async def test_it_stands_above_its_day_and_in_its_week_once_and_nowhere_else(desk: Desk) -> None:
    wednesday = date(2098, 1, 8)
    await desk.takes(wednesday)

    shown = await desk.markup(f"/bookings?office={desk.office}&day={wednesday}")
    above = shown[shown.index('aria-label="All day"') :]
    assert re.search(r'class="when">All day</span>\s*<bdi class="what">Fair<', above)
    assert 'aria-label="By time"' not in shown
    for other in (wednesday - DAY, wednesday + DAY):
        assert "Fair" not in await desk.read(f"/bookings?office={desk.office}&day={other}")
    week = await desk.markup(f"/bookings?room={desk.house.room}&day={wednesday}")
    days = week.split('<section class="day')[1:]
    assert [number for number, each in enumerate(days) if "Fair" in each] == [wednesday.weekday()]
    assert week.count("Fair") == 1


async def test_its_panel_says_its_date_by_no_clock_and_leads_back_to_its_day(desk: Desk) -> None:
    day = date(2098, 1, 8)
    booking = await desk.takes(day)

    panel = f"/bookings/{booking}"
    assert f"When All day, 8 Jan ({desk.zone.key})" in await desk.read(panel)
    back = re.search(r'href="([^"]+)">To the calendar', await desk.markup(panel))
    assert back is not None
    assert back[1].endswith(f"day={day}")


async def test_its_series_repeats_on_the_days_on_which_it_stands(desk: Desk) -> None:
    monday = date(2098, 1, 6)
    for clock in (UTC, desk.zone):
        series = uuid4()
        meetings = [await desk.takes(monday + week * 7 * DAY, series, clock) for week in range(4)]

        words = await desk.read(f"/bookings/{meetings[0]}")
        assert "Every week on Monday, at least until 27 January 2098" in words


async def test_while_it_lasts_the_room_is_taken_until_midnight_and_it_is_not_over(
    desk: Desk,
) -> None:
    today = desk.today()
    booking = await desk.takes(today)
    if desk.today() != today:  # midnight passed there, once in a lifetime
        booking = await desk.takes(desk.today())

    assert "Taken until midnight" in await desk.read(f"/plan?office={desk.office}")
    overview = await desk.read("/")
    coast = overview[overview.index("Coast: free now") :]
    assert coast.startswith("Coast: free now Book No room is free at this moment.")
    panel = await desk.read(f"/bookings/{booking}")
    assert f"All day, {_said(desk.today())}" in panel
    assert "It is over" not in panel


async def test_it_is_over_when_its_day_ends_in_its_own_zone(desk: Desk) -> None:
    now = datetime.now(UTC)
    if now.hour < 11:  # yesterday goes on where it is twelve hours earlier
        desk.zone, day, over = ZoneInfo("Etc/GMT+12"), now.date() - DAY, False
    else:  # today has ended where it is fourteen hours later
        desk.zone, day, over = ZoneInfo("Pacific/Kiritimati"), now.date(), True
    booking = await desk.takes(day)

    assert ("It is over" in await desk.read(f"/bookings/{booking}")) is over

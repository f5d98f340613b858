"""Settings → Offices: where rooms are, with time zone and opening hours."""

from collections.abc import Mapping
from datetime import time

from ..domain.caller import Access
from ..domain.offices import NewOffice, Office, OfficeChange, common_zones
from ..domain.refusal import Refusal, not_found
from ..handlers.offices import Offices
from ..handlers.rooms import Rooms
from .table import Answer, Page, Redirect, View, Visit

PATH = "/settings/offices"


class OfficePages:
    """Adds, changes and removes offices."""

    def __init__(self, offices: Offices, rooms: Rooms) -> None:
        self._offices = offices
        self._rooms = rooms

    def pages(self) -> list[Page]:
        """Return the table of these pages."""
        one = PATH + "/{office_id}"
        return [
            Page("GET", PATH, Access.ADMINISTRATOR, self._show),
            Page("POST", PATH, Access.ADMINISTRATOR, self._add),
            Page("GET", one, Access.ADMINISTRATOR, self._edit),
            Page("POST", one, Access.ADMINISTRATOR, self._change),
            Page("POST", one + "/remove", Access.ADMINISTRATOR, self._remove),
        ]

    async def _show(self, visit: Visit, refusal: Refusal | None = None) -> Answer:
        values = {
            "offices": await self._offices.all(visit.by),
            "counts": await self._rooms.per_office(visit.by),
            "zones": common_zones(),
            "typed": visit.typed or {"opens": "08:00", "closes": "18:00"},
        }
        return View("offices.html", values, refusal)

    async def _add(self, visit: Visit) -> Answer:
        try:
            office = await self._offices.add(visit.by, visit.form(NewOffice))
        except Refusal as refusal:
            return await self._show(visit, refusal)
        return Redirect(PATH, say=f"Office {office.name} added.")

    async def _edit(self, visit: Visit) -> Answer:
        return await self._form(visit)

    async def _change(self, visit: Visit) -> Answer:
        try:
            office = await self._offices.change(
                visit.by, visit.ids["office_id"], visit.form(OfficeChange)
            )
        except Refusal as refusal:
            return await self._form(visit, refusal)
        return Redirect(PATH, say=f"Office {office.name} saved.")

    async def _remove(self, visit: Visit) -> Answer:
        try:
            await self._offices.remove(visit.by, visit.ids["office_id"])
        except Refusal as refusal:
            return await self._form(visit, refusal)
        return Redirect(PATH, say="Office removed.")

    async def _form(self, visit: Visit, refusal: Refusal | None = None) -> Answer:
        found = [
            each for each in await self._offices.all(visit.by) if each.id == visit.ids["office_id"]
        ]
        if not found:
            raise not_found("office")
        [office] = found
        values = {
            "office": office,
            "rooms": (await self._rooms.per_office(visit.by)).get(office.id, 0),
            "zones": common_zones(),
            "typed": visit.typed if "name" in visit.typed else _as_typed(office),
        }
        return View("office.html", values, refusal)


def _as_typed(office: Office) -> Mapping[str, str]:
    return {
        "name": office.name,
        "time_zone": office.time_zone,
        "opens": _clock(office.opens),
        "closes": _clock(office.closes),
    }


def _clock(at: time) -> str:
    return f"{at:%H:%M}"

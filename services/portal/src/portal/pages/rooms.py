"""Settings → Meeting Rooms → Manage Rooms: what is imported, and how each room's sync is."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from pydantic import Field

from ..domain.caller import Access
from ..domain.refusal import Refusal
from ..domain.rooms import RoomChange, RoomsAsked
from ..domain.wire import Body
from ..handlers.commands import Commands
from ..handlers.offices import Offices
from ..handlers.plans import Plans
from ..handlers.rooms import Rooms
from .table import Answer, Page, Redirect, View, Visit

PATH = "/settings/meeting-rooms"
_AT_ONCE = 50  # a phone draws so many without a pause


class Chosen(Body):
    """The office whose rooms are shown, what is searched for, and the room after which this page of them begins."""

    office: UUID | None = None
    search: Annotated[str, Field(max_length=100)] = ""
    after: UUID | None = None

    def path(self, *, after: UUID | None) -> str:
        """Return the address of the page of the same rooms that begins after that one."""
        asked = {"office": self.office, "search": self.search, "after": after}
        return f"{PATH}?{urlencode({name: value for name, value in asked.items() if value})}"


class RoomPages:
    """Lists rooms and shows one; both change by themselves."""

    def __init__(self, rooms: Rooms, offices: Offices, commands: Commands, plans: Plans) -> None:
        self._rooms = rooms
        self._offices = offices
        self._commands = commands
        self._plans = plans

    def pages(self) -> list[Page]:
        """Return the table of these pages."""
        one = PATH + "/{room_id}"
        return [
            Page("GET", PATH, Access.ADMINISTRATOR, self._list),
            Page("GET", one, Access.ADMINISTRATOR, self._show),
            Page("POST", one + "/resync", Access.ADMINISTRATOR, self._resync),
            Page("POST", one + "/removals/confirm", Access.ADMINISTRATOR, self._confirm),
            Page("POST", one + "/office", Access.ADMINISTRATOR, self._move),
            Page("POST", one + "/remove", Access.ADMINISTRATOR, self._remove),
        ]

    async def _list(self, visit: Visit) -> Answer:
        chosen = visit.asked(Chosen)
        asked = RoomsAsked(
            office_id=chosen.office, search=chosen.search, after=chosen.after, limit=_AT_ONCE
        )
        rooms, following = await self._rooms.listed(visit.by, asked)
        offices = await self._offices.all(visit.by)
        values = {
            "rooms": rooms,
            "chosen": chosen,
            "here_again": chosen.path(after=chosen.after),
            "first": chosen.path(after=None) if chosen.after else None,
            "following": chosen.path(after=following) if following else None,
            "offices": offices,
            "names": {office.id: office.name for office in offices},
            "counts": await self._rooms.per_office(visit.by),
            "loading": any(room.state == "loading" for room, _ in rooms),
        }
        return View("rooms_part.html" if visit.partial else "rooms.html", values)

    async def _show(self, visit: Visit, refusal: Refusal | None = None) -> Answer:
        room_id = visit.ids["room_id"]
        room = await self._rooms.find(visit.by, room_id)
        values = {
            "room": room,
            "health": await self._rooms.health(visit.by, room_id),
            "plan": await self._plans.of_room(visit.by, room_id),
            "offices": [(each.id, each.name) for each in await self._offices.all(visit.by)],
        }
        return View("room_part.html" if visit.partial else "room.html", values, refusal)

    async def _resync(self, visit: Visit) -> Answer:
        await self._commands.resync(visit.by, visit.ids["room_id"])
        return self._back(visit, "The whole calendar is read again; this page shows when it is.")

    async def _confirm(self, visit: Visit) -> Answer:
        try:
            await self._rooms.confirm_removals(visit.by, visit.ids["room_id"])
        except Refusal as refusal:
            return await self._show(visit, refusal)
        return self._back(visit, "Confirmed. Each is looked up once more before it is removed.")

    async def _move(self, visit: Visit) -> Answer:
        try:
            change = visit.form(RoomChange)
            room = await self._rooms.move(visit.by, visit.ids["room_id"], change.office_id)
        except Refusal as refusal:
            return await self._show(visit, refusal)
        return self._back(visit, f"{room.name} is moved.")

    async def _remove(self, visit: Visit) -> Answer:
        room = await self._rooms.find(visit.by, visit.ids["room_id"])
        await self._rooms.remove(visit.by, room.id)
        return Redirect(f"{PATH}?office={room.office_id}", say=f"{room.name} is removed.")

    def _back(self, visit: Visit, say: str) -> Redirect:
        return Redirect(f"{PATH}/{visit.ids['room_id']}", say=say)

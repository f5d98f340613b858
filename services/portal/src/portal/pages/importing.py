"""Settings → Meeting Rooms → Import: the tenant's room mailboxes, brought in one by one or many at once."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from ..domain.caller import Access
from ..domain.refusal import Refusal, invalid
from ..domain.rooms import ImportableRoom, ImportedRooms, NewRoom
from ..domain.wire import Body, looks_like_guid
from ..handlers.offices import Offices
from ..handlers.rooms import Rooms
from .table import Answer, Page, Redirect, View, Visit

PATH = "/settings/meeting-rooms/import"
MOST = 500
_AT_ONCE = 100  # rows that a phone draws without a pause
_TICKED = "m."  # a box's name is this and the mailbox id


class ImportShown(Body):
    """Which office is preselected, what is searched for and how many rows are shown; `refresh` asks Microsoft again."""

    office: UUID | None = None
    search: Annotated[str, Field(max_length=100)] = ""
    shown: Annotated[int, Field(ge=1, le=10_000)] = _AT_ONCE
    refresh: bool = False


class ImportPages:
    """Shows at once; the list follows as a part of its own, because Microsoft may take its time."""

    def __init__(self, rooms: Rooms, offices: Offices) -> None:
        self._rooms = rooms
        self._offices = offices

    def pages(self) -> list[Page]:
        """Return the table of these pages."""
        return [
            Page("GET", PATH, Access.ADMINISTRATOR, self._show),
            Page("POST", PATH, Access.ADMINISTRATOR, self._import),
        ]

    async def _show(self, visit: Visit) -> Answer:
        asked = visit.asked(ImportShown)
        if visit.partial:
            searching = bool({"search", "shown"} & visit.query.keys()) and not asked.refresh
            template = "importing_picks.html" if searching else "importing_list.html"
            return View(template, await self._list(visit, asked))
        # Asked without a script: the list comes with the page.
        return await self._page(visit, asked, now=bool(visit.query.keys() - {"office"}))

    async def _import(self, visit: Visit) -> Answer:
        refusal: Refusal | None = None
        done = ImportedRooms(items=[])
        listed: dict[UUID, ImportableRoom] = {}
        office_id: UUID | None = None
        try:
            office_id = _office(visit)
            wanted = [NewRoom(mailbox_id=each, office_id=office_id) for each in _mailboxes(visit)]
            done = await self._rooms.add_many(visit.by, wanted)
            importable = await self._rooms.importable(visit.by, refresh=False)
            listed = {each.mailbox_id: each for each in importable.items}
        except Refusal as caught:
            refusal = caught
        values = {"done": done, "listed": listed, "office_id": office_id, "trouble": refusal}
        if visit.partial:
            return View("importing_results.html", values)
        rooms = [each.room for each in done.items if each.room is not None]
        if refusal is None and len(rooms) == len(done.items):
            say = (
                f"{rooms[0].name} is imported."
                if len(rooms) == 1
                else f"{len(rooms)} rooms are imported."
            )
            return Redirect(f"{PATH}?office={office_id}", say=say)
        return await self._page(visit, ImportShown(office=office_id), now=True, more=values)

    async def _page(
        self,
        visit: Visit,
        asked: ImportShown,
        *,
        now: bool,
        more: dict[str, object] | None = None,
    ) -> View:
        offices = await self._offices.all(visit.by)
        listing = await self._list(visit, asked) if now and offices else {}
        values = {
            "offices": [(each.id, each.name) for each in offices],
            "office": asked.office,
            "now": now,
            "done": None,
            **listing,
            **(more or {}),
        }
        return View("importing.html", values)

    async def _list(self, visit: Visit, asked: ImportShown) -> dict[str, object]:
        """What may be imported, or what is in the way: that is something to read, not an error of the page."""
        try:
            listing = await self._rooms.importable(visit.by, refresh=asked.refresh)
        except Refusal as refusal:
            return {"importable": None, "obstacle": refusal, "most": MOST}
        found = [each for each in listing.items if _fits(each, asked.search)]
        found.sort(key=lambda each: each.name.casefold())
        able = [each.mailbox_id for each in found if not each.imported]
        return {
            "importable": found[: asked.shown],
            "in_all": len(listing.items),
            "found": len(found),
            "able": len(able),
            "choosable": able[:MOST],
            "search": asked.search,
            "more": asked.shown + _AT_ONCE if len(found) > asked.shown else None,
            "refreshed_at": listing.refreshed_at,
            "obstacle": None,
            "most": MOST,
        }


def _fits(room: ImportableRoom, search: str) -> bool:
    seats = f"{room.capacity} seats" if room.capacity else ""
    floor = f"floor {room.floor}" if room.floor else ""
    told = f"{room.name} {room.mailbox} {seats} {room.building or ''}, {floor}".casefold()
    return all(word in told for word in search.casefold().split())


def _office(visit: Visit) -> UUID:
    typed = visit.typed.get("office_id", "")
    if not looks_like_guid(typed):
        raise invalid("office_id", "choose the office that the rooms are in")
    return UUID(typed)


def _mailboxes(visit: Visit) -> list[UUID]:
    one = visit.typed.get("one")
    names = (
        [one]
        if one
        else [name.removeprefix(_TICKED) for name in visit.typed if name.startswith(_TICKED)]
    )
    found = [UUID(name) for name in names if looks_like_guid(name)]
    if not found:
        raise invalid("rooms", "tick the rooms to import first")
    if len(found) > MOST:
        raise invalid("rooms", f"at most {MOST} at once: import the rest afterwards")
    return found

"""Places of a tenant: its rooms and room lists (graph-calendar §3)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from .access import Access
from .listing import Row, entity, page, selected, wanted
from .mailboxes import Mailbox
from .tenants import RoomList
from .wire import Answer, Call, Refused

_VANISHED = frozenset({"inactive", "none"})
_FILTERED = ("displayName", "emailAddress", "building", "floorLabel", "nickname", "bookingType")
_OLDER = {
    "isWheelChairAccessible": "isWheelchairAccessible",
    "displayDeviceName": "displayDevice",
}


@dataclass(frozen=True, slots=True)
class Places:
    """The tenant's places, as far as its address lists show them."""

    access: Access

    async def rooms(self, call: Call) -> Answer:
        """GET /places/microsoft.graph.room: without hidden, too new and vanished rooms."""
        tenant = self.access.places(call)
        return self._page(call, tenant.rooms(), "places/microsoft.graph.room")

    async def lists(self, call: Call) -> Answer:
        """GET /places/microsoft.graph.roomlist."""
        lists = [*self.access.places(call).room_lists.values()]
        show = partial(_list, self.access.options.places_revision)
        return _listed(call, lists, "places/microsoft.graph.roomList", show)

    async def rooms_of(self, call: Call) -> Answer:
        """GET /places/{e-mail or id of a list}/microsoft.graph.roomlist/rooms; unknown is 404."""
        tenant, key = self.access.places(call), call.segments[1]
        found = tenant.room_list(key)
        if found is None:
            raise _missing()
        members = (tenant.mailboxes[one] for one in found.rooms if one in tenant.mailboxes)
        rooms = (one for one in members if one.kind == "room")
        return self._page(call, rooms, f"places('{key}')/microsoft.graph.roomList/rooms")

    async def place(self, call: Call) -> Answer:
        """GET /places/{id or address}: a room or a room list."""
        tenant, key = self.access.places(call), call.segments[1]
        revision = self.access.options.places_revision
        mailbox = tenant.mailbox(key)
        if mailbox is not None and mailbox.kind == "room" and mailbox.hosting not in _VANISHED:
            kind, row = "room", _room(revision, mailbox)
        elif (found := tenant.room_list(key)) is not None:
            kind, row = "roomList", _list(revision, found)
        else:
            raise _missing()
        shown = {"@odata.type": f"#microsoft.graph.{kind}", **selected(call, row)}
        return entity(call, shown, "places")

    def _page(self, call: Call, rooms: Iterable[Mailbox], what: str) -> Answer:
        listed = [one for one in rooms if self._listed(one, call.now)]
        return _listed(call, listed, what, partial(_room, self.access.options.places_revision))

    def _listed(self, room: Mailbox, now: datetime) -> bool:
        options = self.access.options
        return (
            (options.hidden_rooms_listed or not room.place.hidden)
            and (options.on_premises_rooms_listed or room.hosting != "on_premises")
            and room.hosting not in _VANISHED
            and (room.place.listed_from is None or room.place.listed_from <= now)
        )


def _listed(call: Call, places: list[Any], what: str, whole: Callable[[Any], Row]) -> Answer:
    """One page of places, those that `$filter` compares with one text."""
    asked = wanted(call, *_FILTERED)
    if asked is not None:
        name, value = asked
        places = [one for one in places if str(whole(one).get(name)).lower() == value]
    return page(call, places, what, "$skip", lambda one: selected(call, whole(one)))


def _room(revision: str, mailbox: Mailbox) -> Row:
    place = mailbox.place
    row: Row = {
        **_place(mailbox.id, mailbox.address, mailbox.name),
        "nickname": mailbox.name,
        "building": place.building,
        "floorNumber": place.floor_number,
        "floorLabel": place.floor,
        "capacity": place.capacity,
        "bookingType": place.booking_type,
        "audioDeviceName": None,
        "videoDeviceName": None,
        "displayDeviceName": None,
        "isWheelChairAccessible": False,
        "tags": [],
    }
    if revision == "current":
        return row
    for name in ("capacity", "floorNumber"):
        row[name] = None if row[name] is None else str(row[name])
    return {_OLDER.get(name, name): value for name, value in row.items()} | {"isManaged": True}


def _list(revision: str, one: RoomList) -> Row:
    row = _place(one.id, one.address, one.name)
    if revision == "older":
        row["geocoordinates"] = row.pop("geoCoordinates")
    return row


def _place(place_id: UUID, address: str, name: str) -> Row:
    return {
        "id": str(place_id),
        "placeId": str(place_id),
        "emailAddress": address,
        "displayName": name,
        "address": None,
        "geoCoordinates": None,
        "phone": None,
    }


def _missing() -> Refused:
    return Refused(404, "ResourceNotFound", "Resource could not be discovered.")

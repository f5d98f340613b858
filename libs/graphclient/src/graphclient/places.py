"""The tenant's room mailboxes (graph-calendar §3)."""

import msgspec

from .errors import Malformed, NotFound
from .models import Room
from .paging import decode
from .protocol import Request
from .transport import Wire

_PAGE_SIZE = 100
_MOST_PAGES = 200
_PAGE_SECONDS = 30.0
_ROOM = "#microsoft.graph.room"


class _Page(msgspec.Struct, gc=False):
    value: list[Room]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")
    count: int | None = msgspec.field(default=None, name="@odata.count")


_rooms = msgspec.json.Decoder(_Page)
_room = msgspec.json.Decoder(Room)


async def rooms(wire: Wire) -> list[Room]:
    """Every room the tenant lists, each once, in Graph's order; Malformed where the list stays incomplete.

    Links have been seen to be lacking, to slide over rows and to go round in circles. A list that has not the
    rows that Graph counts is read again by `$skip`, and taken only if it is whole then, or shows nothing else.
    """
    found, counted = await _listed(wire, by_links=True)
    if counted is None or len(found) >= counted:
        return list(found.values())
    again, counted = await _listed(wire, by_links=False)
    if counted is not None and len(again) < counted and again.keys() != found.keys():
        raise Malformed("the list of rooms is incomplete")
    return list(again.values())


async def place(wire: Wire, id_or_address: str) -> Room:
    """The room of this id or address, listed or not; NotFound if it is none."""
    url = wire.service.url("places", id_or_address)
    found = decode(_room, (await wire.read(Request("GET", url))).body)
    if found.kind is not None and found.kind.lower() != _ROOM:
        raise NotFound("a place, but no room")
    return found


async def _listed(wire: Wire, *, by_links: bool) -> tuple[dict[str, Room], int | None]:
    """The rooms by id, and how many there are by Graph's own count."""
    found: dict[str, Room] = {}
    counted: int | None = None
    url = _page(wire, 0)
    followed: set[str] = set()
    read = 0
    while url not in followed:
        followed.add(url)
        if len(followed) > _MOST_PAGES:
            raise Malformed(f"a list of more than {_MOST_PAGES} pages")
        answer = await wire.read(Request("GET", url, seconds=_PAGE_SECONDS))
        page = decode(_rooms, answer.body)
        counted = page.count if page.count is not None else counted
        before = len(found)
        for room in page.value:
            found.setdefault(room.id, room)
        read += len(page.value)
        if len(found) == before:
            return found, counted
        if page.next_link and by_links:
            url = wire.service.follow(page.next_link)
        elif len(page.value) >= _PAGE_SIZE or page.next_link:
            # A full page without a link to the rest has been seen.
            url = _page(wire, read)
        else:
            return found, counted
    return found, counted


def _page(wire: Wire, skip: int) -> str:
    query = {"_top": str(_PAGE_SIZE), "_count": "true"} | ({"_skip": str(skip)} if skip else {})
    return wire.service.url("places", "microsoft.graph.room", **query)

"""The tenant's room mailboxes (graph-calendar §3)."""

import msgspec

from .models import Room
from .paging import Listing, decode
from .protocol import Request
from .transport import Wire

_PAGE_SIZE = 100
_MOST_PAGES = 200
_PAGE_SECONDS = 30.0

_rooms = msgspec.json.Decoder(Listing[Room])


async def rooms(wire: Wire) -> list[Room]:
    """Every room the tenant lists, each once, in Graph's order.

    Where a full page brings no nextLink, as has been seen, the list goes on by `$skip`.
    """
    found: dict[str, Room] = {}
    url = _page(wire, 0)
    followed: set[str] = set()
    read = 0
    while url not in followed and len(followed) < _MOST_PAGES:
        followed.add(url)
        answer = await wire.read(Request("GET", url, seconds=_PAGE_SECONDS))
        listing = decode(_rooms, answer.body)
        before = len(found)
        for room in listing.value:
            found.setdefault(room.id, room)
        read += len(listing.value)
        if len(found) == before:
            break
        if listing.next_link:
            url = wire.service.follow(listing.next_link)
        elif len(listing.value) >= _PAGE_SIZE:
            url = _page(wire, read)
        else:
            break
    return list(found.values())


def _page(wire: Wire, skip: int) -> str:
    query = {"_top": str(_PAGE_SIZE)} | ({"_skip": str(skip)} if skip else {})
    return wire.service.url("places", "microsoft.graph.room", **query)

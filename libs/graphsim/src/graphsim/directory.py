"""Places and users of a tenant (graph-calendar §3, §6)."""

import re
from urllib.parse import quote

from .access import Access
from .mailboxes import Mailbox
from .wire import Answer, Call, Refused

_PAGE = 100
_USER_FIELDS = ("id", "displayName", "userPrincipalName", "mail", "accountEnabled")
_FILTER = re.compile(r"(mail|userPrincipalName)\s+eq\s+'((?:[^']|'')*)'", re.IGNORECASE)


class Directory:
    """The tenant-wide lists."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def rooms(self, call: Call) -> Answer:
        """GET /places/microsoft.graph.room: without hidden and too new rooms (§3)."""
        tenant = self._access.places(call)
        listed = [
            _room(one)
            for one in tenant.rooms()
            if not one.place.hidden
            and (one.place.listed_from is None or one.place.listed_from <= call.now)
        ]
        return _page(call, listed, "places/microsoft.graph.room")

    async def place(self, call: Call) -> Answer:
        """GET /places/{id or address}."""
        tenant = self._access.places(call)
        mailbox = tenant.mailbox(call.segments[1])
        if mailbox is None or mailbox.kind != "room":
            raise Refused(404, "ResourceNotFound", "Resource could not be discovered.")
        return Answer(200, {"@odata.type": "#microsoft.graph.room", **_room(mailbox)})

    async def user(self, call: Call) -> Answer:
        """GET /users/{id or name}."""
        tenant = self._access.directory(call)
        key = call.segments[1]
        mailbox = tenant.mailbox(key)
        if mailbox is None:
            raise Refused(
                404,
                "Request_ResourceNotFound",
                f"Resource '{key}' does not exist or one of its queried reference-property objects "
                "are not present.",
            )
        return Answer(200, _selected(call, _user(mailbox)))

    async def users(self, call: Call) -> Answer:
        """GET /users, with `$filter` by mail or userPrincipalName."""
        tenant = self._access.directory(call)
        found = list(tenant.mailboxes.values())
        given = call.query.get("$filter")
        if given is not None:
            match = _FILTER.fullmatch(given.strip())
            if match is None:
                raise Refused(400, "Request_UnsupportedQuery", "Unsupported or invalid query.")
            wanted = match.group(2).replace("''", "'").lower()
            found = [one for one in found if one.address.lower() == wanted]
        return _page(call, [_selected(call, _user(one)) for one in found], "users")


def _room(mailbox: Mailbox) -> dict[str, object]:
    place = mailbox.place
    return {
        "id": str(mailbox.id),
        "placeId": str(mailbox.id),
        "emailAddress": mailbox.address,
        "displayName": mailbox.name,
        "nickname": mailbox.name,
        "building": place.building,
        "floorNumber": place.floor_number,
        "floorLabel": place.floor,
        "capacity": place.capacity,
        "bookingType": "standard",
        "isWheelChairAccessible": False,
        "tags": [],
    }


def _user(mailbox: Mailbox) -> dict[str, object]:
    return {
        "id": str(mailbox.id),
        "displayName": mailbox.name,
        "userPrincipalName": mailbox.address,
        "mail": mailbox.address,
        "accountEnabled": mailbox.kind == "user",
    }


def _selected(call: Call, whole: dict[str, object]) -> dict[str, object]:
    asked = call.query.get("$select")
    if not asked:
        return whole
    names = {name.strip().lower() for name in asked.split(",")}
    return {name: value for name, value in whole.items() if name.lower() in names}


def _page(call: Call, rows: list[dict[str, object]], what: str) -> Answer:
    top, skip = call.query.get("$top", str(_PAGE)), call.query.get("$skip", "0")
    if not top.isdecimal() or not skip.isdecimal() or not int(top):
        raise Refused(400, "BadRequest", "Invalid paging parameters.")
    size, first = min(int(top), 999), int(skip)
    payload: dict[str, object] = {
        "@odata.context": f"{call.origin}/v1.0/$metadata#{what}",
        "value": rows[first : first + size],
    }
    if first + size < len(rows):
        pairs = [
            f"{quote(name, safe='')}={quote(value, safe='')}"
            for name, value in call.query.items()
            if name != "$skip"
        ]
        link = "&".join([*pairs, f"%24skip={first + size}"])
        payload["@odata.nextLink"] = f"{call.origin}{call.path}?{link}"
    return Answer(200, payload)

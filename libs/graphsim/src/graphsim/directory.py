"""Places and users of a tenant (graph-calendar §3, §6)."""

from datetime import datetime

from .access import Access
from .listing import Row, entity, missing, page, selected, wanted
from .mailboxes import Mailbox
from .tenants import Tenant
from .wire import Answer, Call, Refused

_NO_SUCH_USER = "Resource could not be discovered."
_VANISHED = frozenset({"inactive", "none"})
_ON_REQUEST = frozenset({"accountEnabled", "onPremisesSyncEnabled", "userType"})


class Directory:
    """The tenant-wide lists."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def rooms(self, call: Call) -> Answer:
        """GET /places/microsoft.graph.room: without hidden, too new and vanished rooms (§3)."""
        tenant = self._access.places(call)
        listed = [one for one in tenant.rooms() if self._listed(one, call.now)]
        return page(call, listed, "places/microsoft.graph.room", "$skip", _room)

    def _listed(self, room: Mailbox, now: datetime) -> bool:
        options = self._access.options
        return (
            (options.hidden_rooms_listed or not room.place.hidden)
            and (options.on_premises_rooms_listed or room.hosting != "on_premises")
            and room.hosting not in _VANISHED
            and (room.place.listed_from is None or room.place.listed_from <= now)
        )

    async def place(self, call: Call) -> Answer:
        """GET /places/{id or address}."""
        tenant = self._access.places(call)
        mailbox = tenant.mailbox(call.segments[1])
        if mailbox is None or mailbox.kind != "room" or mailbox.hosting in _VANISHED:
            raise Refused(404, "ResourceNotFound", _NO_SUCH_USER)
        return Answer(200, {"@odata.type": "#microsoft.graph.room", **_room(mailbox)})

    async def user(self, call: Call) -> Answer:
        """GET /users/{id or name}."""
        tenant = self._access.directory(call)
        key = call.segments[1]
        mailbox = self._access.found(tenant, key)
        if mailbox is None:
            raise missing(key)
        return entity(call, selected(call, _user(tenant, mailbox), _ON_REQUEST), "users")

    async def users(self, call: Call) -> Answer:
        """GET /users, with `$filter` by mail or userPrincipalName."""
        tenant = self._access.directory(call)
        asked = wanted(call, "mail", "userPrincipalName")
        users = [*tenant.mailboxes.values()] if asked is None else _matching(tenant, *asked)

        def show(one: Mailbox) -> Row:
            return selected(call, _user(tenant, one), _ON_REQUEST)

        return page(call, users, "users", show=show)


def _matching(tenant: Tenant, name: str, value: str) -> list[Mailbox]:
    known = tenant.by_address if name == "mail" else tenant.by_sign_in_name
    found = tenant.mailboxes[known[value]] if value in known else None
    # A former address still finds its mailbox, but is its mail no more.
    return [found] if found and str(_user(tenant, found)[name]).lower() == value else []


def _room(mailbox: Mailbox) -> Row:
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
        "bookingType": place.booking_type,
        "isWheelChairAccessible": False,
        "tags": [],
    }


def _user(tenant: Tenant, mailbox: Mailbox) -> Row:
    return {
        "businessPhones": [],
        "displayName": mailbox.name,
        "givenName": None,
        "jobTitle": None,
        "mail": mailbox.address,
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None,
        "surname": None,
        "userPrincipalName": tenant.sign_in_names[mailbox.id],
        "id": str(mailbox.id),
        "accountEnabled": mailbox.kind == "user",
        "onPremisesSyncEnabled": True if mailbox.hosting == "on_premises" else None,
        "userType": "Member",
    }

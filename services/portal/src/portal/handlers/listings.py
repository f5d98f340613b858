"""The tenants' room lists as last fetched, so that an import of many rooms asks Graph once."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from graphclient import Room

from ..domain.rooms import ListedRoom

_FRESH_FOR = timedelta(minutes=10)
_MOST = 200


@dataclass(frozen=True, slots=True)
class Listing:
    """A tenant's room mailboxes and when Graph listed them."""

    at: datetime
    rooms: Mapping[UUID, ListedRoom]


class Listings:
    """The latest lists, bounded; of one organisation and tenant never shown to another."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[UUID, UUID], Listing] = OrderedDict()

    def known(self, organisation_id: UUID, tenant_id: UUID, now: datetime) -> Listing | None:
        """Return the list unless it is older than ten minutes."""
        listing = self._kept.get((organisation_id, tenant_id))
        if listing is None or now - listing.at > _FRESH_FOR:
            return None
        return listing

    def keep(
        self, organisation_id: UUID, tenant_id: UUID, rooms: Iterable[Room], now: datetime
    ) -> Listing:
        """Remember what Graph listed, in its order; a room without a directory id cannot be imported."""
        listing = Listing(
            now,
            {
                each.mailbox_id: ListedRoom(
                    mailbox_id=each.mailbox_id,
                    mailbox=each.email_address,
                    name=each.display_name or each.email_address,
                    capacity=each.seats,
                    building=each.building,
                    floor=each.floor,
                )
                for each in rooms
                if each.mailbox_id is not None
            },
        )
        self._kept[organisation_id, tenant_id] = listing
        self._kept.move_to_end((organisation_id, tenant_id))
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return listing

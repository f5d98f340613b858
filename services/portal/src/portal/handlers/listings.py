"""The tenants' room lists as last fetched, so that an import of many rooms asks Graph once."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from graphclient import GraphError, NotFound, Room, Throttled
from graphclient.tenant import Tenant

from ..domain.refusal import Reason, Refusal
from ..domain.rooms import ListedRoom

_FRESH_FOR = timedelta(minutes=10)
_MOST = 200
_LIST_SECONDS = 30.0


class Tenants(Protocol):
    """The way to an organisation's directory."""

    async def tenant(self, organisation_id: UUID) -> tuple[UUID, Tenant]:
        """Sign in with what is saved; refuses where there is nothing."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A tenant's room mailboxes and when Graph listed them."""

    tenant_id: UUID
    at: datetime
    rooms: Mapping[UUID, ListedRoom]


class Listings:
    """The latest whole lists, bounded; of one organisation and tenant never shown to another."""

    def __init__(self, tenants: Tenants, clock: Callable[[], datetime]) -> None:
        self._tenants = tenants
        self._clock = clock
        self._kept: OrderedDict[tuple[UUID, UUID], Listing] = OrderedDict()

    async def of(self, organisation_id: UUID, *, refresh: bool) -> Listing:
        """Return the list of the last ten minutes, or a new one; refuses where Graph brings none, or not all of it."""
        tenant_id, tenant = await self._tenants.tenant(organisation_id)
        name = (organisation_id, tenant_id)
        known = self._kept.get(name)
        if known is not None and not refresh and self._clock() - known.at <= _FRESH_FOR:
            return known
        with answers_of_graph("Microsoft does not list the rooms"):
            async with asyncio.timeout(_LIST_SECONDS):
                found = await tenant.rooms()
        listing = Listing(tenant_id, self._clock(), _importable(found))
        self._kept[name] = listing
        self._kept.move_to_end(name)
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return listing

    async def unlisted(self, organisation_id: UUID, mailbox_id: UUID) -> ListedRoom | None:
        """Return a room that Microsoft shows by its id alone, as it does new and hidden ones; None if it is none."""
        _, tenant = await self._tenants.tenant(organisation_id)
        with answers_of_graph("Microsoft does not show the room"):
            async with asyncio.timeout(_LIST_SECONDS):
                try:
                    found = listed_room(await tenant.place(str(mailbox_id)))
                except NotFound:
                    return None
        return found if found is not None and found.mailbox_id == mailbox_id else None


@contextmanager
def answers_of_graph(trouble: str) -> Iterator[None]:
    """Refuse, in words, what Graph refuses or does not answer within the block."""
    try:
        yield
    except Throttled as error:
        seconds = int(error.retry_after or 30)
        raise Refusal(
            Reason.GRAPH, "Microsoft asks us to slow down.", retry_after=seconds
        ) from error
    except (GraphError, TimeoutError) as error:
        raise Refusal(Reason.GRAPH, f"{trouble}: Test Settings names the cause.") from error


def listed_room(found: Room) -> ListedRoom | None:
    """The room as we show it; one without a directory id cannot be imported."""
    if found.mailbox_id is None:
        return None
    return ListedRoom(
        mailbox_id=found.mailbox_id,
        mailbox=found.email_address,
        name=found.display_name or found.email_address,
        capacity=found.seats,
        building=found.building,
        floor=found.floor,
    )


def _importable(found: Iterable[Room]) -> dict[UUID, ListedRoom]:
    rooms = (listed_room(each) for each in found)
    return {each.mailbox_id: each for each in rooms if each is not None}

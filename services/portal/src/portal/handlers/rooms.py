"""Rooms: the tenant's list, the import, and how each one's sync is."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid4

from graphclient import GraphError, Throttled
from graphclient.tenant import Tenant

from ..domain.caller import Acting
from ..domain.refusal import Reason, Refusal, invalid
from ..domain.room_state import health_of, shown
from ..domain.rooms import (
    ImportableRoom,
    ImportableRooms,
    ListedRoom,
    NewRoom,
    Room,
    RoomHealth,
    RoomRecord,
    RoomsAsked,
)
from ..domain.wire import Page
from .listings import Listing, Listings

_LIST_SECONDS = 30.0


class RoomRows(Protocol):
    """What is stored of rooms, read."""

    async def page(
        self, organisation_id: UUID, *, office_id: UUID | None, after: UUID | None, limit: int
    ) -> list[RoomRecord]:
        """List."""

    async def find(self, organisation_id: UUID, room_id: UUID) -> RoomRecord:
        """Look one up."""

    async def imported(self, organisation_id: UUID, tenant_id: UUID) -> set[UUID]:
        """List mailbox ids."""


class RoomChanges(Protocol):
    """What is stored of rooms, written."""

    async def add(
        self,
        organisation_id: UUID,
        room_id: UUID,
        listed: ListedRoom,
        *,
        tenant_id: UUID,
        office_id: UUID,
        now: datetime,
        actor: str,
    ) -> RoomRecord:
        """Add one."""

    async def move(
        self, organisation_id: UUID, room_id: UUID, office_id: UUID, *, now: datetime, actor: str
    ) -> RoomRecord:
        """Put it elsewhere."""

    async def remove(
        self, organisation_id: UUID, room_id: UUID, *, now: datetime, actor: str
    ) -> None:
        """Remove one."""

    async def confirm_removals(
        self, organisation_id: UUID, room_id: UUID, *, now: datetime, actor: str
    ) -> RoomRecord:
        """Confirm those held back."""


class Tenants(Protocol):
    """The way to an organisation's directory."""

    async def tenant(self, organisation_id: UUID) -> tuple[UUID, Tenant]:
        """Sign in with what is saved; refuses where there is nothing."""


class Rooms:
    """The rooms of one organisation at a time."""

    def __init__(
        self,
        rows: RoomRows,
        changes: RoomChanges,
        tenants: Tenants,
        clock: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._changes = changes
        self._tenants = tenants
        self._clock = clock
        self._listings = Listings()

    async def importable(self, by: Acting, *, refresh: bool) -> ImportableRooms:
        """Return the tenant's room mailboxes, as Graph listed them in the last minutes."""
        tenant_id, listing = await self._listing(by, refresh=refresh)
        imported = await self._rows.imported(by.organisation_id, tenant_id)
        return ImportableRooms(
            items=[
                ImportableRoom(
                    mailbox=each.mailbox,
                    mailbox_id=each.mailbox_id,
                    name=each.name,
                    capacity=each.capacity,
                    building=each.building,
                    floor=each.floor,
                    imported=each.mailbox_id in imported,
                )
                for each in listing.rooms.values()
            ],
            refreshed_at=listing.at,
        )

    async def page(self, by: Acting, asked: RoomsAsked) -> Page[Room]:
        """Return rooms by name."""
        found = await self._rows.page(
            by.organisation_id, office_id=asked.office_id, after=asked.after, limit=asked.limit + 1
        )
        now = self._clock()
        items = [shown(each, now) for each in found[: asked.limit]]
        following = None
        if len(found) > asked.limit:
            office = f"&office_id={asked.office_id}" if asked.office_id else ""
            following = f"/api/rooms?limit={asked.limit}&after={items[-1].id}{office}"
        return Page[Room](items=items, next=following)

    async def add(self, by: Acting, new: NewRoom) -> Room:
        """Import a mailbox that the tenant lists as a room."""
        tenant_id, listing = await self._listing(by, refresh=False)
        listed = listing.rooms.get(new.mailbox_id)
        if listed is None:
            tenant_id, listing = await self._listing(by, refresh=True)
            listed = listing.rooms.get(new.mailbox_id)
        if listed is None:
            raise invalid("mailbox_id", "the tenant lists no such room mailbox")
        now = self._clock()
        room = await self._changes.add(
            by.organisation_id,
            uuid4(),
            listed,
            tenant_id=tenant_id,
            office_id=new.office_id,
            now=now,
            actor=by.actor,
        )
        return shown(room, now)

    async def find(self, by: Acting, room_id: UUID) -> Room:
        """Return one."""
        return shown(await self._rows.find(by.organisation_id, room_id), self._clock())

    async def health(self, by: Acting, room_id: UUID) -> RoomHealth:
        """Return how its sync is, in words."""
        return health_of(await self._rows.find(by.organisation_id, room_id), self._clock())

    async def move(self, by: Acting, room_id: UUID, office_id: UUID) -> Room:
        """Put it into another office."""
        now = self._clock()
        room = await self._changes.move(
            by.organisation_id, room_id, office_id, now=now, actor=by.actor
        )
        return shown(room, now)

    async def remove(self, by: Acting, room_id: UUID) -> None:
        """Stop syncing it."""
        await self._changes.remove(by.organisation_id, room_id, now=self._clock(), actor=by.actor)

    async def confirm_removals(self, by: Acting, room_id: UUID) -> Room:
        """Say that the removals held back are right; each is asked for once more by id before it is believed."""
        now = self._clock()
        room = await self._changes.confirm_removals(
            by.organisation_id, room_id, now=now, actor=by.actor
        )
        return shown(room, now)

    async def _listing(self, by: Acting, *, refresh: bool) -> tuple[UUID, Listing]:
        tenant_id, tenant = await self._tenants.tenant(by.organisation_id)
        known = self._listings.known(by.organisation_id, tenant_id, self._clock())
        if known is not None and not refresh:
            return tenant_id, known
        try:
            async with asyncio.timeout(_LIST_SECONDS):
                found = await tenant.rooms()
        except Throttled as error:
            seconds = int(error.retry_after or 30)
            raise Refusal(
                Reason.GRAPH, "Microsoft asks us to slow down.", retry_after=seconds
            ) from error
        except (GraphError, TimeoutError) as error:
            raise Refusal(
                Reason.GRAPH, "Microsoft does not list the rooms: Test Settings names the cause."
            ) from error
        return tenant_id, self._listings.keep(by.organisation_id, tenant_id, found, self._clock())

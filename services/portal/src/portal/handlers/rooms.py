"""Rooms: the tenant's list, the import, and how each one's sync is."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol
from urllib.parse import quote
from uuid import UUID, uuid4

from ..domain.caller import Acting
from ..domain.refusal import Refusal, invalid
from ..domain.room_state import health_of, shown
from ..domain.rooms import (
    ImportableRoom,
    ImportableRooms,
    ImportedRoom,
    ImportedRooms,
    ListedRoom,
    NewRoom,
    Room,
    RoomHealth,
    RoomName,
    RoomRecord,
    RoomsAsked,
)
from ..domain.wire import Page
from .listings import Listing, Listings


class RoomRows(Protocol):
    """What is stored of rooms, read."""

    async def page(
        self,
        organisation_id: UUID,
        *,
        office_id: UUID | None,
        after: UUID | None,
        limit: int,
        search: str = "",
    ) -> list[RoomRecord]:
        """List."""

    async def names(self, organisation_id: UUID) -> list[RoomName]:
        """List all, as little of each as is needed to choose."""

    async def find(self, organisation_id: UUID, room_id: UUID) -> RoomRecord:
        """Look one up."""

    async def imported(self, organisation_id: UUID, tenant_id: UUID) -> set[UUID]:
        """List mailbox ids."""

    async def per_office(self, organisation_id: UUID) -> dict[UUID, int]:
        """Count."""


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

    async def follow(
        self,
        organisation_id: UUID,
        tenant_id: UUID,
        listed: Iterable[ListedRoom],
        *,
        now: datetime,
        actor: str,
    ) -> int:
        """Take over what the tenant has changed."""


class Rooms:
    """The rooms of one organisation at a time."""

    def __init__(
        self,
        rows: RoomRows,
        changes: RoomChanges,
        listings: Listings,
        clock: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._changes = changes
        self._listings = listings
        self._clock = clock

    async def importable(self, by: Acting, *, refresh: bool) -> ImportableRooms:
        """Return the tenant's room mailboxes, as Graph listed them in the last minutes."""
        listing = await self._listings.of(by.organisation_id, refresh=refresh)
        if refresh:
            await self._follow(by.organisation_id, listing, by.actor)
        imported = await self._rows.imported(by.organisation_id, listing.tenant_id)
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
        found = await self._found(by, asked)
        now = self._clock()
        items = [shown(each, now) for each in found[: asked.limit]]
        following = None
        if len(found) > asked.limit:
            office = f"&office_id={asked.office_id}" if asked.office_id else ""
            search = f"&search={quote(asked.search)}" if asked.search else ""
            following = f"/api/rooms?limit={asked.limit}&after={items[-1].id}{office}{search}"
        return Page[Room](items=items, next=following)

    async def listed(
        self, by: Acting, asked: RoomsAsked
    ) -> tuple[list[tuple[Room, RoomHealth]], UUID | None]:
        """Return rooms by name with how each is, and the last one's id where more follow."""
        found = await self._found(by, asked)
        now = self._clock()
        items = found[: asked.limit]
        last = items[-1].id if len(found) > asked.limit else None
        return [(shown(each, now), health_of(each, now)) for each in items], last

    async def per_office(self, by: Acting) -> dict[UUID, int]:
        """Return how many rooms each office has; an office without any is left out."""
        return await self._rows.per_office(by.organisation_id)

    async def names(self, by: Acting) -> list[RoomName]:
        """Return every room, by name, to choose from."""
        return await self._rows.names(by.organisation_id)

    async def add(self, by: Acting, new: NewRoom) -> Room:
        """Import a mailbox that the tenant lists as a room, or shows as one by its id."""
        listing = await self._listing(by, [new])
        listed = listing.rooms.get(new.mailbox_id)
        if listed is None:
            listed = await self._listings.unlisted(by.organisation_id, new.mailbox_id)
        return await self._import(by, new, listed, listing.tenant_id)

    async def add_many(self, by: Acting, many: Sequence[NewRoom]) -> ImportedRooms:
        """Import each by itself: what stands in the way of one does not keep the others out."""
        listing = await self._listing(by, many)
        items: list[ImportedRoom] = []
        for new in many:
            listed = listing.rooms.get(new.mailbox_id)
            if listed is None and len(many) == 1:
                listed = await self._listings.unlisted(by.organisation_id, new.mailbox_id)
            try:
                room = await self._import(by, new, listed, listing.tenant_id)
            except Refusal as refusal:
                items.append(_not_imported(new, refusal))
            else:
                items.append(ImportedRoom(mailbox_id=new.mailbox_id, room=room, problem=None))
        return ImportedRooms(items=items)

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

    async def keep_up(self, organisation_id: UUID) -> int:
        """Take over names, addresses and capacities that the tenant has changed; return how many rooms changed."""
        listing = await self._listings.of(organisation_id, refresh=True)
        return await self._follow(organisation_id, listing, "portal")

    async def _found(self, by: Acting, asked: RoomsAsked) -> list[RoomRecord]:
        """Return one more than asked for, which tells that more follow."""
        return await self._rows.page(
            by.organisation_id,
            office_id=asked.office_id,
            after=asked.after,
            limit=asked.limit + 1,
            search=asked.search,
        )

    async def _follow(self, organisation_id: UUID, listing: Listing, actor: str) -> int:
        return await self._changes.follow(
            organisation_id,
            listing.tenant_id,
            listing.rooms.values(),
            now=self._clock(),
            actor=actor,
        )

    async def _listing(self, by: Acting, wanted: Iterable[NewRoom]) -> Listing:
        """Return the list, fetched anew where the kept one lacks a room that is wanted."""
        listing = await self._listings.of(by.organisation_id, refresh=False)
        if all(each.mailbox_id in listing.rooms for each in wanted):
            return listing
        return await self._listings.of(by.organisation_id, refresh=True)

    async def _import(
        self, by: Acting, new: NewRoom, listed: ListedRoom | None, tenant_id: UUID
    ) -> Room:
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


def _not_imported(new: NewRoom, refusal: Refusal) -> ImportedRoom:
    said = "; ".join(f"{error.field}: {error.message}" for error in refusal.errors)
    return ImportedRoom(mailbox_id=new.mailbox_id, room=None, problem=said or refusal.detail)

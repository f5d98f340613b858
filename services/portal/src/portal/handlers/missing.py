"""Room missing? Asks the directory, the places and the mailbox for one address."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Literal
from uuid import UUID

from graphclient import Forbidden, MailboxUnsupported, NotFound, Room, User
from graphclient.tenant import Tenant

from ..domain.caller import Acting
from ..domain.missing import LOOKS_AGAIN_AFTER, MissingRoom, Sought, cause, reasons
from .integration import ImportedRooms
from .listings import Listing, Listings, Tenants, answers_of_graph

_SECONDS = 20.0


class MissingRooms:
    """Says of one address why it is not among the rooms to import."""

    def __init__(
        self,
        tenants: Tenants,
        listings: Listings,
        rows: ImportedRooms,
        clock: Callable[[], datetime],
    ) -> None:
        self._tenants = tenants
        self._listings = listings
        self._rows = rows
        self._clock = clock

    async def explain(self, by: Acting, mailbox: str) -> MissingRoom:
        """Return the reasons that are left open; refuses where Microsoft does not answer."""
        listing = await self._listings.of(by.organisation_id, refresh=False)
        if _listed(listing, mailbox, None) is None:
            listing = await self._listings.of(by.organisation_id, refresh=True)
        _, tenant = await self._tenants.tenant(by.organisation_id)
        with answers_of_graph("Microsoft does not say what the address is"):
            async with asyncio.timeout(_SECONDS):
                account, sought = await _sought(tenant, listing, mailbox)
        found = reasons(sought)
        imported = await self._rows.imported(by.organisation_id, listing.tenant_id)
        now = self._clock()
        opened = sought.calendar == "opened"
        return MissingRoom(
            mailbox=mailbox,
            mailbox_id=account.id if account else None,
            listed=sought.listed,
            imported=account is not None and account.id in imported,
            importable=opened and (sought.listed or sought.place),
            causes=[cause(code) for code in found],
            checked_at=now,
            next_check_at=now + LOOKS_AGAIN_AFTER if found else None,
        )


async def _sought(tenant: Tenant, listing: Listing, mailbox: str) -> tuple[User | None, Sought]:
    known = _listed(listing, mailbox, None)
    try:
        account = await tenant.user(str(known) if known else mailbox)
    except NotFound:
        return None, Sought(account=False)
    place = await _place(tenant, account.id)
    return account, Sought(
        account=True,
        synced=account.on_premises_sync_enabled is True,
        listed=_listed(listing, mailbox, account.id) is not None,
        place=place is not None,
        purpose=await _purpose(tenant, account.id),
        calendar=await _calendar(tenant, account.id),
    )


def _listed(listing: Listing, mailbox: str, mailbox_id: UUID | None) -> UUID | None:
    """The listed room of this address or id."""
    for each in listing.rooms.values():
        if each.mailbox.lower() == mailbox or each.mailbox_id == mailbox_id:
            return each.mailbox_id
    return None


async def _place(tenant: Tenant, mailbox_id: UUID) -> Room | None:
    try:
        return await tenant.place(str(mailbox_id))
    except (NotFound, Forbidden):
        return None


async def _purpose(tenant: Tenant, mailbox_id: UUID) -> str | None:
    """Takes MailboxSettings.Read, which the guide does not ask for: None without it."""
    try:
        return await tenant.mailbox_purpose(mailbox_id)
    except (NotFound, Forbidden, MailboxUnsupported):
        return None


async def _calendar(
    tenant: Tenant, mailbox_id: UUID
) -> Literal["opened", "refused", "unsupported", "none"]:
    try:
        await tenant.calendar_reachable(mailbox_id)
    except Forbidden:
        return "refused"
    except MailboxUnsupported:
        return "unsupported"
    except NotFound:
        return "none"
    return "opened"

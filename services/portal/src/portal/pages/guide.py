"""The setup guide: steps with progress, the cheat-sheet, the message for a Global Administrator, the PDF."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from ..domain import guide
from ..domain.caller import Access
from ..domain.guide_pdf import guide_pdf
from ..domain.integration import Integration
from ..domain.refusal import Reason, Refusal
from ..domain.rooms import RoomsAsked
from ..handlers.integration import Integrations
from ..handlers.offices import Offices
from ..handlers.rooms import Rooms
from .table import Answer, File, Page, View, Visit

PATH: Final = "/settings/apps/office-365/guide"


class Guide:
    """Leads an administrator from nothing to live rooms."""

    def __init__(
        self,
        integrations: Integrations,
        offices: Offices,
        rooms: Rooms,
        entra_url: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._integrations = integrations
        self._offices = offices
        self._rooms = rooms
        self._entra_url = entra_url
        self._clock = clock

    def pages(self) -> list[Page]:
        """Return the table of these pages."""
        return [
            Page("GET", PATH, Access.ADMINISTRATOR, self._show),
            Page("GET", f"{PATH}.pdf", Access.ADMINISTRATOR, self._print),
        ]

    async def _show(self, visit: Visit) -> Answer:
        saved = await self._saved(visit)
        refusal = None
        try:
            asked = visit.asked(guide.GuideAsked)
        except Refusal as refused:
            asked, refusal = guide.GuideAsked(), refused
        tenant_id, client_id = _ids(saved, asked)
        values = {
            "guide": guide,
            "saved": saved,
            "done": await self._done(visit, saved),
            "message": guide.consent_message(self._entra_url, tenant_id, client_id),
            "consent_link": guide.consent_link(self._entra_url, tenant_id, client_id)
            if tenant_id is not None and client_id is not None
            else None,
            "typed": {name: visit.query.get(name, "") for name in guide.GuideAsked.model_fields},
        }
        return View("guide.html", values, refusal)

    async def _print(self, visit: Visit) -> Answer:
        saved = await self._saved(visit)
        tenant_id, client_id = _ids(saved, visit.asked(guide.GuideAsked))
        message = guide.consent_message(self._entra_url, tenant_id, client_id)
        webhook_url = saved.webhook_url if saved else None
        content = await asyncio.to_thread(guide_pdf, message, webhook_url, self._clock())
        return File("clearooms-setup-guide.pdf", "application/pdf", content, inline=True)

    async def _done(self, visit: Visit, saved: Integration | None) -> set[str]:
        """The keys of the steps that are seen to be done."""
        done: set[str] = set()
        if saved is not None:
            done.add("saved")
            if saved.status == "ok":
                done |= {"tested", *(step.key for step in guide.STEPS if step.in_entra)}
        if await self._offices.all(visit.by):
            done.add("office")
        if (await self._rooms.page(visit.by, RoomsAsked(limit=1))).items:
            done.add("room")
        return done

    async def _saved(self, visit: Visit) -> Integration | None:
        try:
            return await self._integrations.show(visit.by)
        except Refusal as refusal:
            if refusal.reason is Reason.NOT_FOUND:
                return None
            raise


def _ids(saved: Integration | None, asked: guide.GuideAsked) -> tuple[UUID | None, UUID | None]:
    """Tenant and client: as saved, else as typed in."""
    if saved is not None:
        return saved.tenant_id, saved.client_id
    return asked.tenant_id, asked.client_id

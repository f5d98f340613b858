"""Room missing? Says why an address is not among the rooms to import, and keeps looking."""

from typing import Any
from uuid import UUID

from ..domain.caller import Access
from ..domain.missing import MissingAsked
from ..domain.refusal import Reason, Refusal
from ..domain.wire import Body
from ..handlers.missing import MissingRooms
from ..handlers.offices import Offices
from .table import Answer, Page, View, Visit, checked

PATH = "/settings/meeting-rooms/missing"


class MissingShown(Body):
    """The address that is missed, as typed, and the office it would be imported into."""

    mailbox: str = ""
    office: UUID | None = None


class MissingPages:
    """A page of its own, and a part of the import page."""

    def __init__(self, missing: MissingRooms, offices: Offices) -> None:
        self._missing = missing
        self._offices = offices

    def pages(self) -> list[Page]:
        """Return the table of these pages."""
        return [Page("GET", PATH, Access.ADMINISTRATOR, self._show)]

    async def _show(self, visit: Visit) -> Answer:
        shown = visit.asked(MissingShown)
        values: dict[str, Any] = {
            "mailbox": shown.mailbox,
            "office": shown.office,
            "offices": [(each.id, each.name) for each in await self._offices.all(visit.by)],
            "answer": None,
            "obstacle": None,
        }
        if shown.mailbox:
            try:
                asked = checked(MissingAsked, {"mailbox": shown.mailbox})
                values["answer"] = await self._missing.explain(visit.by, asked.mailbox)
            except Refusal as refusal:
                if refusal.reason is Reason.INVALID and not visit.partial:
                    return View("missing.html", values, refusal)
                values["obstacle"] = refusal
        return View("missing_part.html" if visit.partial else "missing.html", values)

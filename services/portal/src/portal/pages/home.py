"""The overview: is everything all right, and what comes next."""

from ..domain.caller import Access
from ..handlers.records import Records
from .table import Answer, Page, View, Visit


class Home:
    """What a person sees first."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def pages(self) -> list[Page]:
        """Return the table of these pages."""
        return [Page("GET", "/", Access.MEMBER, self._show)]

    async def _show(self, visit: Visit) -> Answer:
        template = "home_status.html" if visit.partial else "home.html"
        return View(template, {"status": await self._records.status(visit.by)})

"""Records → Audit: who changed what."""

from ..domain.accounts import AuditAsked
from ..domain.audit_words import more, what, who
from ..domain.caller import Access
from ..handlers.activity import Activity
from ..handlers.records import Records
from .table import Answer, Page, View, Visit

PATH = "/audit"
_LINES = 50


class AuditPages:
    """Told in words, people and things by their names."""

    def __init__(self, records: Records, activity: Activity) -> None:
        self._records = records
        self._activity = activity

    def pages(self) -> list[Page]:
        """Return the table of these pages."""
        return [Page("GET", PATH, Access.ADMINISTRATOR, self._show)]

    async def _show(self, visit: Visit) -> Answer:
        before = visit.asked(AuditAsked).before
        page = await self._records.audit(visit.by, AuditAsked(before=before, limit=_LINES))
        names = await self._activity.names(visit.by, page.items)
        values = {
            "lines": [
                (each, who(each, names), what(each, names), more(each, names))
                for each in page.items
            ],
            "before": before,
            "older": page.items[-1].id if page.next else None,
        }
        return View("audit.html", values)

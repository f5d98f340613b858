"""The live plan: which rooms are free now, on a picture of the office and as a list."""

from uuid import UUID

from ..domain.caller import Access
from ..domain.office_plan import extent, icon_scale
from ..domain.refusal import not_found
from ..domain.wire import looks_like_guid
from ..handlers.live_plans import LivePlans
from .table import Answer, Page, View, Visit


class LivePlanPages:
    """For everybody in the office."""

    def __init__(self, plans: LivePlans) -> None:
        self._plans = plans

    def pages(self) -> list[Page]:
        """Return the table of these pages."""
        return [Page("GET", "/plan", Access.MEMBER, self._show)]

    async def _show(self, visit: Visit) -> Answer:
        offices = await self._plans.offices(visit.by)
        asked = visit.query.get("office", "")
        if asked and not looks_like_guid(asked):
            raise not_found("office")
        if not offices and not asked:
            return View("plan_none.html")
        chosen = UUID(asked) if asked else offices[0].id
        office = next((each for each in offices if each.id == chosen), None)
        if office is None:
            raise not_found("office")
        live = await self._plans.show(visit.by, office)
        width, height = extent(live.plan)
        values = {
            "offices": offices,
            "live": live,
            "width": width,
            "height": height,
            "scale": icon_scale(width),
        }
        return View("plan_live.html" if visit.partial else "plan.html", values)

"""Edit Office Plan: a frame for plan-editor.js, which works on the REST interface."""

from ..domain.caller import Access
from ..domain.office_plan import FARTHEST, MOST_ICONS, extent
from ..domain.refusal import not_found
from ..handlers.live_plans import LivePlans
from ..handlers.office_plans import OfficePlans
from .table import Answer, Page, View, Visit


class PlanEditing:
    """For administrators."""

    def __init__(self, plans: OfficePlans, live: LivePlans) -> None:
        self._plans = plans
        self._live = live

    def pages(self) -> list[Page]:
        """Return the table of these pages."""
        return [Page("GET", "/settings/offices/{office_id}/plan", Access.ADMINISTRATOR, self._show)]

    async def _show(self, visit: Visit) -> Answer:
        office_id = visit.ids["office_id"]
        offices = await self._live.offices(visit.by)
        office = next((each for each in offices if each.id == office_id), None)
        if office is None:
            raise not_found("office")
        plan = await self._plans.show(visit.by, office_id)
        rooms = await self._live.rooms(visit.by, office_id)
        width, height = extent(plan)
        values = {
            "office": office,
            "plan": plan,
            "rooms": [(str(room.id), room.name) for room in rooms],
            "width": width,
            "height": height,
            "farthest": FARTHEST,
            "most": MOST_ICONS,
        }
        return View("plan_editor.html", values)

"""The overview: is everything all right, what comes next, and which rooms are free."""

from ..domain.caller import Access
from ..domain.standing import standing_of
from ..handlers.records import Records
from ..handlers.vacancies import FreeRooms
from .table import Answer, Page, View, Visit


class Home:
    """What a person sees first."""

    def __init__(self, records: Records, free_rooms: FreeRooms) -> None:
        self._records = records
        self._free_rooms = free_rooms

    def pages(self) -> list[Page]:
        """Return the table of these pages."""
        return [Page("GET", "/", Access.MEMBER, self._show)]

    async def _show(self, visit: Visit) -> Answer:
        status = await self._records.status(visit.by)
        vacancies = await self._free_rooms.now(visit.by)
        values = {
            "status": status,
            "standing": standing_of(status, offices=len(vacancies)),
            "vacancies": vacancies if status.rooms else [],
        }
        return View("home_status.html" if visit.partial else "home.html", values)

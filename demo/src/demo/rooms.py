"""The eight rooms as both sides know them: our id, the mailbox, the office with its clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from . import tenant


@dataclass(frozen=True, slots=True)
class ImportedRoom:
    """A room of the tenant that the platform has imported."""

    id: UUID
    office_id: UUID
    room: tenant.Room
    office: tenant.Office

    @property
    def zone(self) -> ZoneInfo:
        """The office's clock."""
        return ZoneInfo(self.office.time_zone)

    def wall(self, instant: datetime) -> str:
        """Return the office's wall time as the page writes it, YYYY-MM-DDTHH:MM."""
        return instant.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")

    def instant(self, day: date, clock: time) -> datetime:
        """Return the moment at which the office's clock shows this."""
        return datetime.combine(day, clock, self.zone)

    def bounds(self, day: date) -> tuple[datetime, datetime]:
        """Return the moments at which the office's day begins and ends."""
        return self.instant(day, time()), self.instant(day + timedelta(days=1), time())


def imported(rooms: Iterable[Mapping[str, Any]]) -> list[ImportedRoom]:
    """Match the portal's rooms to the tenant's, in the tenant's order; rooms of nobody are left out."""
    by_mailbox = {UUID(room["mailbox_id"]): room for room in rooms}
    return [
        ImportedRoom(UUID(known["id"]), UUID(known["office_id"]), room, office)
        for office in tenant.OFFICES
        for room in office.rooms
        if (known := by_mailbox.get(room.mailbox_id)) is not None
    ]

"""The platform as people use it: a room's bookings made, changed and cancelled through the portal's REST."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

import aiohttp

from .entries import Entry, of_booking, touches, utc
from .portal_client import Portal, PortalRefused
from .refusals import Refusal, of_problem
from .rooms import ImportedRoom

_UNANSWERED = {
    "POST": "The same booking is never made twice: try again.",
    "PATCH": "It may have arrived all the same: look at the booking before you try again.",
    "DELETE": "Trying again is safe.",
}
_STATE_MAY_HAVE_CHANGED = {404, 409}


class Asked(TypedDict):
    """What became of a request: `done`, or `waiting` for the room; the booking where it is known."""

    outcome: str
    booking: Entry | None


class BookingRefused(Exception):
    """The platform does not do it; carries why, and how the booking is now where that matters."""

    def __init__(self, status: int, refusal: Refusal, now: Entry | None = None) -> None:
        super().__init__(refusal["detail"])
        self.status = status
        self.refusal = refusal
        self.now = now


@dataclass(slots=True)
class Bookings:
    """The administrator's session on the platform; what changes something raises `BookingRefused`."""

    portal: Portal
    rooms: Mapping[UUID, ImportedRoom]

    async def of_day(self, room: ImportedRoom, day: date) -> list[Entry]:
        """Return what the platform shows for a room's day."""
        start, end = room.bounds(day)
        path = f"/api/rooms/{room.id}/bookings?from={utc(start)}&to={utc(end)}"
        entries = [of_booking(booking, room) for booking in await self.portal.items(path)]
        return [entry for entry in entries if touches(entry, day)]

    async def book(self, room: ImportedRoom, new: Mapping[str, Any]) -> Asked:
        """Make a booking; repeated with the same id it is made once."""
        return await self._ask(room, "POST", f"/api/rooms/{room.id}/bookings", new)

    async def change(
        self, room: ImportedRoom, booking_id: UUID, change: Mapping[str, Any]
    ) -> Asked:
        """Move or rename a booking, from the version on which somebody decided."""
        return await self._ask(room, "PATCH", f"/api/bookings/{booking_id}", change)

    async def cancel(self, room: ImportedRoom, booking_id: UUID) -> Asked:
        """Cancel a booking."""
        return await self._ask(room, "DELETE", f"/api/bookings/{booking_id}", {})

    async def _ask(
        self, room: ImportedRoom, method: str, path: str, body: Mapping[str, Any]
    ) -> Asked:
        try:
            answer = await self.portal.call(method, path, body)
        except PortalRefused as refused:
            told = of_problem(refused.problem or {"detail": refused.detail}, self.rooms)
            changed = method != "POST" and refused.status in _STATE_MAY_HAVE_CHANGED
            now = await self._now(room, path) if changed else None
            raise BookingRefused(refused.status, told, now) from refused
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            text = "The platform does not answer."
            silent = Refusal(reason=None, detail=text, advice=_UNANSWERED[method], alternatives=[])
            raise BookingRefused(502, silent) from error
        if "booking_id" in answer:
            done = answer["status"] == "accepted"
            return Asked(outcome="done" if done else "waiting", booking=None)
        return Asked(outcome="done", booking=of_booking(answer, room))

    async def _now(self, room: ImportedRoom, path: str) -> Entry | None:
        try:
            return of_booking(await self.portal.call("GET", path), room)
        except (PortalRefused, aiohttp.ClientError, TimeoutError, OSError):
            return None

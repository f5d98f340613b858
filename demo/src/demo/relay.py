"""Passes the portal's live stream on to the pages, with the lag of each change that Outlook has saved here."""

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

import aiohttp
import structlog

from .audience import Audience
from .entries import moment, of_booking
from .portal_client import Portal, PortalRefused
from .rooms import ImportedRoom
from .stopwatch import Stopwatch

log = structlog.get_logger()

_PAUSE_SECONDS = 0.5
_WORDS = {
    "pending": "waiting for the room's answer",
    "confirmed": "confirmed by the room",
    "tentative": "tentative",
    "conflicted": "double booked",
    "cancelled": "cancelled",
}


class Relay:
    """Follows the portal for as long as the demo runs."""

    def __init__(
        self,
        portal: Portal,
        rooms: Mapping[UUID, ImportedRoom],
        audience: Audience,
        stopwatch: Stopwatch,
    ) -> None:
        self._portal = portal
        self._rooms = rooms
        self._audience = audience
        self._stopwatch = stopwatch

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until `stop`, across the portal's restarts."""
        while not stop.is_set():
            with suppress(TimeoutError):
                try:
                    async for event, data in self._portal.stream():
                        self._audience.tell_live(live=True)
                        self._pass_on(event, data)
                except (aiohttp.ClientError, PortalRefused, OSError) as error:
                    log.warning("stream_lost", error=str(error))
            self._audience.tell_live(live=False)
            with suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE_SECONDS):
                    await stop.wait()

    def _pass_on(self, event: str, data: str) -> None:
        if not event.startswith("booking"):
            return
        booking: dict[str, Any] = json.loads(data)
        booking = booking.get("data", booking)
        room = self._rooms.get(UUID(booking["room_id"]))
        if room is None:
            return
        entry = of_booking(booking, room)
        found = self._stopwatch.stop(
            room.id,
            moment(booking["start"]),
            cancelled=entry["status"] == "cancelled",
            now=time.perf_counter(),
        )
        action, lag = found or (_WORDS.get(entry["status"], entry["status"]), None)
        self._audience.tell(
            "booking",
            {
                "entry": entry,
                "room_id": str(room.id),
                "room_name": room.room.name,
                "what": f"{action} in Outlook" if found else action,
                "lag_ms": lag,
            },
        )

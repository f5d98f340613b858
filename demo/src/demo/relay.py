"""Passes the portal's live stream on to the pages, with the lag of each change that was made here."""

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import aiohttp
import structlog

from .audience import Audience
from .entries import moment, of_booking
from .portal_client import Portal, PortalRefused
from .refusals import refusal
from .rooms import ImportedRoom
from .stopwatch import Watches

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
        watches: Watches,
    ) -> None:
        self._portal = portal
        self._rooms = rooms
        self._audience = audience
        self._watches = watches

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
        if event.startswith("booking"):
            self._tell_booking(json.loads(data)["data"])
        elif event == "command.rejected":
            self._tell_refusal(json.loads(data)["data"])

    def _tell_booking(self, booking: Mapping[str, Any]) -> None:
        room = self._rooms.get(UUID(booking["room_id"]))
        if room is None:
            return
        entry = of_booking(booking, room)
        way, action, lag = self._timed(room, entry["status"], moment(booking["start"]))
        self._audience.tell(
            "booking",
            {
                "entry": entry,
                "room_id": str(room.id),
                "room_name": room.room.name,
                "what": action,
                "way": way,
                "lag_ms": lag,
            },
        )

    def _timed(
        self, room: ImportedRoom, status: str, start: datetime
    ) -> tuple[str | None, str, float | None]:
        cancelled, now = status == "cancelled", time.perf_counter()
        words = _WORDS.get(status, status)
        if found := self._watches.arrived.stop(room.id, start, cancelled=cancelled, now=now):
            return "arrived", f"{found[0]} in Outlook", found[1]
        if status == "pending":
            return None, words, None
        if found := self._watches.answered.stop(room.id, start, cancelled=cancelled, now=now):
            return "answered", f"{found[0]} on the platform", found[1]
        return None, words, None

    def _tell_refusal(self, result: Mapping[str, Any]) -> None:
        told = refusal(result["reason"], result["text"], result["alternatives"] or (), self._rooms)
        self._audience.tell("refused", {"booking_id": result["booking_id"], "refusal": told})

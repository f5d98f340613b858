"""Tells the pages when a room's calendar changes in Outlook, and how long the platform's own change took to get there."""

import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from graphsim.changes import Change
from graphsim.mailboxes import Mailbox
from graphsim.tenants import Tenant

from .audience import Audience
from .rooms import ImportedRoom
from .stopwatch import Stopwatch

_MOMENT = timedelta(seconds=1)


class CalendarWatch:
    """Hears of every change in the simulated calendars."""

    def __init__(
        self, rooms: Mapping[UUID, ImportedRoom], audience: Audience, written: Stopwatch
    ) -> None:
        self._rooms = {room.room.mailbox_id: room for room in rooms.values()}
        self._audience = audience
        self._written = written

    def changed(self, _: Tenant, mailbox: Mailbox, __: Iterable[Change], ___: datetime) -> None:
        """Pass on a change, with the milliseconds since the click if it was one on the platform."""
        room = self._rooms.get(mailbox.id)
        if room is None:
            return
        lags = []
        for saved in [each for each in self._written.waiting if each.room_id == room.id]:
            cancelled = saved.action == "cancelled"
            if _shows(mailbox, saved.start) != cancelled:
                found = self._written.stop(
                    room.id, saved.start, cancelled=cancelled, now=time.perf_counter()
                )
                lags += [found[1]] if found else []
        self._audience.tell("outlook", {"room_id": str(room.id), "lags_ms": lags})


def _shows(mailbox: Mailbox, start: datetime) -> bool:
    return any(
        one.starts_at == start and not one.event.cancelled
        for one in mailbox.window(start, start + _MOMENT)
    )

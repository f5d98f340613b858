"""Rooms that give themselves back when nobody checks in (Set-CalendarProcessing EnableAutoRelease)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from .agenda import Agenda
from .events import Appearance
from .mailboxes import Mailbox
from .tenants import Tenant

_AHEAD = timedelta(days=7)

Release = Callable[[Tenant, Mailbox, Appearance, datetime], None]


class Releases:
    """When each room with the setting has to look whether somebody came."""

    def __init__(self, agenda: Agenda, release: Release) -> None:
        self._agenda = agenda
        self._release = release
        self._due: dict[UUID, datetime] = {}

    def follow(self, tenant: Tenant, room: Mailbox, now: datetime) -> None:
        """Plans the room's next look, if its settings and its calendar want one."""
        if not room.processing.enable_auto_release or not room.events:
            return
        claim = _claim(room)
        ends = (one.starts_at + claim for one in room.window(now - claim, now + _AHEAD))
        due = min((end for end in ends if end > now), default=now + _AHEAD)
        if self._due.get(room.id) != due:
            self._due[room.id] = due
            self._agenda.plan(due, partial(self._look, tenant, room))

    def _look(self, tenant: Tenant, room: Mailbox, now: datetime) -> None:
        if self._due.get(room.id) != now or not room.processing.enable_auto_release:
            return
        del self._due[room.id]
        claim = _claim(room)
        for one in room.window(now - claim, now):
            if one.starts_at + claim == now < one.ends_at and _unclaimed(one):
                self._release(tenant, room, one, now)
        self.follow(tenant, room, now)


def _claim(room: Mailbox) -> timedelta:
    return timedelta(minutes=room.processing.post_reservation_max_claim_minutes)


def _unclaimed(one: Appearance) -> bool:
    held = one.response in {"accepted", "tentativelyAccepted"} and not one.cancelled
    return held and one.day not in one.event.checked_in

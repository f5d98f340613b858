"""What people want of series: to book one, to change or call off one meeting or all of it, on either side."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from contracts.identity import series_id_of_master
from graphsim.wire import Refused
from graphsim.zones import to_utc, to_wall

from .cloud import Cloud
from .journal import Journal
from .ledger import Affair, Edit, Side, When
from .orders import Orders
from .platform import Platform, shown_at
from .slots import told_apart

_MEETINGS = 3
_EVERY = {"DAILY": 1, "WEEKLY": 7}  # days


class SeriesPeople:
    """Those who meet again and again: at the same time by the wall clock."""

    def __init__(
        self,
        cloud: Cloud,
        platform: Platform,
        orders: Orders,
        journal: Journal,
        random: Random,
        zone: str,
    ) -> None:
        self._cloud = cloud
        self._platform = platform
        self._orders = orders
        self._journal = journal
        self._random = random
        self._zone = zone

    async def book(self, affair: Affair, side: Side) -> None:
        """Book it as a series that begins at the time of the affair's first edit."""
        frequency, when = self._random.choice(list(_EVERY)), affair.last_wanted()
        if when.end - when.start > timedelta(days=1):
            frequency = "WEEKLY"
        self._plan(affair, _EVERY[frequency])
        if any(each.end <= each.start for each in affair.meetings):  # clocks leave one no time
            frequency = "WEEKLY" if frequency == "DAILY" else "DAILY"
            self._plan(affair, _EVERY[frequency])
        self._journal.note(affair.name, f"repeats {affair.tag} {frequency} on {side}")
        if side == "platform":
            affair.booking_id = UUID(int=self._random.getrandbits(128), version=4)
            rule = f"FREQ={frequency};COUNT={_MEETINGS}"
            self._orders.book(affair, affair.booked, affair.booking_id, rule)
            return
        zone = "UTC" if affair.all_day else self._zone
        start, end = to_wall(when.start, zone), to_wall(when.end, zone)
        pattern = {
            "type": frequency.lower(),
            "interval": 1,
            "daysOfWeek": [f"{start:%A}".lower()] if frequency == "WEEKLY" else [],
        }
        span = {
            "type": "numbered",
            "startDate": f"{start:%Y-%m-%d}",
            "numberOfOccurrences": _MEETINGS,
        }
        body = {
            "subject": affair.booked.subject,
            "time_zone": self._zone,
            "all_day": affair.all_day,
            "start": f"{start:%Y-%m-%dT%H:%M:%S}",
            "end": f"{end:%Y-%m-%dT%H:%M:%S}",
            "recurrence": {"pattern": pattern, "range": span},
        }
        if affair.organiser != "room":
            body |= {"organizer": affair.address, "organizer_name": affair.name}
        made = await self._cloud.control("POST", f"mailboxes/{affair.mailbox}/meetings", body)
        affair.event_id = str(made["event_id"])
        affair.booking_id = series_id_of_master(affair.room_id, affair.event_id)
        event = self._cloud.event(affair.mailbox, affair.event_id)
        affair.uid = event.ical_uid if event else None

    async def edit(self, affair: Affair, side: Side, masters: Sequence[str]) -> bool:
        """Change something of it, which shows in Outlook under these ids; whether there was anything to do."""
        if any(each.cancels and each.meeting is None for each in affair.edits):
            return False
        edit = Edit(self._journal.now(), side, affair.name)
        action = self._random.choice(("move one", "cancel one", "rename all", "cancel all"))
        if action.endswith("one"):
            edit.meeting = self._random.randrange(_MEETINGS)
            if any(each.cancels and each.meeting == edit.meeting for each in affair.edits):
                return False
        if action == "move one" and affair.all_day:
            return False
        if action == "move one":
            by = timedelta(minutes=30 * self._random.choice((-2, -1, 1, 2)))
            planned = affair.meetings[edit.meeting or 0]
            edit.when = planned.moved(by)
            # No meeting of a series may come as close to the next as to be on its day, or end where clocks leave it no time.
            if self._days(edit.when) != self._days(planned) or edit.when.end <= edit.when.start:
                return False
            # Nor can anybody say in Outlook which of two equal hours is meant.
            if side == "outlook" and not told_apart(edit.when, self._zone):
                return False
        elif action == "rename all":
            edit.subject = f"{affair.tag} v{len(affair.edits)}"
        else:
            edit.cancels = True
        if side == "platform":
            done = self._order(affair, edit)
        else:
            whole = edit.cancels and edit.meeting is None  # whoever sees it twice wants neither
            done = any(
                [await self._do(affair, edit, each) for each in masters[: None if whole else 1]]
            )
        if done:
            affair.edits.append(edit)
            which = "" if edit.meeting is None else f" {edit.meeting}"
            self._journal.note(affair.name, f"does {action}{which} of {affair.tag} on {side}")
        return done

    def _order(self, affair: Affair, edit: Edit) -> bool:
        named = affair.meeting_id(edit.meeting or 0)
        known = self._platform.newest.get((affair.room_id, named))
        if known is None or known.status == "cancelled" or edit.when == shown_at(known):
            return False
        if edit.meeting is None and affair.booking_id is not None:
            self._orders.edit(affair, edit, affair.booking_id, known.version, "series")
        else:
            self._orders.edit(affair, edit, named, known.version)
        return True

    async def _do(self, affair: Affair, edit: Edit, master_id: str) -> bool:
        path = f"mailboxes/{affair.mailbox}/meetings/{master_id}"
        body: dict[str, Any] = {}
        if edit.meeting is not None:
            day = self._wall(affair.originals[edit.meeting])
            body["occurrence"] = f"{day:%Y-%m-%d}"
        if edit.when is not None:
            start, end = self._wall(edit.when.start), self._wall(edit.when.end)
            body |= {"start": f"{start:%Y-%m-%dT%H:%M:%S}", "end": f"{end:%Y-%m-%dT%H:%M:%S}"}
        if edit.subject is not None:
            body["subject"] = edit.subject
        try:
            if edit.cancels and edit.meeting is None:
                await self._cloud.control("DELETE", path)
            else:
                await self._cloud.control("PATCH", path, body | {"cancel": edit.cancels})
        except Refused:
            return False
        return True

    def _plan(self, affair: Affair, every: int) -> None:
        """When its meetings are, so many days apart by the wall clock; whole days are told in UTC."""
        first, zone = affair.last_wanted(), "UTC" if affair.all_day else self._zone
        affair.meetings = tuple(_later(first, every * n, zone) for n in range(_MEETINGS))
        starts = (to_wall(each.start, zone) for each in affair.meetings)
        affair.originals = tuple(to_utc(each.replace(fold=0), self._zone) for each in starts)

    def _wall(self, moment: datetime) -> datetime:
        return to_wall(moment, self._zone)

    def _days(self, when: When) -> tuple[date, date]:
        return self._wall(when.start).date(), self._wall(when.end).date()


def _later(when: When, days: int, zone: str) -> When:
    start, end = (
        to_utc((to_wall(moment, zone) + timedelta(days=days)).replace(fold=0), zone)
        for moment in (when.start, when.end)
    )
    return When(start, end)

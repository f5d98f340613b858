"""What somebody sees who looks at both sides from outside: Outlook's calendars and the platform's newest states."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from contracts.events import Booking, CommandResult
from graphsim.zones import to_utc, to_wall

from .agents import People
from .journal import Journal
from .ledger import Affair, Edit, Ledger, When, tag_of
from .monitor import Monitor
from .office import Office
from .platform import Platform
from .switches import Switches


@dataclass(frozen=True, slots=True)
class Shown:
    """An event as a mailbox shows it."""

    event_id: str
    uid: str
    when: When
    """Of what takes all day the dates, as midnights UTC."""
    takes: When
    subject: str
    tag: str | None
    """None where nobody can tell: the room has rewritten it, and the organiser is a stranger."""
    original_start: datetime | None
    """Of a meeting of a series: when it is by the rule."""
    organizer: str
    organizer_name: str
    organizer_subject: str | None
    response: str
    living: bool

    @property
    def status(self) -> str:
        """What it is on the platform, overlaps apart."""
        return {"notResponded": "pending", "tentativelyAccepted": "tentative"}.get(
            self.response, "confirmed"
        )


def shown(row: Mapping[str, Any], zone: str) -> Shown:
    """A row of the simulator's listing; `zone` is its office's."""
    when = When(datetime.fromisoformat(row["start"]), datetime.fromisoformat(row["end"]))
    subject = str(row["organizer_subject"] or row["subject"])
    tag = tag_of(subject)
    gone = row["is_cancelled"] or row["response"] == "declined" or row["show_as"] == "free"
    return Shown(
        str(row["event_id"]),
        str(row["ical_uid"]),
        _dates(when, zone) if row["all_day"] else when,
        when,
        str(row["subject"]),
        tag if tag[:1] == "B" and tag[1:].isdecimal() else None,
        datetime.fromisoformat(row["original_start"]) if row["original_start"] else None,
        str(row["organizer"]["address"]),
        str(row["organizer"]["name"]),
        row["organizer_subject"],
        str(row["response"]),
        not gone,
    )


def _dates(when: When, zone: str) -> When:
    """The days of what takes all day, at whose midnights it is stored, as the platform tells days: in UTC."""
    if when.start.time() == time():
        return when
    first, last = (to_wall(each, zone).replace(tzinfo=UTC) for each in (when.start, when.end))
    return When(first, last)


@dataclass(frozen=True, slots=True)
class View:
    """Both sides at one moment, and what people had wanted."""

    offices: list[Office]
    calendars: Mapping[UUID, list[Shown]]
    """By mailbox: what takes place."""
    platform: Platform
    ledger: Ledger
    monitor: Monitor
    journal: Journal
    switches: Switches

    @property
    def affairs(self) -> list[Affair]:
        """Those of the organisations that are still here."""
        return [each for each in self.ledger.affairs if not self.ledger.gone(each.organisation)]

    @property
    def singles(self) -> list[Affair]:
        """Those of them that are no series."""
        return [each for each in self.affairs if not each.meetings]

    @property
    def series(self) -> list[Affair]:
        """Those of them that are."""
        return [each for each in self.affairs if each.meetings]

    def rooms(self) -> Iterator[tuple[UUID, list[Shown], list[Booking]]]:
        """Each room with what takes place in it, as either side says."""
        for office in self.offices:
            for room_id, mailbox in office.rooms.items():
                yield room_id, self.calendars[mailbox], self.platform.living(room_id)

    def event_of(self, affair: Affair) -> Shown | None:
        """Its living event in the room's calendar."""
        return next(
            (
                each
                for each in self.calendars[affair.mailbox]
                if each.event_id == affair.event_id or each.tag == affair.tag
            ),
            None,
        )

    def booking_of(self, affair: Affair) -> Booking | None:
        """Its newest state on the platform."""
        if affair.booking_id is None:
            return None
        return self.platform.newest.get((affair.room_id, affair.booking_id))

    def result_of(self, edit: Edit) -> CommandResult | None:
        """The result of what was asked on the platform."""
        return self.platform.results.get(edit.command_id or "")

    def effective(self, affair: Affair) -> Iterator[tuple[Edit, float, float]]:
        """What took effect, with the time before and the time after which it surely had not and had."""
        for edit in affair.edits:
            if edit.side == "outlook":
                yield edit, edit.at, edit.at
                continue
            result = self.result_of(edit)
            if result is not None and result.outcome == "accepted":
                yield edit, edit.at, self.platform.decided_at[edit.command_id or ""]

    def rivals(self, affair: Affair) -> bool:
        """Whether anybody ever wanted the room at a time at which this affair wanted it."""
        mine = self._takes(affair)
        return any(
            other is not affair
            and other.rooms & affair.rooms
            and any(overlap(each, one) for each in self._takes(other) for one in mine)
            for other in self.ledger.affairs
        )

    def _takes(self, affair: Affair) -> list[When]:
        """When it took the room, or would have: what the platform asks for begins at the midnights of the room."""
        if not affair.all_day:
            return affair.spans
        zones = {affair.zone, self.switches.zone} if affair.ordered else {affair.zone}
        return [_days(each, zone) for each in affair.spans for zone in sorted(zones)]


def _days(when: When, zone: str) -> When:
    """When whole days begin and end in a zone."""
    start, end = (to_utc(to_wall(each, "UTC"), zone) for each in (when.start, when.end))
    return When(start, end)


def overlap(one: When, other: When) -> bool:
    """Whether they share time."""
    return one.start < other.end and other.start < one.end


async def look(
    people: People,
    offices: list[Office],
    platform: Platform,
    ledger: Ledger,
    monitor: Monitor,
    journal: Journal,
    switches: Switches,
) -> View:
    """Look into every calendar now."""
    platform.identify(ledger.affairs)
    calendars: dict[UUID, list[Shown]] = {}
    here = [each for each in offices if not ledger.gone(each.number)]
    for office in here:
        mailboxes = [*office.rooms.values(), *(mailbox for mailbox, _ in office.members.values())]
        for mailbox in mailboxes:
            rows = [shown(row, switches.zone) for row in await people.calendar(mailbox)]
            calendars[mailbox] = [each for each in rows if each.living]
    return View(here, calendars, platform, ledger, monitor, journal, switches)

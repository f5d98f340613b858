"""A small tenant with one room and one person, and meetings in it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from graphsim.answers import Answers
from graphsim.changes import Change, Outcome
from graphsim.events import Attendee, Event, Person
from graphsim.mailboxes import Mailbox
from graphsim.meetings import Draft, Meetings
from graphsim.options import Options
from graphsim.tenants import Tenant

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TENANT = UUID(int=1)


class World:
    """Meetings of one tenant, with the attendant called by hand."""

    def __init__(self, **options: Any) -> None:
        self.options = Options(**options)
        self.tenant = Tenant(TENANT, "x.example")
        self.room = Mailbox.opened(0, TENANT, UUID(int=2), "room@x.example", "Room", "room")
        self.ann = Mailbox.opened(0, TENANT, UUID(int=3), "ann@x.example", "Ann Lee", "user")
        self.tenant.add(self.room)
        self.tenant.add(self.ann)
        self.meetings = Meetings(self.tenant, self.options)
        self.answers = Answers(self.tenant, self.options)

    def draft(self, hour: int = 9, day: int = 24, minutes: int = 60, **more: Any) -> Draft:
        start = datetime(2026, 11, day, hour)  # noqa: DTZ001 -- a wall time
        attendee = Attendee(Person(self.room.name, self.room.address), "resource")
        plain = Draft(
            "Secret plans", start, start + timedelta(minutes=minutes), "UTC", attendees=(attendee,)
        )
        return replace(plain, **more)

    def invite(self, **more: Any) -> tuple[Event, Outcome]:
        """A meeting of Ann's; returns the room's copy."""
        event, outcome = self.meetings.create(self.ann, self.draft(**more), NOW)
        copy = self.room.copy_of(event.ical_uid)
        assert copy is not None
        return copy, outcome

    def answered(self, **more: Any) -> Event:
        """A meeting of Ann's that the attendant has handled; returns the room's copy."""
        copy, _ = self.invite(**more)
        self.answers.visit(self.room, copy.key, NOW)
        return self.room.events[copy.key]

    def original(self, copy: Event) -> Event:
        event = self.ann.copy_of(copy.ical_uid)
        assert event is not None
        return event


def kinds(outcome: Outcome, mailbox: Mailbox) -> list[str]:
    return sorted(one.kind for one in reports(outcome, mailbox))


def reports(outcome: Outcome, mailbox: Mailbox) -> list[Change]:
    return [one for one in outcome.changes if one.mailbox == mailbox.id]
